// As much of PostgreSQL's wire protocol (version 3, "Message Formats") as somebody needs who stands between a process and its database and must know what
// is about to become durable: frames, the SQL and the values of a turn, what a turn changed. It understands nothing else and changes no frame of others.

/** One message with its header; the first one of a client has no type. */
export type Frame = { readonly type: string; readonly bytes: Buffer }
/** What a client sends up to where it waits: one query with its values. */
export type Turn = { readonly frames: readonly Frame[]; readonly sql: string; readonly values: readonly string[] }

/** Cuts a stream into frames. `greets`: the first message is a client's, which begins without a type. */
export function framer(greets: boolean): (chunk: Buffer) => Frame[] {
  let kept: Buffer = Buffer.alloc(0)
  let first = greets
  return (chunk) => {
    kept = kept.length === 0 ? chunk : Buffer.concat([kept, chunk])
    const frames: Frame[] = []
    for (;;) {
      const head = first ? 0 : 1
      if (kept.length < head + 4) return frames
      const length = head + kept.readInt32BE(head)
      if (kept.length < length) return frames
      frames.push({ type: first ? '' : String.fromCharCode(kept[0] ?? 0), bytes: kept.subarray(0, length) })
      kept = kept.subarray(length)
      first = false
    }
  }
}

/** Gathers a client's frames into turns. Prepared statements are remembered by their name. */
export function turns(): (frame: Frame) => Turn | undefined {
  const prepared = new Map<string, string>()
  let frames: Frame[] = []
  let sql = ''
  let values: string[] = []
  return (frame) => {
    frames.push(frame)
    const { type, bytes } = frame
    if (type === 'Q') sql = textAt(bytes, 5).text
    if (type === 'P') {
      const name = textAt(bytes, 5)
      sql = textAt(bytes, name.end).text
      prepared.set(name.text, sql)
    }
    if (type === 'B') {
      const name = textAt(bytes, textAt(bytes, 5).end)
      sql = prepared.get(name.text) ?? sql
      values = valuesAt(bytes, name.end)
    }
    // Authentication, Terminate and the first message are turns of their own.
    if (!['Q', 'S', 'X', 'p', ''].includes(type)) return undefined
    const turn = { frames, sql, values }
    frames = []
    sql = ''
    values = []
    return turn
  }
}

function textAt(bytes: Buffer, from: number): { readonly text: string; readonly end: number } {
  const end = bytes.indexOf(0, from)
  return { text: bytes.toString('utf8', from, end), end: end + 1 }
}

function valuesAt(bytes: Buffer, from: number): string[] {
  let at = from + 2 + 2 * bytes.readInt16BE(from)
  const count = bytes.readInt16BE(at)
  at += 2
  return Array.from({ length: count }, () => {
    const length = bytes.readInt32BE(at)
    at += 4 + Math.max(0, length)
    return length < 0 ? '' : bytes.toString('utf8', at - length, at)
  })
}

/** A query that a client without values would send. */
export function query(sql: string): Frame {
  const text = Buffer.from(`${sql}\0`)
  const bytes = Buffer.alloc(5 + text.length)
  bytes.write('Q')
  bytes.writeInt32BE(4 + text.length, 1)
  text.copy(bytes, 5)
  return { type: 'Q', bytes }
}

/** ReadyForQuery outside any transaction. */
export const IDLE: Frame = { type: 'Z', bytes: Buffer.from([0x5a, 0, 0, 0, 5, 0x49]) }

/** The transaction status that a ReadyForQuery tells: `I` outside, `T` inside, `E` inside one that failed. */
export const statusOf = ({ bytes }: Frame): string => String.fromCharCode(bytes[5] ?? 0)

const VERB = /(insert into|delete from|update)\s+(?:only\s+)?"?(\w+)"?(?=[\s(]|$)(?!\s+locked)/gi
export const isWrite = (sql: string): boolean => /^\s*(insert|update|delete|with)\b/i.test(sql) || appends(sql)
export const isCommit = (sql: string): boolean => /(^|;)\s*(commit|end)\s*;?\s*$/i.test(sql)
const appends = (sql: string): boolean => /\bappend_(bot|issuer)\b/i.test(sql)

/** What a turn changed, in words for a reader; undefined when its answer says that it changed nothing. */
export function changeOf({ sql, values }: Pick<Turn, 'sql' | 'values'>, answers: readonly Frame[]): string | undefined {
  const tags = answers.filter(({ type }) => type === 'C').map(({ bytes }) => textAt(bytes, 5).text)
  if (appends(sql)) {
    const types = values.filter((value) => /^[a-z]+\.[a-z_]+$/.test(value))
    return tags.some((tag) => tag.startsWith('SELECT')) ? types.sort().join(' ') || 'entries' : undefined
  }
  if (!isWrite(sql) || !tags.some((tag) => /^(INSERT 0|UPDATE|DELETE) [1-9]/.test(tag))) return undefined
  const [, verb = '', table = ''] = [...sql.matchAll(VERB)].find(([, , name]) => name !== 'skip' && name !== 'set') ?? []
  const place = /message/.test(table) ? values.find((value) => /^(channel|form|ask\/|tell\/)/.test(value)) : undefined
  const where = place?.split('/').slice(0, place.startsWith('tell/') ? 2 : 1)
  const column =
    verb.toLowerCase() === 'update' ? new RegExp(`update\\s+"?${table}"?\\s+set\\s+"?(\\w+)`, 'i').exec(sql)?.[1] : undefined
  return [
    verb.split(' ')[0]?.toLowerCase(),
    table,
    ...(column ? [`set ${column}`] : []),
    ...(where ? [`(${where.join('/')})`] : []),
  ].join(' ')
}
