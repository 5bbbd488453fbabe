// The checker checked: a life that is as it should be gives no problem, and each way in which a database, the target or Slack can be untrue gives one that
// names it. What is made untrue here is made so by the superuser, inside a transaction that is taken back.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { compactDecrypt, decodeJwt } from 'jose'
import { type Kysely, sql } from 'kysely'
import { pino } from 'pino'
import { connect } from '../../src/db/connect.ts'
import type { Schema } from '../../src/db/schema.ts'
import { checkCode } from '../../src/domain/ids.ts'
import { uuidv7 } from '../../src/log/entry-id.ts'
import { ask, claim, confirm, decide, newHolder, openWorld } from '../support/world.ts'
import { checkEnds } from './check-ends.ts'
import { checkClocks, checkEvidence, checkTimes } from './check-evidence.ts'
import { checkLog } from './check-log.ts'
import { checkDrained, checkLives, checkSlack, checkTarget } from './check-outside.ts'
import { checkRecalls, refusedEarly } from './check-recalls.ts'
import { check } from './checker.ts'
import { type Facts, type Outside, readFacts, type SlackMessage } from './facts.ts'
import type { Told } from './life.ts'
import { type Outages, unservedMs } from './outages.ts'

const world = await openWorld({ after })
const db: Kysely<Schema> = connect(world.database.superuserUrl, {
  applicationName: 'doctor',
  max: 2,
  log: pino({ level: 'silent' }),
})
after(() => db.destroy())
const asked = await ask(world, { reason: 'life-1 of a test' })
const place = await newHolder()
assert.ok((await confirm(world, asked.intent, place)).ok)
assert.ok((await decide(world, asked.intent, 'bo')).ok)
const claimed = await claim(world, asked.intent, place)
assert.ok(claimed.ok)
const token = new TextDecoder().decode((await compactDecrypt(claimed.ciphertext, place.encryptionKey)).plaintext)
const request = asked.requestId
const code = checkCode(asked.intent)
const { jti = '' } = decodeJwt(token)
const NO_OUTAGE: Outages = { issuers: ['issuer-1', 'issuer-2'], away: [] }
const told: Told = { life: 1, kind: 'returned', lane: 0, typed: 1, request, token, ends: 'claimed/active', lost: false }

test('a life that is as it should be has no problem but what is still under way', async () => {
  await doctored([], async (facts) => {
    assert.deepEqual(checkLog(facts), [])
    assert.deepEqual(await checkEvidence(facts, db), [])
    assert.deepEqual(checkTimes(facts, { clockMs: 0 }), [])
    assert.deepEqual(checkEnds(facts, { outages: NO_OUTAGE }, { clockMs: 0 }), [])
    assert.deepEqual(checkRecalls(facts, { uses: [], taken: [], messages: [] }, { clockMs: 0 }), [])
    assert.deepEqual(checkClocks(facts), [])
    assert.deepEqual(checkLives(facts, { told: [told] }), [])
    assert.deepEqual(checkTarget(facts, { uses: [{ began: Date.now(), at: Date.now(), token, status: 200 }] }), [])
    assert.match(checkDrained(facts).join(), /news untold left/)
    assert.match(checkDrained(facts).join(), /left: news of request\.\w+ of \S+, made/)
    assert.match(checkDrained(facts).join(), /1 grants alive left/)
  })
})

test('a grant whose evidence is gone, or is of somebody else, is found', async () => {
  const without = sql`delete from evidence where decision = 'approve'`
  await doctored([without], async (facts, trx) => {
    assert.match((await checkEvidence(facts, trx)).join(), /without evidence: quorum/)
    assert.match(checkLog(facts).join(), /2 statements in the log, 1 in the evidence/)
  })
  const bent = sql`update statement set assertion = jsonb_set(assertion, '{signature}', to_jsonb(reverse(assertion->>'signature'))) where kind = 'decide'`
  await doctored([bent], async (facts, trx) => assert.match((await checkEvidence(facts, trx)).join(), /without evidence/))
})

