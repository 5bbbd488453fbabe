// What every suite of thieves ends with: whatever was tried, no credential, no key, no change of the directory or the rules is there that was not there
// before, no entry of the log is altered or gone, nobody else's signature counts anywhere anew, and no answer that the thief heard holds a secret. Looked at
// as the owner of the database, past everything that a login may be kept from seeing.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import { findTraces } from './traces.ts'
import type { World } from './world.ts'

/** What must stand as it stood, by what identifies a row and what of it would be a gain. */
const KEPT = {
  credential: 'id, request_id, number, holder, encrypt, material',
  grant: 'request_id, person, lease_seconds, started_at, ends_at',
  passkey: 'thumbprint, person, id, key, device_bound, status',
  directory: 'sequence, head, change, link',
  rule_set: 'digest, body',
  publication: 'sequence, digest, published_at',
} as const
const SIGNED = {
  evidence: 'request_id, statement, role, decision, lease_seconds, holder',
  statement: 'digest, kind, bytes, decision',
} as const
/** Entries that tell of a gain. */
const GAINS = [
  'credential.issuing',
  'credential.issued',
  'grant.started',
  'grant.activated',
  'directory.changed',
  'rules.published',
]
const PRIVATE = new Set(['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'private_key'])
const TOKEN = /eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{20,}/

export type Gains = {
  /** Keeps what the thief was answered, and gives it on. */
  readonly hear: <T>(answer: T) => T
  /** Fails if there is more, or less, than before. */
  readonly nothingGained: () => Promise<void>
  /** What honest people do in between; afterwards that is what stands. */
  readonly honestly: <T>(work: () => Promise<T>) => Promise<T>
}

/** Looks at how things stand. Statements of `signers` may come to it: the thief's own key signs what it likes. */
export async function watchGains(world: World, signers: readonly string[] = []): Promise<Gains> {
  const db = world.database.connect('owner', { max: 1 })
  const secrets = secretsOf(world)
  assert.ok(secrets.length >= 8, 'the issuer has secrets, or there would be nothing to look for')
  const heard: Buffer[] = []

  const rows = async (table: string, columns: string, but: readonly string[] | undefined = undefined): Promise<string[]> => {
    // A key that waits was registered by whoever came: its proof is worth nothing.
    const others =
      but === undefined
        ? sql``
        : sql`where (person is null or person <> all (${sql.val(but)}::text[])) and decision is distinct from 'register'`
    const { rows: found } = await sql<{ row: string }>`
      select left(r, 60) || ' … ' || md5(r) as row from (select row(${sql.raw(columns)})::text as r from ${sql.table(table)} ${others}) t`.execute(
      db,
    )
    return found.map(({ row }) => row).sort()
  }
  const look = async () => {
    const kept = new Map<string, readonly string[]>()
    for (const [table, columns] of Object.entries(KEPT)) kept.set(table, await rows(table, columns))
    for (const [table, columns] of Object.entries(SIGNED)) kept.set(table, await rows(table, columns, signers))
    const entries = await sql<{ id: string; type: string; row: string; whole: boolean }>`
      select writer || '/' || id as id, type, md5(e::text) as row, leaf_hash = sha256('\\x00'::bytea || bytes) as whole from entry e`.execute(
      db,
    )
    const triggers = await sql<{ name: string; enabled: string }>`
      select tgname as name, tgenabled as enabled from pg_trigger where tgrelid = 'entry'::regclass and not tgisinternal order by 1`.execute(
      db,
    )
    const { sequence, head } = await world.ctx.chain()
    return {
      kept,
      entries: entries.rows,
      triggers: triggers.rows,
      directory: { sequence, head },
      outside: (await world.heads.read())?.directory,
    }
  }
  let before = await look()

  const nothingGained = async (): Promise<void> => {
    const now = await look()
    for (const [table, stood] of before.kept) assert.deepEqual(now.kept.get(table), stood, `${table} is as it was`)
    assert.deepEqual(now.directory, before.directory, 'the directory is as it was')
    assert.deepEqual(now.outside, before.outside, 'and so is its head outside')
    assert.deepEqual(now.triggers, before.triggers, 'what keeps entries from being changed stands')
    const entries = new Map(now.entries.map((entry) => [entry.id, entry]))
    for (const entry of before.entries) assert.deepEqual(entries.get(entry.id), entry, 'no entry is altered or gone')
    const told = new Set(before.entries.map(({ id }) => id))
    const fresh = now.entries.filter(({ id }) => !told.has(id))
    assert.deepEqual(
      fresh.filter(({ type, whole }) => !whole || GAINS.includes(type)).map(({ type }) => type),
      [],
    )
    const places = new Map(heard.map((content, index) => [`answer ${index + 1}`, content]))
    for (const secret of secrets) assert.deepEqual(findTraces(secret, places), [], 'no answer holds a secret')
    const tokens = heard.filter((content) => TOKEN.test(content.toString('latin1')))
    assert.deepEqual(tokens.map(String), [], 'no answer holds a token')
  }
  return {
    hear: (answer) => {
      heard.push(bytesOf(answer))
      return answer
    },
    nothingGained,
    honestly: async (work) => {
      await nothingGained()
      const done = await work()
      before = await look()
      return done
    },
  }
}

/** An answer whole: of HTTP its headers as well. */
function bytesOf(answer: unknown): Buffer {
  const { headers, rawPayload } = (answer ?? {}) as { headers?: object; rawPayload?: Buffer }
  return rawPayload === undefined
    ? Buffer.from(typeof answer === 'string' ? answer : (JSON.stringify(answer) ?? ''))
    : Buffer.concat([Buffer.from(JSON.stringify(headers)), rawPayload])
}

/** The private halves of the issuer's keys and of everybody's passkeys. */
function secretsOf({ dir, ringFile }: World): string[] {
  const folder = join(dir, 'keys')
  const files = [...readdirSync(folder).map((name) => join(folder, name)), ringFile].filter((file) => file.endsWith('.json'))
  const secrets: string[] = []
  for (const file of files) {
    JSON.parse(readFileSync(file, 'utf8'), (name, value: unknown) => {
      if (PRIVATE.has(name) && typeof value === 'string') secrets.push(value)
      return value
    })
  }
  return secrets
}
