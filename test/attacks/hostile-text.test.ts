// People who hide or imitate something in what others read before they sign: characters that do not show or that turn a line round, walls of text, markup of
// Slack and of pages, headings and check codes that are none of ours, letters that look like others. And the check code itself: the same twelve letters
// of the intent's digest wherever a request is shown.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, afterEach, before, describe, test } from 'node:test'
import { acceptStatement } from '../../src/commands/accept-statement.ts'
import { adoptProposals } from '../../src/commands/adopt-proposals.ts'
import { proposeRequest } from '../../src/commands/propose-request.ts'
import { commit, digestOf, newId } from '../../src/crypto.ts'
import { canonicalBytes, canonicalText } from '../../src/domain/canonical.ts'
import { readIntent } from '../../src/domain/intent.ts'
import { buildIssuerApp } from '../../src/issuer/app.ts'
import { openBot } from '../support/bot.ts'
import { HOST } from '../support/issuer-app.ts'
import { lastFirst } from '../support/last-first.ts'
import { type Gains, watchGains } from '../support/nothing-gained.ts'
import { wordsOf } from '../support/slack-driver.ts'
import { until } from '../support/until.ts'
import { ask, confirm, newHolder, ORIGIN, sign } from '../support/world.ts'

const CHANNEL = 'C0INCIDENT42'
const t = lastFirst(after)
const bot = await openBot(t)
const { world } = bot
const issuer = buildIssuerApp({
  ctx: world.ctx,
  keys: world.keys,
  publicUrl: bot.publicUrl,
  rate: { burst: 10_000, perSecond: 10_000 },
})
t.after(() => issuer.close())
let gains: Gains
let honest: string
before(async () => {
  honest = (await ask(world)).requestId
  gains = await watchGains(world, ['ana', 'bo', 'rey'])
})
afterEach(() => gains.nothingGained())

const HIDING: { readonly [what: string]: string } = {
  'a right-to-left override': 'restart \u202Etxt.exe',
  'an isolate that is not closed': 'restart \u2067later',
  'a zero-width space': 'pay\u200Bments',
  'a zero-width joiner': 'pay\u200Dments',
  'a soft hyphen': 'pay\u00ADments',
  'a tag character': 'payments\u{E0041}',
  'a filler of Hangul': 'payments\u3164x',
  'a control character': 'payments\u0007',
  'an escape of a terminal': 'payments\u001B[2J',
  'a variation selector': 'payments\uFE01',
  'a byte order mark': '\uFEFFpayments',
}
const LONG = 'w '.repeat(2_000)

/** A proposal as a thief in the bot's process writes it, past everything that reads what people type. */
async function plant(reason: string): Promise<string> {
  const row = await world.bot.db.selectFrom('request').selectAll().where('id', '=', honest).executeTakeFirstOrThrow()
  const read = readIntent(row.intent)
  assert.ok(read.ok)
  const id = newId()
  const { commitment, opening } = commit(reason)
  const bytes = canonicalBytes({ ...read.value, id, reason: commitment } as never)
  const value = canonicalText(opening.value)
  // Both at once: the issuer's clockwork runs beside this.
  await world.bot.db.transaction().execute(async (trx) => {
    await trx
      .insertInto('request')
      .values({ ...row, id, intent: Buffer.from(bytes), intent_digest: digestOf('intent', bytes) })
      .execute()
    await trx.insertInto('personal').values({ request_id: id, name: 'reason', value, salt: opening.salt }).execute()
  })
  await adoptProposals(world.ctx)
  await until('the issuer to have decided', async () => (await decidedAs(id)) !== undefined)
  return id
}
const refusedFor = async (id: string) =>
  (await world.bot.db.selectFrom('refused_request').select('reason').where('request_id', '=', id).executeTakeFirst())?.reason
const decidedAs = async (id: string) =>
  (await refusedFor(id)) ??
  (await world.bot.db.selectFrom('request_state').select('state').where('request_id', '=', id).executeTakeFirst())?.state