test('what the log tells twice, or not, or otherwise than the tables, is found', async () => {
  await found(checkLog, append('grant.activated', '{"v":1}'), /grant.activated when it was active/)
  await found(checkLog, append('request.approved', '{"v":1}'), /request.approved when it was claimed/)
  const proposed = sql`select append_bot(gen_random_uuid(), 'request.proposed', ${request}, 'rey', convert_to('{"v":1}', 'UTF8'))`
  await found(checkLog, proposed, /2 entries say that it was proposed/)
  await found(checkLog, sql`update request_state set state = 'denied'`, /leads to claimed, the table says denied/)
  await found(checkLog, sql`update "grant" set state = 'expired'`, /leads to the grant active, the table says expired/)
  await found(checkLog, sql`update credential set fingerprint = 'another'`, /another fingerprint/)
  await found(checkLog, append('verifiers.disagree', '{"v":1}'), /verifiers disagreed/)
})

test('a credential whose making is told to have ended twice, or that nothing tells of, is found', async () => {
  const id = sql<string>`(select id from credential)`
  const issued = sql`select append_issuer(gen_random_uuid(), 'credential.issued', ${request}, 'rey',
    convert_to(jsonb_build_object('credential', ${id}, 'fingerprint', (select fingerprint from credential))::text, 'UTF8'))`
  await found(checkLog, issued, /2 entries say what became of making it/)
  const another = sql`insert into credential select 'another', request_id, 2, state, kind, holder, encrypt, material, fingerprint, ciphertext, created_at, expires_at
    from credential`
  await found(checkLog, another, /credential another stands there and the log does not tell of it/)
})

test('what outlives its time is found', async () => {
  const times = (facts: Facts) => checkTimes(facts, { clockMs: 0 })
  await found(times, sql`update "grant" set ends_at = ends_at + interval '1 day'`, /ends after its lease/)
  await found(times, sql`update "grant" set ends_at = now() - interval '1 minute'`, /is still active after its end/)
  await found(times, sql`update "grant" set ends_at = now() - interval '1 minute'`, /was issued after the end of its grant/)
  await found(times, sql`update credential set expires_at = expires_at + interval '1 second'`, /lasts longer than its grant/)
  await found(times, sql`update credential set state = 'expired'`, /is expired and still kept/)
})

test('an end that comes later than outages explain is found, and so is one that comes early', async () => {
  const expired = append('grant.expired', '{"v":1}')
  const due = (seconds: number) => sql`update "grant" set ends_at = clock_timestamp() - make_interval(secs => ${seconds})`
  const now = Date.now()
  const away = (...who: readonly string[]): Outages => ({
    ...NO_OUTAGE,
    away: who.map((name) => ({ who: name, from: now - 600_000, to: Number.POSITIVE_INFINITY })),
  })
  const ends = (outages: Outages) => (facts: Facts) => checkEnds(facts, { outages }, { clockMs: 0 })
  const onTime = (changes: readonly Change[], outages: Outages) =>
    doctored(changes, (facts) => assert.deepEqual(ends(outages)(facts), []))
  await onTime([due(1), expired], NO_OUTAGE)
  await onTime([due(60), expired], away('postgres'))
  await onTime([due(60), expired], away('issuer-1', 'issuer-2'))
  const late = /grant\.expired came 60\d\d\d ms after its time, 60\d\d\d of them without any outage/
  await found(ends(NO_OUTAGE), [due(60), expired], late)
  await found(ends(away('issuer-1', 'bot-1')), [due(60), expired], late)
  await found(ends(away('postgres')), [due(-60), expired], /grant\.expired came (59|60)\d\d\d ms before its time/)
  await found(ends(NO_OUTAGE), [due(60), append('grant.returned', '{"v":1}')], /grant\.returned came 60\d\d\d ms after its time/)
})

