// A whole Countersign for tests, without HTTP: a database of its own, an issuer opened as in production with the example runbooks, people whose
// simulated keys were enrolled through the real chain, and a bot's context beside. Clocks are the machine's, shifted by `later`.

import { createHash, webcrypto } from 'node:crypto'
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { acceptStatement } from '../../src/commands/accept-statement.ts'
import { adoptProposals } from '../../src/commands/adopt-proposals.ts'
import { claimCredential } from '../../src/commands/claim-credential.ts'
import type { BotContext, IssuerContext } from '../../src/commands/context.ts'
import { heedWishes } from '../../src/commands/heed-wishes.ts'
import { makeWish } from '../../src/commands/make-wish.ts'
import { proposeRequest } from '../../src/commands/propose-request.ts'
import { newId, thumbprint } from '../../src/crypto.ts'
import { followPublication } from '../../src/db/rule-sets.ts'
import { encodeBase64url } from '../../src/domain/base64url.ts'
import { canonicalBytes } from '../../src/domain/canonical.ts'
import type { HeadStore } from '../../src/domain/heads.ts'
import type { P256Key } from '../../src/domain/keys.ts'
import type { Statement } from '../../src/domain/statement.ts'
import { tagged } from '../../src/domain/tags.ts'
import { openFileHeadStore } from '../../src/issuer/head-store.ts'
import { loadOrCreateKeys } from '../../src/issuer/keys.ts'
import { type IssuerParts, openIssuer } from '../../src/issuer/open-issuer.ts'
import { makeNonce } from '../../src/passkeys/nonce.ts'
import { enrolPeople, signWith } from '../../src/sandbox/enrol-people.ts'
import { makeRoot, openKeyRing } from '../../src/sandbox/key-ring.ts'
import { createTestDatabase } from './database.ts'

export const ORIGIN = 'http://localhost:3001'
const RUNBOOKS = fileURLToPath(new URL('../../runbooks/', import.meta.url))
type After = { after(work: () => Promise<void> | void): void }

export type World = Awaited<ReturnType<typeof openWorld>>

type OpenHeads = (realm: string, file: string) => Promise<HeadStore>

/**
 * Opens a world; everything is closed and dropped at the end of the test. Its heads lie in a file, if not said otherwise; `runbooks` may change its
 * copy of them before they are read.
 */
export async function openWorld(
  t: After,
  openHeads: OpenHeads = (_, file) => openFiled(file),
  runbooks: (dir: string) => void = () => undefined,
) {
  const database = await createTestDatabase(t as Parameters<typeof createTestDatabase>[0])
  const dir = mkdtempSync(join(tmpdir(), 'countersign-world-'))
  const runbooksDir = join(dir, 'runbooks')
  mkdirSync(runbooksDir)
  cpSync(RUNBOOKS, runbooksDir, { recursive: true })
  runbooks(runbooksDir)
  const realm = `sandbox:${newId()}`
  const log = pino({ level: process.env['TEST_LOG'] ?? 'silent' })
  const keys = await loadOrCreateKeys({ dir: join(dir, 'keys'), realm, create: true })
  const heads = await openHeads(realm, join(dir, 'heads.json'))
  const ringFile = join(dir, 'simulated-keys.json')
  const ring = openKeyRing({ rpId: 'localhost', origin: ORIGIN }, ringFile)
  const root = makeRoot(ring, realm, 'mira')
  const roots = {
    v: 1 as const,
    realm,
    era: 1,
    issuer: ORIGIN,
    rp_id: 'localhost',
    pinned_at: Math.floor(Date.now() / 1000),
    roots: [root],
    log_key: keys.logKey,
  }
  const db = database.connect('issuer', { max: 8 })
  const parts = {
    db,
    now: () => new Date(),
    log,
    keys,
    roots,
    heads,
    origin: ORIGIN,
    rpId: 'localhost',
    runbooksDir,
    ownNames: ['http://localhost:3000', 'bot'],
  }
  const issuer = await openIssuer(parts)
  const { ctx } = issuer
  await enrolPeople(ctx, ring, ['rey', 'ana', 'bo', 'mira', 'theo'])
  // How its people came in is no news to any test.
  await db.deleteFrom('issuer_outbox').execute()
  const botDb = database.connect('bot', { max: 4 })
  const bot: BotContext = {
    process: 'bot',
    db: botDb,
    now: () => new Date(),
    realm,
    log,
    published: followPublication(botDb),
  }
  t.after(async () => {
    await heads.close()
    rmSync(dir, { recursive: true, force: true })
  })
  /** The issuer as after a restart: the same parts, and a memory that comes from the database alone. */
  const reopen = (over: Partial<IssuerParts> = {}) => openIssuer({ ...parts, ...over })
  return { database, dir, runbooksDir, keys, heads, ring, ringFile, roots, issuer, reopen, ctx, bot }
}

const openFiled = async (file: string): Promise<HeadStore> => openFileHeadStore(file)

/** The same issuer with a clock that is ahead. */
export const later = (ctx: IssuerContext, ms: number): IssuerContext => ({ ...ctx, now: () => new Date(Date.now() + ms) })