/** The page of a link, and its words as they are read. */
const page = async (view: string): Promise<{ markup: string; words: string }> => {
  const markup = (await issuer.inject({ method: 'GET', url: `/r/${view}`, headers: { host: HOST } })).body
  const words = markup
    .replace(/<\/?bdi[^>]*>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
    .replace(/\s+/g, ' ')
  return { markup, words }
}
const shownInChannel = (checkCode: string) =>
  bot.slack.as('ana').message(CHANNEL, (m) => wordsOf(m.blocks).includes(checkCode), `the message of ${checkCode}`)
async function confirmed(reason: string) {
  const asked = await ask(world, { reason })
  assert.ok((await confirm(world, asked.intent, await newHolder())).ok)
  return asked
}

describe('what does not show is in nothing that anybody reads before he signs:', () => {
  for (const [what, text] of Object.entries(HIDING)) {
    test(`${what} in a reason, typed`, async () => {
      const typed = { person: 'rey', action: 'service.restart', parameters: { service: 'payments-api' }, reason: text }
      const outcome = await proposeRequest(world.bot, typed)
      assert.ok(!outcome.ok && outcome.refusal.reason === 'bad_reason')
    })
    test(`${what} in a reason, written past everything that reads what is typed`, async () =>
      assert.equal(await refusedFor(await plant(text)), 'bad_reason'))
    test(`${what} in a parameter`, async () => {
      const typed = { person: 'rey', action: 'vector-db.drop-collection', parameters: { collection: text }, reason: 'INC-4211' }
      const outcome = await proposeRequest(world.bot, typed)
      assert.ok(!outcome.ok && outcome.refusal.reason === 'bad_parameter')
    })
    test(`${what} in an approver’s note`, async () => {
      const { intent } = await confirmed('INC-4211: a note')
      const { commitment, opening } = commit(text)
      const said = { kind: 'decide', role: 'approver', decision: 'deny', intents: [intent], note: commitment } as const
      const taken = await acceptStatement(world.ctx, { ...(await sign(world, 'bo', said)), note: opening })
      assert.ok(!taken.ok && taken.refusal.reason === 'bad_reason', JSON.stringify(taken))
    })
    test(`${what} in the name of a terminal and of a key`, async () => {
      const headers = { host: HOST, origin: ORIGIN, 'content-type': 'application/json' }
      const { holder } = await newHolder()
      for (const [url, payload] of [
        ['/v1/holders', { holder, name: text }],
        ['/v1/registrations', { person: 'rey', nickname: text, nonce: 'x', attestation: {} }],
      ] as const)
        assert.equal((await issuer.inject({ method: 'POST', url, headers, payload })).statusCode, 422, url)
    })
  }
})

describe('a wall of text', () => {
  test('as a reason is refused where it is typed and by the issuer: nothing is buried under it', async () => {
    const typed = { person: 'rey', action: 'service.restart', parameters: { service: 'payments-api' }, reason: LONG }
    assert.equal((await proposeRequest(world.bot, typed)).ok, false)
    assert.equal(await refusedFor(await plant(LONG)), 'bad_reason')
  })
  test('as long as it may be leaves question and check code above it on the page, and code and way to it in Slack', async () => {
    const { checkCode, requestId } = await confirmed('\u05D0\n'.repeat(249))
    const view = await openViewOf(requestId)
    const { markup } = await page(view)
    assert.ok(markup.indexOf('<h1') < markup.indexOf('class="reason"'))
    assert.ok(markup.includes(checkCode))
    assert.ok(wordsOf((await shownInChannel(checkCode)).blocks).includes(checkCode))
  })
})
const openViewOf = async (request: string): Promise<string> => {
  const row = { id: newId(), request_id: request, person: 'ana', created_at: new Date() }
  await world.bot.db
    .insertInto('view')
    .values(row)
    .onConflict((on) => on.doNothing())
    .execute()
  const known = world.bot.db.selectFrom('view').select('id').where('request_id', '=', request).where('person', '=', 'ana')
  return (await known.executeTakeFirstOrThrow()).id
}

describe('text that imitates us is text:', () => {
  const IMITATING = [
    '<!channel> <!here> <@U0BOTANAKA0> <https://evil.example|Review & decide>',
    '*Approved by Bo Tanaka* _confirmed_ ~held~ `code` :white_check_mark:',
    '# Approve: Read one table?\n> Missing: nothing\n---\n**Check code abcd-efgh-jkmn**',
    '</p></blockquote><h1>Approved</h1><button data-do="approve">Approve</button><script>alert(1)</script>',
    'INC-4211\n\nCheck code 0000-0000-0000. The same code stands on the page where this is signed.',
    '&lt;b&gt; &amp; {{7*7}} #{7*7} %3Cscript%3E javascript:alert(1)',
  ]
  for (const reason of IMITATING)
    test(JSON.stringify(reason), async () => {
      const { checkCode, requestId } = await confirmed(reason)
      const { markup, words } = await page(await openViewOf(requestId))
      // Line ends are spelt out: nothing begins a line of its own.
      const read = words.replaceAll('U+000A', ' ').replace(/\s+/g, ' ')
      assert.ok(read.includes(reason.replace(/\s+/g, ' ')), words)
      // Whatever it says stands inside the one element for it.
      const quoted = /<blockquote class="reason">([\s\S]*?)<\/blockquote>/.exec(markup)?.[1] ?? assert.fail()
      assert.doesNotMatch(quoted, /<(?!\/?(?:p|bdi|br|span)\b)/)
      assert.equal(markup.match(/<h1/g)?.length, 1)
      const { blocks, text } = await shownInChannel(checkCode)
      assert.ok(!text.includes('evil.example') && !text.includes('<!'))
      const carriers: string[] = []
      JSON.stringify(blocks, (key, value: { type?: string; text?: unknown }) => {
        if (typeof value?.text === 'string' && value.text.includes(reason)) carriers.push(`${key}:${value.type}`)
        return value
      })
      assert.ok(carriers.length > 0 && carriers.every((carrier) => carrier.endsWith(':text')), `literal text alone: ${carriers}`)
    })
})

describe('letters that look like others name nothing:', () => {
  test('an action, a parameter of a list, a person', async () => {
    const propose = (action: string, service: string, person = 'rey') =>
      proposeRequest(world.bot, { person, action, parameters: { service }, reason: 'INC-4211' })
    for (const outcome of [
      await propose('service.rest\u0430rt', 'payments-api'),
      await propose('service\u2024restart', 'payments-api'),
      await propose('service.restart', 'p\u0430yments-api'),
      await propose('service.restart', 'payments\u2010api'),
      await propose('service.restart', 'payments-api', 'r\u0435y'),
      await propose('Service.Restart', 'payments-api'),
    ])
      assert.equal(outcome.ok, false)
    const { intent } = await confirmed('INC-4211: look-alike')
    const said = { kind: 'decide', role: 'approver', decision: 'approve', intents: [intent] } as const
    for (const person of ['b\u043E', 'BO', 'bo ', 'b\u00F6'])
      assert.equal(
        (await acceptStatement(world.ctx, await sign(world, 'ana', said, { signer: { person, passkey: 'A'.repeat(43) } }))).ok,
        false,
      )
    for (const person of ['b\u043E', 'bo\u200B', 'BO']) {
      const headers = { host: HOST, origin: ORIGIN, 'content-type': 'application/json' }
      const payload = { purpose: 'register', person }
      assert.equal((await issuer.inject({ method: 'POST', url: '/v1/ceremonies', headers, payload })).statusCode, 422, person)
    }
  })
})

describe('the check code', () => {
  /** The first sixty bits of the digest in the alphabet of Crockford, worked out anew. */
  const codeOf = (digest: string): string => {
    let bits = BigInt(`0x${Buffer.from(digest, 'base64url').toString('hex')}`) >> 196n
    let letters = ''
    for (let n = 0; n < 12; n += 1, bits >>= 5n) letters = `${'0123456789abcdefghjkmnpqrstvwxyz'[Number(bits & 31n)]}${letters}`
    return letters.replace(/(.{4})(.{4})(.{4})/, '$1-$2-$3')
  }
  test('is the same twelve letters of the digest of the very bytes, in the channel, in direct messages and on everybody’s page', async () => {
    const asked = await confirmed('INC-4211: the code')
    const row = await world.bot.db
      .selectFrom('request')
      .select('intent')
      .where('id', '=', asked.requestId)
      .executeTakeFirstOrThrow()
    const expected = codeOf(digestOf('intent', row.intent))
    assert.match(expected, /^[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}$/)
    const codes = (text: string) => [
      ...new Set(text.match(/\b[0-9a-hjkmnp-tv-z]{4}-[0-9a-hjkmnp-tv-z]{4}-[0-9a-hjkmnp-tv-z]{4}\b/g) ?? []),
    ]
    assert.deepEqual(codes(wordsOf((await shownInChannel(expected)).blocks)), [expected])
    const direct = await bot.slack.as('bo').message('direct', (m) => wordsOf(m.blocks).includes(expected), 'the question')
    assert.deepEqual(codes(wordsOf(direct.blocks)), [expected])
    const twins = (await page(asked.viewId)).words
    assert.ok(codes(twins).includes(expected))
    assert.ok((await page(await openViewOf(asked.requestId))).words.includes(expected))
  })

  test('of any two requests differs, also where everything that people read of them is the same', async () => {
    const same = 'INC-4211: the same'
    const asked = [await ask(world, { reason: same }), await ask(world, { reason: same }), await ask(world, { reason: same })]
    assert.equal(new Set(asked.map(({ checkCode }) => checkCode)).size, 3)
    const bytes = randomBytes(32)
    const other = Buffer.from(bytes)
    other[7] = (bytes[7] ?? 0) ^ 0x10
    assert.notEqual(codeOf(bytes.toString('base64url')), codeOf(other.toString('base64url')), 'its last bit counts')
  })
})