test('of outages that overlap only the time counts in which nobody could end anything', () => {
  const outages: Outages = {
    issuers: ['issuer-1', 'issuer-2'],
    away: [
      { who: 'issuer-1', from: 10_000, to: 20_000 },
      { who: 'issuer-2', from: 15_000, to: 30_000 },
      { who: 'postgres', from: 18_000, to: 19_000 },
      { who: 'bot-1', from: 0, to: 90_000 },
    ],
  }
  // The first issuer, back at 20, has found its way two and a half seconds later.
  assert.equal(unservedMs(outages, 0, 60_000), 7_500)
  assert.equal(unservedMs(outages, 16_000, 17_000), 1_000)
  assert.equal(unservedMs(outages, 40_000, 60_000), 0)
})

test('an early end that is told as confirmed, and that the target did not confirm or does not keep to, is found', async () => {
  const now = Date.now()
  const refused = { began: now + 2, at: now + 3, token, status: 401 }
  const took = { at: now, jti }
  const recalls =
    (over: Partial<Parameters<typeof checkRecalls>[1]> = {}) =>
    (facts: Facts) =>
      checkRecalls(facts, { uses: [refused], taken: [took], messages: [], ...over }, { clockMs: 0 })
  const ending = append('grant.ending', '{"v":1,"reason":"returned"}')
  const kept = sql`update credential set state = 'revoked', recall = 'confirmed', ciphertext = null, ended_at = now()`
  const revoked = (by: string) => append('credential.revoked', JSON.stringify({ v: 1, credential: jti, by }))
  const confirmed = [ending, kept, revoked('target')]
  await doctored(confirmed, (facts) => assert.deepEqual(recalls()(facts), []))
  assert.equal(refusedEarly({ uses: [refused, { ...refused, began: now - 1 }], taken: [took] }), 1)
  assert.equal(refusedEarly({ uses: [refused], taken: [] }), 0)

  await found(recalls({ taken: [] }), confirmed, /kept as confirmed, and the target confirmed nothing/)
  await found(recalls({ taken: [] }), [ending, revoked('target')], /the target ended \S+, which the target had not confirmed/)
  await found(recalls({ taken: [{ jti, at: now + 60_000 }] }), confirmed, /which the target had not confirmed/)
  await found(recalls(), [kept], /was told that \S+ has ended, and nobody ended it/)
  const givenUp = (credential: string) => append('credential.issue_unknown', JSON.stringify({ v: 1, credential }))
  await doctored([givenUp(jti), kept], (facts) => assert.deepEqual(recalls()(facts), []))
  await found(recalls(), [givenUp('another'), kept], /nobody ended it/)
  await found(recalls({ uses: [{ ...refused, status: 200 }] }), confirmed, /obeyed \S+ after it had confirmed its end/)
  await found(recalls(), [ending, revoked('its_own_end')], /ended by itself, \d+ ms before its time/)
  const said = (words: string) => [{ channel: 'C0', ts: '1.0', text: `Restart a service: given back (${code})`, said: words }]
  await found(
    recalls({ taken: [], messages: said('the target confirmed it') }),
    [ending],
    /says that the target confirmed the end/,
  )
  await found(recalls({ messages: said('what was handed out ended by itself') }), confirmed, /and the target confirmed its end/)
})

test('a credential that was begun by a wrong clock is found, fast or slow', async () => {
  for (const off of [-4, 4]) {
    const at = new Date(Date.now() + off * 1000)
    const begun = sql`select append_issuer(${uuidv7(at)}, 'credential.issuing', ${request}, 'rey', convert_to('{"v":1}', 'UTF8'))`
    await found(checkClocks, begun, off < 0 ? /by a clock that was -4\d\d\d ms off/ : /by a clock that was (4|3)\d\d\d ms off/)
  }
})

test('a life that ended otherwise than its people say, or that nobody lived, is found', async () => {
  const lives = (over: Partial<Told>) => (facts: Facts) => checkLives(facts, { told: [{ ...told, ...over }] })
  await found(lives({ ends: 'claimed/returned' }), undefined, /ended as claimed\/active, not as claimed\/returned/)
  await found(lives({ typed: 0 }), undefined, /1 requests, asked 0 times/)
  await found(lives({ life: 2 }), undefined, /a request of life 1, which nobody lived/)
  await found(lives({ lost: true }), undefined, /nothing says that its making was given up/)
  await found(lives({}), sql`update credential set id = 'other'`, /was not issued for it/)
  const refused = append('request.refused', '{"v":1,"reason":"times_too_long"}')
  await found(lives({}), refused, /\(life 1\) was not accepted: times_too_long/)
})

