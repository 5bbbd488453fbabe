// The log on the console: who may look, that looking is an entry, and that its pages follow each other.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { changeDirectory, prepareChange } from '../../../src/commands/change-directory.ts'
import { openConsole } from '../../support/console.ts'
import { signChange } from '../../support/sign-change.ts'
import { ask, claim, confirm, decide, newHolder } from '../../support/world.ts'

const { world, go, oidc, signIn } = await openConsole({ after })

test('the log is for auditors and administrators; who looked, or tried to, is an entry', async () => {
  const searched = async (actor: string) =>
    (
      await world.bot.db
        .selectFrom('entry')
        .select('bytes')
        .where('type', '=', 'log.searched')
        .where('actor', '=', actor)
        .execute()
    ).map(({ bytes }) => JSON.parse(bytes.toString('utf8').split('\n')[1] ?? ''))
  await ask(world)
  const { jar: rey } = await signIn('rey')
  const refused = await go(rey, 'GET', '/audit?type=grant.')
  assert.equal(refused.statusCode, 403)
  assert.doesNotMatch(refused.body, /<table>/)
  assert.deepEqual(await searched('rey'), [{ permitted: false, type: 'grant.', v: 1 }])
  const { jar: mira } = await signIn('mira')
  assert.equal((await go(mira, 'GET', '/audit')).statusCode, 200)
  const { jar: theo } = await signIn('theo')
  const before = (await searched('theo')).length
  const found = await go(theo, 'GET', '/audit?type=request.proposed&actor=rey')
  assert.match(found.body, /<td>request\.proposed<br>/)
  assert.doesNotMatch(found.body, /<td>request\.adopted<br>/)
  assert.equal((await searched('theo')).length, before + 1)
  assert.equal((await go(theo, 'GET', "/audit?type='; drop")).statusCode, 400)
  assert.equal((await go(theo, 'GET', '/audit?limit=9')).statusCode, 400)
})

test('where a credential was issued the log leads to its receipt, at the issuer and without any link of a person', async () => {
  const asked = await ask(world)
  const place = await newHolder()
  assert.ok((await confirm(world, asked.intent, place)).ok)
  assert.ok((await decide(world, asked.intent, 'bo')).ok)
  assert.ok((await claim(world, asked.intent, place)).ok)
  const { jar } = await signIn('theo')
  const { body } = await go(jar, 'GET', `/audit?request=${asked.requestId}`)
  const links = [...body.matchAll(/<a href="([^"]+)">Receipt<\/a>/g)].map(([, href]) => href)
  assert.deepEqual(links, [`${oidc.origin}/receipts/${asked.requestId}`])
  assert.ok(!body.includes('/r/'))
})

test('the pages of the log follow each other without a gap or a repetition', async () => {
  const { jar } = await signIn('theo')
  for (let index = 0; index < 60; index += 1) await go(jar, 'GET', '/audit?type=nothing.')
  const ids: string[] = []
  let url: string | undefined = '/audit?type=log.searched&actor=theo'
  while (url !== undefined) {
    const page: string = (await go(jar, 'GET', url)).body
    ids.push(...[...page.matchAll(/<time datetime="([^"]+)"/g)].map(([, time]) => String(time)))
    const next: string | undefined = /<a class="button" href="(\/audit\?[^"]+)">Older/.exec(page)?.[1]
    url = next?.replaceAll('&#38;', '&')
  }
  assert.ok(ids.length >= 60)
  assert.deepEqual(ids, [...ids].sort().reverse())
  const expected = await world.bot.db
    .selectFrom('entry')
    .select('id')
    .where('type', '=', 'log.searched')
    .where('actor', '=', 'theo')
    .where('recorded_at', '<=', new Date(ids[0] ?? 0))
    .execute()
  assert.ok(Math.abs(expected.length - ids.length) <= 1, `${expected.length} stored, ${ids.length} shown`)
})

test('whom only directory.yaml calls an auditor reads nothing: the issuer’s token must name the role, and the signed directory still hold it', async () => {
  const { jar: unnamed } = await signIn('theo', { claims: { roles: ['approver'] } })
  assert.equal((await go(unnamed, 'GET', '/audit')).statusCode, 403)
  const { jar } = await signIn('theo')
  assert.equal((await go(jar, 'GET', '/audit')).statusCode, 200)
  const prepared = await prepareChange(world.ctx, {
    operation: 'role',
    person: 'theo',
    role: 'auditor',
    effect: 'withdraw',
    passkeys: [],
  })
  assert.ok(prepared.ok)
  const signed = await signChange(world, 'mira', prepared.digest)
  assert.ok((await changeDirectory(world.ctx, { ...signed, change: prepared.change })).ok)
  assert.equal((await go(jar, 'GET', '/audit')).statusCode, 403, 'in a session that began before')
})
