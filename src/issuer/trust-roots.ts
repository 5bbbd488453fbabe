// `trust-roots.json`: what this deployment trusts before it reads anything (realm, origin, rpID, root keys, log key). Written at bootstrap on the
// issuer's host; only new roots of the next era take its place, and then the file of before is kept beside it, since what was signed by then verifies with
// that one alone. Read by issuer, doctor and whoever verifies offline. It holds no secret, so everybody may read it. Bad files stop the start with path and mend.

import { createPublicKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { digestOf, thumbprint } from '../crypto.ts'
import { canonicalBytes } from '../domain/canonical.ts'
import { pastRootsPath, type TrustRoots, trustRoots } from '../domain/directory.ts'
import type { Digest } from '../domain/ids.ts'
import { read } from '../domain/shape.ts'
import { createOnce, replace } from './durable-file.ts'

const MEND = 'restore it from your copy of what `countersign bootstrap` wrote'

/** The digest that change 1 of the passkey directory names as `previous`. */
export const rootsDigest = (roots: TrustRoots): Digest => digestOf('roots', canonicalBytes(roots))

/** Writes the roots, readable by all; throws when the file exists. */
export async function writeTrustRoots(path: string, roots: TrustRoots): Promise<void> {
  mustHold(path, roots)
  if (!(await createOnce(path, `${JSON.stringify(roots, null, 2)}\n`, 0o644)))
    throw new Error(
      `${path} exists: the roots of a deployment are written once. Move the file away only to start over with a new realm.`,
    )
}

/** Puts the roots of the next era in place of those that stand there, which are kept first; throws, with those of before in place, when they do not follow. */
export async function replaceTrustRoots(path: string, roots: TrustRoots): Promise<void> {
  mustHold(path, roots)
  const text = await readFile(path, 'utf8')
  const before = mustHold(path, parse(path, text))
  if (roots.realm !== before.realm || roots.era !== before.era + 1)
    throw new Error(
      `${path} is of era ${before.era} of ${before.realm} by now: these roots do not come after it; nothing was written`,
    )
  const kept = pastRootsPath(path, before.era)
  // There already when the power was cut between the two files.
  if (!(await createOnce(kept, text, 0o644)) && (await readFile(kept, 'utf8')) !== text)
    throw new Error(`${kept} exists and holds other roots; nothing was written`)
  await replace(path, `${JSON.stringify(roots, null, 2)}\n`, 0o644)
}

/** The roots of earlier eras that lie beside, as far as they do; `broken` is told of a file that is none of this deployment's. */
export async function readPastRoots(
  path: string,
  roots: TrustRoots,
  broken: (why: string) => void,
): Promise<readonly TrustRoots[]> {
  const past: TrustRoots[] = []
  for (let era = 1; era < roots.era; era += 1) {
    const file = pastRootsPath(path, era)
    const text = await readFile(file, 'utf8').catch(() => undefined)
    if (text === undefined) continue
    try {
      const found = mustHold(file, parse(file, text))
      if (found.era === era && found.realm === roots.realm) past.push(found)
      else broken(`${file}: is of era ${found.era} of ${found.realm}`)
    } catch (error) {
      broken(error instanceof Error ? error.message : String(error))
    }
  }
  return past
}

/** Reads the roots and checks them in themselves; throws an Error that names file and place. */
export async function readTrustRoots(path: string): Promise<TrustRoots> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new Error(`${path}: cannot be read; \`countersign bootstrap\` writes it on the issuer's host`)
  })
  return mustHold(path, parse(path, text))
}

/** What the running issuer is, to be compared with what the roots pin. */
export type Deployment = Pick<TrustRoots, 'realm' | 'issuer' | 'rp_id' | 'log_key'>

/** Every difference between the roots and the running issuer, as sentences. Any one stops the start. */
export function rootsMisfits(roots: TrustRoots, deployment: Deployment): readonly string[] {
  const pinned: readonly (readonly [string, string, string])[] = [
    ['realm', roots.realm, deployment.realm],
    ['issuer', roots.issuer, deployment.issuer],
    ['rp_id', roots.rp_id, deployment.rp_id],
    ['log_key', roots.log_key.x, deployment.log_key.x],
  ]
  return pinned
    .filter(([, root, own]) => root !== own)
    .map(([name, root, own]) => `trust-roots.json pins ${name} ${root}, but this issuer has ${own}`)
}

function mustHold(path: string, value: unknown): TrustRoots {
  const found = read(trustRoots, value)
  if (!found.ok) throw new Error(`${path}: ${found.path} ${found.problem}; ${MEND}`)
  const roots = found.value
  const host = new URL(roots.issuer).hostname
  // A parent domain as rpID would let every sibling host collect assertions for us.
  if (roots.rp_id !== host) throw new Error(`${path}: /rp_id is not the host of /issuer (${host}); ${MEND}`)
  for (const [index, { key, thumbprint: named }] of roots.roots.entries()) {
    if (thumbprint(key) !== named)
      throw new Error(`${path}: /roots/${index}/thumbprint is not the thumbprint of its key; ${MEND}`)
    if (!isKey(key)) throw new Error(`${path}: /roots/${index}/key is not a usable public key; ${MEND}`)
  }
  for (const member of ['id', 'thumbprint'] as const) {
    if (new Set(roots.roots.map((root) => root[member])).size < roots.roots.length)
      throw new Error(`${path}: /roots names one passkey twice (${member}); ${MEND}`)
  }
  return roots
}

function isKey(key: object): boolean {
  try {
    return createPublicKey({ key: { ...key }, format: 'jwk' }).type === 'public'
  } catch {
    return false
  }
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`${path}: is not JSON; ${MEND}`)
  }
}
