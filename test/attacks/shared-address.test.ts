// A neighbour behind the same address, who posts and reads for as long as he likes so that nobody else gets through: who is signed in there has a share of his
// own, which the neighbour cannot use, make for himself, or multiply.

import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { type Door, openDoors } from '../support/issuer-app.ts'
import { lastFirst } from '../support/last-first.ts'
import { openWorld } from '../support/world.ts'

const ends = lastFirst(after)
const world = await openWorld(ends)
const BURST = 12
const OWN = 6
const slow = 1e-9
let door: Door
beforeEach(async () => {
  const rate = { burst: BURST, perSecond: slow }
  const own = { burst: OWN, perSecond: slow }
  door = await openDoors(ends, { rate, readRate: rate, ownRate: own, ownReadRate: own }, world)
})

const posts = async (cookie?: string) =>
  (await door.post('/v1/ceremonies', { purpose: 'sign_in' }, cookie === undefined ? {} : { cookie })).statusCode
const reads = async (cookie?: string) => (await door.get('/keys', cookie === undefined ? {} : { cookie })).statusCode
/** Uses an address up; answers how often it was let in. */
async function exhausts(one: () => Promise<number>): Promise<number> {
  for (let times = 0; ; times += 1) if ((await one()) === 429) return times
}

test('who is signed in goes on signing and reading beside a neighbour who has used the address up', async () => {
  const ana = await door.signIn('ana')
  assert.equal(await reads(ana), 200)
  await exhausts(() => posts())
  await exhausts(() => reads())
  assert.deepEqual([await posts(), await reads()], [429, 429])
  for (let times = 0; times < OWN; times += 1) assert.notEqual(await posts(ana), 429)
  assert.equal(await reads(ana), 200)
})

test('who is signed in takes nothing from the others of his address until his own share is used up', async () => {
  const ana = await door.signIn('ana')
  assert.equal(await reads(ana), 200)
  for (let times = 0; times < OWN; times += 1) assert.notEqual(await posts(ana), 429)
  // The sign-in came from the address.
  assert.equal(await exhausts(() => posts()), BURST - 1)
})

test('a cookie that nobody was given has no share, and one that is signed out has none any more', async () => {
  const ana = await door.signIn('ana')
  const [name] = ana.split('=')
  assert.equal(await reads(ana), 200)
  await exhausts(() => posts())
  for (let made = 0; made < 5; made += 1) assert.equal(await posts(`${name}=${String(made).repeat(43)}`), 429)
  assert.equal((await door.post('/v1/sign-out', {}, { cookie: ana })).statusCode, 200)
  assert.equal(await reads(ana), 200, 'the page to sign in')
  assert.equal(await posts(ana), 429)
})

test('however often somebody signs in, his sessions share what is his', async () => {
  const sessions = [await door.signIn('ana'), await door.signIn('ana'), await door.signIn('ana')]
  for (const each of sessions) assert.equal(await reads(each), 200)
  await exhausts(() => posts())
  const taken = []
  for (const each of sessions) taken.push(await exhausts(() => posts(each)))
  assert.deepEqual(taken, [OWN, 0, 0])
})
