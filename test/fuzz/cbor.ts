// CBOR (RFC 8949) as a tree and back, so that a true attestation object can be bent in its structure and stay readable around the bent place. It reads only
// what the true inputs hold; it writes also what no authenticator writes: a member twice, a wrong length, no end.

export type Tree = number | string | Uint8Array | readonly Tree[] | Members | Raw
/** A map, in the order of its bytes and with whatever repeats. */
export type Members = { readonly members: readonly (readonly [Tree, Tree])[] }
/** Bytes that stand as they are in the place of an item. */
export type Raw = { readonly raw: Uint8Array }

/** The one item in these bytes, which are true. */
export function readCbor(bytes: Uint8Array): Tree {
  let at = 0
  const item = (): Tree => {
    const head = bytes[at] ?? 0
    at += 1
    const short = head & 31
    const width = short < 24 ? 0 : 1 << (short - 24)
    const argument = width === 0 ? short : Number.parseInt(Buffer.from(bytes.subarray(at, at + width)).toString('hex'), 16)
    at += width
    // Bytes that were bent before may say anything; what they cannot hold is no item.
    if (argument > bytes.length && head >> 5 > 1) throw new RangeError('a length beyond the bytes')
    if (!(argument < 2 ** 31)) throw new RangeError('a number that no true input holds')
    const cut = (): Buffer => {
      at += argument
      return Buffer.from(bytes.subarray(at - argument, at))
    }
    switch (head >> 5) {
      case 0:
        return argument
      case 1:
        return -1 - argument
      case 2:
        return cut()
      case 3:
        return cut().toString()
      case 4:
        return Array.from({ length: argument }, item)
      case 5:
        return { members: Array.from({ length: argument }, () => [item(), item()] as const) }
      default:
        throw new TypeError(`no true input has a head of 0x${head.toString(16)}`)
    }
  }
  const tree = item()
  if (at !== bytes.length) throw new TypeError('bytes after a true item')
  return tree
}

/** The bytes of a tree, each length in its shortest form. */
export function writeCbor(tree: Tree): Buffer {
  if (typeof tree === 'number') return tree < 0 ? head(1, -1 - tree) : head(0, tree)
  if (typeof tree === 'string') return Buffer.concat([head(3, Buffer.byteLength(tree)), Buffer.from(tree)])
  if (tree instanceof Uint8Array) return Buffer.concat([head(2, tree.length), tree])
  if ('raw' in tree) return Buffer.from(tree.raw)
  if ('members' in tree)
    return Buffer.concat([head(5, tree.members.length), ...tree.members.flatMap((pair) => pair.map(writeCbor))])
  return Buffer.concat([head(4, tree.length), ...tree.map(writeCbor)])
}

function head(major: number, argument: number): Buffer {
  const type = major << 5
  if (argument < 24) return Buffer.of(type | argument)
  if (argument < 0x100) return Buffer.of(type | 24, argument)
  if (argument < 0x1_0000) return Buffer.of(type | 25, argument >> 8, argument & 0xff)
  const long = Buffer.alloc(5, type | 26)
  long.writeUInt32BE(argument, 1)
  return long
}
