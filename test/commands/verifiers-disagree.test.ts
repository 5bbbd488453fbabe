// The library at the live ceremony and the verifier of evidence must both accept. Here one of them has a fault: the library verifies by WebCrypto and the
// verifier of evidence by node:crypto, so what is wrong with WebCrypto is wrong with one alone. Whichever it is that says no, nothing is taken, and people
// are told. An alarm is raised once an hour, so each of these tests has a world of its own.

import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { pino } from 'pino'
import { acceptStatement } from '../../src/commands/accept-statement.ts'
import { MOST_DISAGREEMENTS } from '../../src/commands/raise-alarm.ts'
import { completeRegistration, registerPasskey } from '../../src/commands/register-passkey.ts'
import { signIn } from '../../src/commands/sign-in.ts'
import { ownKeys } from '../support/own-keys.ts'
import { refused } from '../support/refused.ts'
import { type RogueKey, rogueKey } from '../support/rogue-key.ts'
import { ask, confirm, newHolder, openWorld, type World } from '../support/world.ts'

const { subtle } = globalThis.crypto
const TABLES = ['statement', 'evidence', 'nonce', 'issuer_session', 'registration', 'passkey', 'grant', 'passkey_hold'] as const
/** A signature that is well formed and nobody’s. */
const FORGED = { signature: (bytes: Buffer) => bytes.with(-1, (bytes.at(-1) ?? 0) ^ 1) }

/** A world whose issuer’s log is read, and what it and the database say of alarms. */
async function alone(of: (world: World, seen: Seen) => Promise<void>): Promise<void> {
  const ends: (() => Promise<void> | void)[] = []
  const world = await openWorld({ after: (work) => void ends.push(work) })
  const logged: string[] = []
  const write = (line: string) => void (JSON.parse(line).alarm && logged.push(JSON.parse(line).alarm))
  const heard = { ...world, ctx: { ...world.ctx, log: pino({ level: 'warn' }, { write }) } }
  try {
    await of(heard, seenIn(heard, logged))
  } finally {
    mock.restoreAll()
    for (const end of ends.toReversed()) await end()
  }
}
type Seen = ReturnType<typeof seenIn>
function seenIn({ ctx }: World, logged: readonly string[]) {
  const entries = async (type: string) =>
    (await ctx.db.selectFrom('entry').select('bytes').where('type', '=', type).orderBy('recorded_at').execute()).map(
      ({ bytes }) => JSON.parse(bytes.toString('utf8').split('\n')[1] ?? ''),
    )
  const news = async () =>
    (await ctx.db.selectFrom('issuer_outbox').select('payload').where('topic', '=', 'alarm.raised').execute()).map(
      ({ payload }) => payload,
    )
  const kept = async () => Promise.all(TABLES.map(async (table) => (await ctx.db.selectFrom(table).selectAll().execute()).length))
  return { entries, news, kept, logged }
}

/** Refused, nothing kept, and one alarm that names which of the two took it. */
async function assertAlarm(seen: Seen, about: Record<string, unknown>, before: readonly number[]): Promise<void> {
  assert.deepEqual(await seen.kept(), before, 'nothing is kept')
  assert.deepEqual(await seen.entries('verifiers.disagree'), [{ v: 1, ...about }])
  assert.deepEqual(await seen.entries('alarm.raised'), [{ v: 1, alarm: 'verifiers_disagree', ...about }])
  assert.deepEqual(await seen.news(), [{ alarm: 'verifiers_disagree', ...about }])
  assert.deepEqual(seen.logged, ['verifiers_disagree'])
}

type Posted = { readonly answers: (twist?: typeof FORGED) => ReturnType<RogueKey['sign']>; readonly key: RogueKey }
type Door = {
  readonly kind: string
  readonly person: string
  readonly ready: (world: World) => Promise<Posted>
  readonly post: (world: World, posted: ReturnType<RogueKey['sign']>) => Promise<Parameters<typeof refused>[0]>
}
const DOORS: readonly Door[] = [
  {
    kind: 'decide',
    person: 'bo',
    ready: async (world) => {
      const { key } = await ownKeys(world).enrolled('bo')
      const { intent } = await ask(world)
      assert.ok((await confirm(world, intent, await newHolder())).ok)
      return { key, answers: (twist) => key.sign('decide', { role: 'approver', decision: 'approve', intents: [intent] }, twist) }
    },
    post: ({ ctx }, posted) => acceptStatement(ctx, posted),
  },
  {
    kind: 'sign_in',
    person: 'ana',
    ready: async (world) => {
      const { key } = await ownKeys(world).enrolled('ana')
      return { key, answers: (twist) => key.sign('sign_in', { audience: 'issuer' }, twist) }
    },
    post: ({ ctx }, posted) => signIn(ctx, posted),
  },
  {
    kind: 'register',
    person: 'theo',
    ready: async (world) => {
      const key = rogueKey(world, 'theo')
      assert.ok((await registerPasskey(world.ctx, key.registration)).ok)
      const said = { role: 'owner', decision: 'register', id: key.id, key: key.key }
      return { key, answers: (twist) => key.sign('register', said, twist) }
    },
    post: ({ ctx }, posted) => completeRegistration(ctx, posted),
  },
]

