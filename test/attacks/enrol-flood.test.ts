// Whoever reaches `/enrol` and nothing else, with as many keys of his own as he likes: he registers and proves them in others' names. He keeps nobody from
// registering, hides nobody's key from administrators, and fills neither the log, nor messages, nor the disk.

import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { sql } from 'kysely'
import { prepareChange } from '../../src/commands/change-directory.ts'
import {
  completeRegistration,
  MOST_TOLD,
  type Origin,
  registerPasskey,
  rejectRegistration,
} from '../../src/commands/register-passkey.ts'
import { findRegistration } from '../../src/db/passkeys.ts'
import { dropRegistrations } from '../../src/db/registrations.ts'
import { keyWords } from '../../src/issuer/key-words.ts'
import { type Door, openDoors } from '../support/issuer-app.ts'
import { lastFirst } from '../support/last-first.ts'
import { ownKeys } from '../support/own-keys.ts'
import { rogueKey } from '../support/rogue-key.ts'

const HOUR_MS = 3_600_000
const ends = lastFirst(after)
let door: Door
before(async () => {
  door = await openDoors(ends, { trustedProxies: ['127.0.0.1'] })
})
beforeEach(() => sql`delete from registration where ended_at is null`.execute(owner()))

const owner = () => door.world.database.connect('owner', { max: 1 })
const db = () => door.world.ctx.db
/** A key that was registered and proved in a person's name. */
async function waits(person: string, from: Origin = {}): Promise<string> {
  const { ctx } = door.world
  const key = rogueKey(door.world, person)
  const registered = await registerPasskey(ctx, key.registration, from)
  assert.ok(registered.ok, JSON.stringify(registered))
  const proved = await completeRegistration(
    ctx,
    key.sign('register', { role: 'owner', decision: 'register', id: key.id, key: key.key }),
  )
  assert.ok(proved.ok, JSON.stringify(proved))
  return key.thumbprint
}
/** Many, in no order. */
const flood = (person: string, many: number, from: Origin = {}): Promise<readonly string[]> =>
  Promise.all(Array.from({ length: many }, () => waits(person, from)))
const isThere = async (thumbprint: string) => (await findRegistration(db(), thumbprint)) !== undefined
const waitingOf = async (person: string): Promise<readonly string[]> =>
  (
    await db()
      .selectFrom('registration')
      .select('thumbprint')
      .where('person', '=', person)
      .where('ended_at', 'is', null)
      .execute()
  ).map(({ thumbprint }) => thumbprint)
const seenBy = async (person: string, url: string): Promise<string> => {
  const page = await door.get(url, { cookie: await door.signIn(person) })
  assert.equal(page.statusCode, 200, page.body)
  return page.body
}
const ticks = (page: string): readonly string[] =>
  [...page.matchAll(/name="(?:registration|add)" value="([\w-]{43})"/g)].map(([, thumbprint = '']) => thumbprint)

