// The floor under a life: as many bare durable commits and the same cryptography, and nothing else. How many, nobody says: a life is lived once while the
// transactions that wrote something and the operations that ran are counted. The commits go through a pool of the same size to the same server,
// each the insert of one row; the signatures are checked and made by the same libraries in the same process.

import { createPublicKey, generateKeyPairSync, sign, verify, webcrypto } from 'node:crypto'
import pg from 'pg'
import { seal } from '../../src/credentials/seal.ts'
import { nodeCrypto } from '../../src/crypto.ts'
import { publicKey } from '../support/p256.ts'
import type { World } from '../support/world.ts'
import type { Hooks } from './measure.ts'

export type Work = {
  readonly commits: number
  /** Told and not repeated, because a floor needs one of each per commit: what is above is the price of asking. */
  readonly statements: number
  /** How often something had to wait for the database: what is sent together is waited for once. */
  readonly roundTrips: number
  /** Signature checks by node:crypto, as evidence and claims have them. */
  readonly checks: number
  /** Signature checks by the WebAuthn library, through Web Crypto, each with its import of the key. */
  readonly libraryChecks: number
  readonly signatures: number
  readonly seals: number
}

/** What a piece of work commits and computes. Nothing else may run meanwhile. */
export async function countWork(world: World, work: () => Promise<unknown>): Promise<Work> {
  const { subtle } = webcrypto
  const count = { statements: 0, roundTrips: 0, checks: 0, libraryChecks: 0, signatures: 0, seals: 0 }
  let underWay = 0
  const answered = () => {
    underWay -= 1
  }
  const asked = (answer: unknown) => {
    count.statements += 1
    if (underWay === 0) count.roundTrips += 1
    underWay += 1
    Promise.resolve(answer).then(answered, answered)
  }
  const restore = [
    spy(pg.Client.prototype, 'query', asked),
    spy(nodeCrypto, 'verify', () => (count.checks += 1)),
    spy(subtle, 'verify', () => (count.libraryChecks += 1)),
    spy(subtle, 'encrypt', () => (count.seals += 1)),
    spy(world.ctx.signer, 'sign', () => (count.signatures += 1)),
  ]
  try {
    const before = await countCommits(world)
    Object.assign(count, { statements: 0, roundTrips: 0 })
    await work()
    const counted = { ...count }
    return { ...counted, commits: (await countCommits(world)) - before }
  } finally {
    for (const each of restore) each()
  }
}

/** Transactions that wrote: each of ours appends an entry or tells something, and every row keeps the id of the transaction that put it there. */
async function countCommits({ database }: World): Promise<number> {
  const client = new pg.Client({ connectionString: database.superuserUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ count: string }>(
      `select count(*) from (select xmin::text from entry union select xmin::text from issuer_outbox union select xmin::text from bot_outbox) written`,
    )
    return Number(rows[0]?.count)
  } finally {
    await client.end()
  }
}

function spy<O extends object>(object: O, name: keyof O & string, heard: (answer: unknown) => void): () => void {
  const own = Object.getOwnPropertyDescriptor(object, name)
  const method = object[name] as (...given: unknown[]) => unknown
  Object.defineProperty(object, name, {
    configurable: true,
    writable: true,
    value: function (this: unknown, ...given: unknown[]) {
      const answer = method.apply(this, given)
      heard(answer)
      return answer
    },
  })
  return () => {
    if (own) Object.defineProperty(object, name, own)
    else Reflect.deleteProperty(object, name)
  }
}

/** Opens the floor: a function that does a counted piece of work barely. */
export async function openFloor(hooks: Hooks, world: World, connections: number): Promise<(work: Work) => Promise<void>> {
  const { signer } = world.ctx
  const pool = new pg.Pool({ connectionString: world.database.ownerUrl, max: connections })
  hooks.after(() => pool.end())
  await pool.query('create table if not exists bare (id uuid primary key default gen_random_uuid(), body bytea not null)')
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const data = Buffer.alloc(69, 'data')
  const signature = sign('sha256', data, key.privateKey)
  const raw = sign('sha256', data, { key: key.privateKey, dsaEncoding: 'ieee-p1363' })
  const jwk = publicKey(key.publicKey)
  const ready = createPublicKey({ key: { ...jwk }, format: 'jwk' })
  const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const body = Buffer.alloc(512, 'body')
  const must = (verified: boolean) => {
    if (!verified) throw new Error('a bare signature did not verify')
  }
  return async ({ commits, checks, libraryChecks, signatures, seals }) => {
    for (let at = 0; at < commits; at += 1) await pool.query('insert into bare (body) values ($1)', [body])
    for (let at = 0; at < checks; at += 1) must(verify('sha256', data, ready, signature))
    for (let at = 0; at < libraryChecks; at += 1) {
      const imported = await webcrypto.subtle.importKey('jwk', { ...jwk }, ecdsa, false, ['verify'])
      must(await webcrypto.subtle.verify(ecdsa, imported, raw, data))
    }
    for (let at = 0; at < signatures; at += 1) await signer.sign('RS256', signer.accessTokenKid.RS256, body)
    for (let at = 0; at < seals; at += 1) await seal(body.toString('base64url'), jwk)
  }
}

/** What two pieces of work come to. */
export const sum = (a: Work, b: Work): Work => ({
  commits: a.commits + b.commits,
  statements: a.statements + b.statements,
  roundTrips: a.roundTrips + b.roundTrips,
  checks: a.checks + b.checks,
  libraryChecks: a.libraryChecks + b.libraryChecks,
  signatures: a.signatures + b.signatures,
  seals: a.seals + b.seals,
})