for (const { kind, person, ready, post } of DOORS) {
  test(`${kind}: a forged signature that the library alone takes is refused, and is an alarm`, () =>
    alone(async (world, seen) => {
      const { key, answers } = await ready(world)
      const before = await seen.kept()
      const faulty = mock.method(subtle, 'verify', async () => true)
      const { check } = refused(await post(world, answers(FORGED)), 'assertion_refused', /Nothing was recorded/)
      assert.deepEqual([check, faulty.mock.callCount()], ['signature_invalid', 1])
      const about = { kind, person, passkey: key.thumbprint, accepted: 'live', refused: 'signature_invalid' }
      await assertAlarm(seen, about, before)
      mock.restoreAll()
      refused(await post(world, answers(FORGED)), 'assertion_refused', /Nothing was recorded/)
      assert.equal((await seen.entries('verifiers.disagree')).length, 1, 'what both refuse is no disagreement')
      assert.ok((await post(world, answers())).ok, 'the true signature')
    }))

  test(`${kind}: a true signature that the library alone refuses is refused, and is an alarm`, () =>
    alone(async (world, seen) => {
      const { key, answers } = await ready(world)
      const before = await seen.kept()
      mock.method(subtle, 'verify', async () => false)
      refused(await post(world, answers()), 'assertion_refused', /Nothing was recorded/)
      const about = { kind, person, passkey: key.thumbprint, accepted: 'evidence', refused: 'signature' }
      await assertAlarm(seen, about, before)
    }))
}

test('a registration that the library alone refuses is refused, and is an alarm', () =>
  alone(async (world, seen) => {
    const before = await seen.kept()
    mock.method(subtle, 'digest', async () => new ArrayBuffer(32))
    refused(await registerPasskey(world.ctx, rogueKey(world, 'bo').registration), 'assertion_refused', /Nothing was recorded/)
    await assertAlarm(seen, { kind: 'register', person: 'bo', accepted: 'evidence', refused: 'library_alone' }, before)
  }))

test('a registration out of which the library reads another key is refused, and is an alarm', () =>
  alone(async (world, seen) => {
    const before = await seen.kept()
    const [ours, theirs] = [rogueKey(world, 'bo').registration, rogueKey(world, 'bo').registration]
    // Whoever reads first reads one key, whoever comes after him the other.
    const objects = [ours, theirs].map(({ attestation }) => attestation.response.attestationObject)
    const response = {
      clientDataJSON: ours.attestation.response.clientDataJSON,
      get attestationObject() {
        return objects.shift() ?? ''
      },
    }
    const swapped = { ...ours, attestation: { ...ours.attestation, response } }
    refused(await registerPasskey(world.ctx, swapped), 'assertion_refused', /Nothing was recorded/)
    await assertAlarm(seen, { kind: 'register', person: 'bo', accepted: 'live', refused: 'verifiers_differ' }, before)
  }))

test('who can cause one does not flood: one alarm within the hour, also of many at once, and entries up to a bound', () =>
  alone(async (world, seen) => {
    const { key } = await ownKeys(world).enrolled('ana')
    mock.method(subtle, 'verify', async () => true)
    const posts = Array.from({ length: MOST_DISAGREEMENTS + 4 }, () => key.sign('sign_in', { audience: 'issuer' }, FORGED))
    for (const outcome of await Promise.all(posts.map((post) => signIn(world.ctx, post))))
      refused(outcome, 'assertion_refused', /Nothing was recorded/)
    const entries = await seen.entries('verifiers.disagree')
    assert.equal(entries.length, MOST_DISAGREEMENTS + 1)
    assert.deepEqual([entries.filter(({ last }) => last).length, (await seen.entries('alarm.raised')).length], [1, 1])
    assert.deepEqual([(await seen.news()).length, seen.logged], [1, ['verifiers_disagree']])
  }))

test('what only the live ceremony knows is no disagreement, nor what both refuse', () =>
  alone(async (world, seen) => {
    const { key } = await ownKeys(world).enrolled('ana')
    for (const twist of [
      { userHandle: 'AAAA' },
      { rawId: rogueKey(world, 'bo').id },
      { origin: 'http://localhost:3002' },
      { challenge: 'A'.repeat(43) },
      { flags: 0x01 },
    ])
      refused(await signIn(world.ctx, key.sign('sign_in', { audience: 'issuer' }, twist)), 'assertion_refused', /Nothing was/)
    assert.deepEqual([await seen.entries('verifiers.disagree'), seen.logged], [[], []])
  }))