/** A statement about requests by a person's simulated key, with whatever is bent. */
export async function sign(
  world: World,
  person: string,
  body: { readonly kind: 'request' | 'decide' | 'revoke' } & Record<string, unknown>,
  bent: Record<string, unknown> = {},
) {
  const { ctx, ring } = world
  const passkeys = [...(await ctx.chain()).passkeys.values()].filter(
    ({ passkey }) => passkey.person === person && ring.idsOf(person).includes(passkey.id),
  )
  const passkey = passkeys.at(-1)?.passkey
  if (!passkey) throw new Error(`${person} has no enrolled key on the ring`)
  const statement = {
    v: 1,
    realm: ctx.realm,
    nonce: makeNonce(ctx.nonceKey, ctx.now()),
    signer: { person, passkey: passkey.thumbprint },
    ...body,
    ...bent,
  } as unknown as Statement
  return signWith(ring, passkey.id, statement)
}

/** A place where a credential is needed, as a browser makes it. */
export async function newHolder() {
  const pair = async (name: 'ECDSA' | 'ECDH', usages: readonly ('sign' | 'verify' | 'deriveBits')[]) => {
    const made = (await webcrypto.subtle.generateKey({ name, namedCurve: 'P-256' }, false, [
      ...usages,
    ])) as webcrypto.CryptoKeyPair
    const { kty, crv, x, y } = await webcrypto.subtle.exportKey('jwk', made.publicKey)
    return { privateKey: made.privateKey, key: { kty, crv, x, y } as P256Key }
  }
  const signing = await pair('ECDSA', ['sign', 'verify'])
  const encryption = await pair('ECDH', ['deriveBits'])
  return {
    holder: { sign: signing.key, encrypt: encryption.key },
    encryptionKey: encryption.privateKey,
    sign: async (bytes: Uint8Array) =>
      encodeBase64url(
        new Uint8Array(await webcrypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, signing.privateKey, Buffer.from(bytes))),
      ),
  }
}
export type TestHolder = Awaited<ReturnType<typeof newHolder>>

/** A claim of credential `number` by a place, with whatever is bent. */
export async function claimOf(world: World, intent: string, by: TestHolder, number = 1, bent: Record<string, unknown> = {}) {
  const bytes = canonicalBytes({
    v: 1,
    realm: world.ctx.realm,
    intent,
    holder: thumbprint(by.holder.sign),
    encrypt: thumbprint(by.holder.encrypt),
    nonce: makeNonce(world.ctx.nonceKey, world.ctx.now()),
    number,
    material: { kind: 'jwt' },
    ...bent,
  })
  return { claim: encodeBase64url(bytes), signature: await by.sign(tagged('claim', bytes)) }
}

/** Asks and has it adopted; answers the digest of the intent. Who has too many open gives up the oldest first, as people are told to. */
export async function ask(world: World, over: Record<string, unknown> = {}) {
  const asked = {
    person: 'rey',
    action: 'service.restart',
    parameters: { service: 'payments-api' },
    reason: 'INC-4211: payments time out',
    ...over,
  } as Parameters<typeof proposeRequest>[1]
  let proposed = await proposeRequest(world.bot, asked)
  if (!proposed.ok && proposed.refusal.reason === 'too_many_open') {
    await giveUpOldest(world, asked.person)
    proposed = await proposeRequest(world.bot, asked)
  }
  if (!proposed.ok) throw new Error(`not proposed: ${JSON.stringify(proposed.problems)}`)
  await adoptProposals(world.ctx)
  return { ...proposed, intent: proposed.intentDigest }
}

async function giveUpOldest(world: World, person: string): Promise<void> {
  const oldest = await world.ctx.db
    .selectFrom('request_state')
    .innerJoin('request', 'request.id', 'request_state.request_id')
    .select('request_id')
    .where('request.requester', '=', person)
    .where('state', 'in', ['awaiting_requester', 'awaiting_approvers', 'approved'])
    .orderBy('request.proposed_at')
    .limit(1)
    .executeTakeFirstOrThrow()
  await makeWish(world.bot, { kind: 'cancel', person, request: oldest.request_id })
  await heedWishes(world.ctx)
}

/** Asked and confirmed by the requester at a place. */
export async function confirm(world: World, intent: string, by: TestHolder, person = 'rey') {
  return acceptStatement(
    world.ctx,
    await sign(world, person, { kind: 'request', role: 'requester', decision: 'confirm', intents: [intent], holder: by.holder }),
  )
}

export async function decide(
  world: World,
  intent: string,
  person: string,
  decision: 'approve' | 'deny' = 'approve',
  extra: Record<string, unknown> = {},
) {
  return acceptStatement(
    world.ctx,
    await sign(world, person, { kind: 'decide', role: 'approver', decision, intents: [intent], ...extra }),
  )
}

export const claim = async (world: World, intent: string, by: TestHolder, number = 1, bent: Record<string, unknown> = {}) =>
  claimCredential(world.ctx, await claimOf(world, intent, by, number, bent))

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url')

/** Asks again while another claim's credential is being made, as pages and terminals do. */
export async function claimPatiently(
  ctx: World['ctx'],
  message: Parameters<typeof claimCredential>[1],
): ReturnType<typeof claimCredential> {
  const outcome = await claimCredential(ctx, message)
  return outcome.ok || outcome.refusal.reason !== 'still_issuing' ? outcome : claimPatiently(ctx, message)
}