describe('who registers without end', () => {
  test('keeps nobody from registering, and from being enrolled at once', async () => {
    await flood('rey', 40)
    const key = rogueKey(door.world, 'rey')
    const registered = await door.post('/v1/registrations', key.registration)
    assert.equal(registered.statusCode, 200, registered.body)
    const proof = key.sign('register', { role: 'owner', decision: 'register', id: key.id, key: key.key })
    assert.equal((await door.post('/v1/statements', proof)).statusCode, 200)
    const { changed } = ownKeys(door.world)
    await changed({ operation: 'enrol', registrations: [key.thumbprint] })
    assert.equal((await door.get(`/v1/registrations/${key.thumbprint}`)).json().state, 'enrolled')
  })

  test('hides nobody else’s key: the list shows a few of each person, says how many more, and shows them', async () => {
    const honest = await waits('rey')
    const rogue = await flood('bo', 60)
    const page = await seenBy('mira', '/enrol')
    assert.ok(ticks(page).includes(honest))
    assert.equal(ticks(page).length, 3)
    assert.match(page, /58 more keys in the name of/)
    // One press ticks a key that is the only one in its name, never one of many.
    assert.deepEqual(
      [...page.matchAll(/value="([\w-]{43})" data-tier="(?:asks|serves)"/g)].map(([, each]) => each),
      [honest],
    )
    const shown = new Set<string>()
    for (let n = 1; n <= 2; n += 1) {
      const part = await seenBy('mira', `/enrol?person=bo&page=${n}`)
      for (const each of ticks(part)) shown.add(each)
      assert.equal(part.includes('>Next</a>'), n < 2)
    }
    assert.deepEqual([...shown].sort(), [...rogue].sort())
  })

  test('hides no key of the same person: its first words, as he reads them aloud, find it and nothing else', async () => {
    const honest = await waits('rey')
    await flood('rey', 52)
    assert.ok(!ticks(await seenBy('mira', '/enrol')).includes(honest))
    const words = keyWords(honest)
    for (const said of [words.slice(0, 3).join(' '), `  ${words.join(', ').toUpperCase()} `, honest]) {
      const page = await seenBy('mira', `/enrol?find=${encodeURIComponent(said)}`)
      assert.deepEqual(ticks(page), [honest], said)
      assert.match(page, /1 key with these words/)
    }
    const other = [...words.slice(0, 7), words[7] === 'zoo' ? 'abandon' : 'zoo'].join(' ')
    assert.deepEqual(ticks(await seenBy('mira', `/enrol?find=${encodeURIComponent(other)}`)), [])
    for (const [said, answer] of [
      ['zoo zoo', /Give 3 words at least/],
      ['zoo zoo qwertz', /“qwertz” is not a word of any key/],
      [`${words.join(' ')} zoo`, /A key has 8 words/],
    ] as const)
      assert.match(await seenBy('mira', `/enrol?find=${encodeURIComponent(said)}`), answer)
    // The owner, too, who adds it with a key that he has.
    assert.ok(!ticks(await seenBy('rey', '/keys')).includes(honest))
    assert.deepEqual(ticks(await seenBy('rey', `/keys?find=${words.slice(0, 4).join('+')}`)), [honest])
    assert.deepEqual(ticks(await seenBy('ana', `/keys?find=${words.slice(0, 4).join('+')}`)), [], 'it is nobody else’s')
  })

  test('shows an owner first what he made himself, signed in, whoever came after', async () => {
    const key = rogueKey(door.world, 'rey')
    const cookie = await door.signIn('rey')
    assert.equal((await door.post('/v1/registrations', key.registration, { cookie })).statusCode, 200)
    const proof = key.sign('register', { role: 'owner', decision: 'register', id: key.id, key: key.key })
    assert.equal((await door.post('/v1/statements', proof)).statusCode, 200)
    await flood('rey', 3)
    assert.equal(ticks(await seenBy('rey', '/keys'))[0], key.thumbprint)
    assert.equal(ticks(await seenBy('mira', '/enrol'))[0], key.thumbprint)
    const others = rogueKey(door.world, 'rey')
    await door.post('/v1/registrations', others.registration, { cookie: await door.signIn('bo') })
    assert.equal((await findRegistration(db(), others.thumbprint))?.signed_in, false, 'another’s session says nothing of him')
  })

  test('drives out his own keys first, and who comes from elsewhere last', async () => {
    const honest = await waits('rey', { network: '198.51.100.' })
    const mine = await waits('rey', { network: '203.0.113.', signedIn: true })
    const older: string[] = []
    while (older.length < 6) older.push(await waits('rey', { network: '203.0.113.' }))
    const others = await flood('bo', 3, { network: '192.0.2.' })
    assert.equal(await dropRegistrations(db(), new Date(), 6), 4)
    assert.deepEqual(await Promise.all([honest, mine, ...older, ...others].map(isThere)), [
      true,
      true,
      false,
      false,
      false,
      false,
      true,
      true,
      true,
      true,
      true,
    ])
    assert.equal((await door.get(`/v1/registrations/${older[0]}`)).json().state, 'gone')
    assert.equal((await door.get(`/v1/registrations/${honest}`)).json().state, 'waits')
  })

  test('is one place by its network, whichever of its addresses he takes', async () => {
    for (const [address, network] of [
      ['203.0.113.7', '203.0.113.'],
      ['203.0.113.200', '203.0.113.'],
      ['2001:db8:7:1::5', '2001:db8:7::'],
      ['2001:db8:7:ffff:1:2:3:4', '2001:db8:7::'],
      ['::ffff:198.51.100.9', '198.51.100.'],
    ] as const) {
      const key = rogueKey(door.world, 'rey')
      await door.post('/v1/registrations', key.registration, { 'x-forwarded-for': address })
      assert.equal((await findRegistration(db(), key.thumbprint))?.network, network)
    }
  })

  test('by a stolen cookie of its person drives out only what was made signed in, beyond the tenth', async () => {
    const first = await waits('bo', { signedIn: true })
    const open = await waits('bo')
    await flood('bo', 10, { signedIn: true })
    assert.equal(await dropRegistrations(db(), new Date()), 1)
    assert.deepEqual([await isThere(first), await isThere(open)], [false, true])
  })

  test('leaves ten entries and ten messages of a day in a person’s name, and the last entry says so', async () => {
    const count = async () => {
      const { rows } = await sql<{ last: boolean }>`
        select convert_from(bytes, 'UTF8') like '%"last":true%' as last from entry where type = 'passkey.registered' and actor = 'theo'`.execute(
        db(),
      )
      const told = await sql<{ told: number }>`
        select count(*)::int as told from issuer_outbox where topic = 'passkey.changed' and payload ->> 'person' = 'theo'`.execute(
        db(),
      )
      return [rows.length, rows.filter(({ last }) => last).length, told.rows[0]?.told]
    }
    // One is of the key that he has.
    assert.deepEqual(await count(), [1, 0, 0])
    // One after the other: of what comes at once each connection may add one.
    for (let n = 0; n < MOST_TOLD + 5; n += 1) await waits('theo')
    assert.deepEqual(await count(), [MOST_TOLD, 1, MOST_TOLD - 1])
    await waits('theo', { signedIn: true })
    assert.deepEqual(await count(), [MOST_TOLD + 1, 1, MOST_TOLD], 'what is made signed in is told all the same')
  })

  test('has one proof of a key kept, however often he proves it anew', async () => {
    const key = rogueKey(door.world, 'rey')
    assert.ok((await registerPasskey(door.world.ctx, key.registration)).ok)
    const prove = async () => {
      const proof = key.sign('register', { role: 'owner', decision: 'register', id: key.id, key: key.key })
      return (await door.post('/v1/statements', proof)).statusCode
    }
    assert.deepEqual([await prove(), await prove(), await prove()], [200, 404, 404])
    const proofs = await db().selectFrom('statement').select('digest').where('passkey', '=', key.thumbprint).execute()
    assert.equal(proofs.length, 1)
    await dropRegistrations(db(), new Date(Date.now() + 7 * 24 * HOUR_MS))
    const left = await db().selectFrom('statement').select('digest').where('passkey', '=', key.thumbprint).execute()
    assert.equal(left.length, 0)
  })

  test('leaves nothing for ever: what nobody proved goes after an hour, what nobody took up after a week, and its proof with it', async () => {
    const unproved = rogueKey(door.world, 'ana')
    assert.ok((await registerPasskey(door.world.ctx, unproved.registration)).ok)
    const proved = await waits('ana')
    const [turnedDown, enrolled] = [await waits('ana'), await waits('ana')]
    assert.ok((await rejectRegistration(door.world.ctx, 'mira', turnedDown)).ok)
    await ownKeys(door.world).changed({ operation: 'enrol', registrations: [enrolled] })
    const proofs = async () =>
      (await db().selectFrom('statement').select('passkey').where('kind', '=', 'register').execute()).map(
        ({ passkey }) => passkey,
      )
    const stood = async () =>
      (await Promise.all([unproved.thumbprint, proved, turnedDown, enrolled].map(isThere))).map(Number).join('')
    const at = (ms: number) => new Date(Date.now() + ms)
    await dropRegistrations(db(), at(HOUR_MS - 60_000))
    assert.equal(await stood(), '1111')
    await dropRegistrations(db(), at(HOUR_MS))
    assert.equal(await stood(), '0111')
    await dropRegistrations(db(), at(7 * 24 * HOUR_MS - 60_000))
    assert.equal(await stood(), '0111')
    const others = (await proofs()).filter((passkey) => passkey !== proved)
    await dropRegistrations(db(), at(7 * 24 * HOUR_MS))
    assert.equal(await stood(), '0011')
    assert.deepEqual((await proofs()).sort(), others.sort())
    assert.deepEqual(await waitingOf('ana'), [])
  })

  test('has nothing dropped that was enrolled, that waits again since the roots were replaced, or that was turned down', async () => {
    const enrolled = [...(await door.world.ctx.chain()).passkeys.keys()]
    const turnedDown = await waits('rey')
    assert.ok((await rejectRegistration(door.world.ctx, 'mira', turnedDown)).ok)
    const statements = () =>
      sql<{ n: number }>`select count(*)::int as n from statement`.execute(db()).then(({ rows }) => rows[0]?.n)
    const before = await statements()
    await owner()
      .transaction()
      .execute(async (trx) => {
        await sql`update registration set ended_at = null where thumbprint = any(${enrolled})`.execute(trx)
        const { rows } = await sql<{ n: number }>`select drop_registrations(${[...enrolled, turnedDown]}) as n`.execute(trx)
        assert.equal(rows[0]?.n, 0)
        assert.equal(await dropRegistrations(trx, new Date(Date.now() + 30 * 24 * HOUR_MS), 0), 0)
        await sql`update registration set ended_at = now() where thumbprint = any(${enrolled})`.execute(trx)
      })
    assert.equal(await statements(), before)
    assert.equal((await prepareChange(door.world.ctx, { operation: 'enrol', registrations: [turnedDown] })).ok, false)
  })
})