test('a problem is told with what the log says of its request, since no second run is the same', async () => {
  const outside = { messages: [], uses: [], taken: [{ jti, at: Date.now() }], outages: NO_OUTAGE, told: [told] }
  await doctored([], async (facts, trx) => {
    const { problems } = await check(facts, outside, trx, { clockMs: 0 })
    assert.match(problems.join('\n'), /nobody ended it; the log: \S+ request\.proposed.*credential\.issued/)
  })
})

test('a target that obeyed what was not issued, or had ended, is found', async () => {
  const uses = (over: Partial<Outside['uses'][number]>) => (facts: Facts) =>
    checkTarget(facts, { uses: [{ began: Date.now(), at: Date.now(), token, status: 200, ...over }] })
  await found(uses({ at: Date.now() + 86_400_000 }), undefined, /ms after its end/)
  const [head, , tail] = token.split('.')
  const foreign = [head, Buffer.from('{"jti":"made up","exp":9999999999}').toString('base64url'), tail].join('.')
  await found(uses({ token: foreign }), undefined, /obeyed made up, which was not issued/)
})

test('a message that says what is not so, or is gone, is found, and a doubled one counted', async () => {
  const says = (words: string, ts = '1.0'): SlackMessage => ({ channel: 'C0', ts, text: `Restart a service: ${words} (${code})` })
  const kept = sql`insert into message (request_id, place, channel, ts, shown) values (${request}, 'channel', 'C0', '1.0', '')`
  const slack = (messages: readonly SlackMessage[]) => (facts: Facts) => checkSlack(facts, { messages }).problems
  await doctored([kept], async (facts) => {
    assert.deepEqual(checkSlack(facts, { messages: [says('access is active')] }), { problems: [], doubled: [] })
    assert.equal(checkSlack(facts, { messages: [says('access is active'), says('approved', '2.0')] }).doubled.length, 1)
  })
  await found(slack([says('waits for approvers')]), kept, /does not say that it is active/)
  const undecided = (look: (facts: Facts) => string[]) => (facts: Facts) =>
    look({ ...facts, state: [], grant: [], refused: [request] })
  await found(undecided(slack([says('access is active')])), kept, /does not say that it is refused/)
  await doctored([kept], (facts) => assert.deepEqual(undecided(slack([says('was not accepted')]))(facts), []))
  await found(slack([]), kept, /is not in Slack/)
  await found(slack([]), undefined, /has no message in its channel/)
})

test('what was given up instead of told is found', async () => {
  const given = sql`insert into delivery (id, source, kind, place, request_id, payload, created_at, due_at, done_at, last_error)
    values (gen_random_uuid(), gen_random_uuid(), 'slack', 'channel', ${request}, '{}', now(), now(), now(), 'fault')`
  await found(checkDrained, given, /never told: channel: fault/)
})

type Change = ReturnType<typeof sql>
const append = (type: string, body: string): Change =>
  sql`select append_issuer(gen_random_uuid(), ${type}, ${request}, 'rey', convert_to(${body}, 'UTF8'))`

async function found(
  look: (facts: Facts) => string[],
  change: Change | readonly Change[] | undefined,
  problem: RegExp,
): Promise<void> {
  await doctored([change ?? []].flat(), async (facts) => assert.match(look(facts).join('\n'), problem))
}

/** The facts after some changes, which are taken back. */
async function doctored(
  changes: readonly Change[],
  look: (facts: Facts, trx: Kysely<Schema>) => Promise<void> | void,
): Promise<void> {
  const takenBack = new Error('taken back')
  await assert.rejects(
    db.transaction().execute(async (trx) => {
      for (const change of changes) await change.execute(trx)
      await look(await readFacts(trx, world.roots), trx)
      throw takenBack
    }),
    takenBack,
  )
}
