// What SIGHUP does to requests that wait: nothing to those whose action is the same, an end with its reason to those whose action changed, and
// nothing at all when the folder has mistakes; then the log names each with file and line.

import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { after, test } from 'node:test'
import { pino } from 'pino'
import { findKnown } from '../../src/db/requests.ts'
import { publishRunbooks, RunbooksRefused, reloader } from '../../src/issuer/read-runbooks.ts'
import { ask, claim, confirm, decide, newHolder, openWorld } from '../support/world.ts'

const world = await openWorld({ after })
const { ctx } = world
const said: {
  readonly level: number
  readonly msg: string
  readonly problems?: readonly string[]
  readonly rule_set?: string
}[] = []
const log = pino(
  new Writable({
    write: (line: Buffer, _encoding, done) => {
      said.push(JSON.parse(line.toString()))
      done()
    },
  }),
)
const hangUp = reloader(world.issuer.reload, log)

const query = (name: string) => ask(world, { action: 'sql.read', parameters: { query: name }, reason: 'INC-4211: how bad is it' })
const standing = async (request: string) => {
  const { state, ended_reason } = (await findKnown(ctx.db, request))?.state ?? {}
  return [state, ended_reason]
}
const write = (file: string, change: (text: string) => string): void => {
  const path = join(world.runbooksDir, file)
  const before = readFileSync(path, 'utf8')
  assert.notEqual(change(before), before, `${file} was changed`)
  writeFileSync(path, change(before))
}

test('reading again the same files voids nothing', async () => {
  const [restart, sql] = [await ask(world), await query('failed-payments')]
  const before = ctx.published()
  await hangUp()
  assert.equal(ctx.published().digest, before.digest)
  for (const { requestId } of [restart, sql]) assert.deepEqual(await standing(requestId), ['awaiting_requester', null])
})

test('an open request of an unchanged action stays and comes to its credential; one of a changed action is void, with the reason', async () => {
  const [restart, sql, place] = [await ask(world), await query('failed-payments'), await newHolder()]
  assert.ok((await confirm(world, restart.intent, place)).ok)
  write('sql.md', (text) => text.replace('maximum: 1h', 'maximum: 30m'))
  await hangUp()
  assert.deepEqual(await standing(sql.requestId), ['voided', 'the action changed after it was asked for'])
  assert.deepEqual(await standing(restart.requestId), ['awaiting_approvers', null])
  const last = said.at(-1)
  assert.deepEqual([last?.msg, last?.rule_set], ['the runbooks were read again', ctx.published().digest])
  assert.ok((await decide(world, restart.intent, 'bo')).ok)
  assert.ok((await claim(world, restart.intent, place)).ok)
})

test('who joins a group, or another file’s new action, voids nothing', async () => {
  const restart = await ask(world)
  write('directory.yaml', (text) => text.replace('data-owners: [ana, bo]', 'data-owners: [ana, bo, theo]'))
  writeFileSync(
    join(world.runbooksDir, 'second.md'),
    readFileSync(join(world.runbooksDir, 'sql.md'), 'utf8').replace('title: Read', 'title: Look'),
  )
  await hangUp()
  assert.deepEqual(ctx.published().ruleSet.groups['data-owners'], ['ana', 'bo', 'theo'])
  assert.ok(ctx.published().ruleSet.offers.some(({ action }) => action.runbook === 'second'))
  assert.deepEqual(await standing(restart.requestId), ['awaiting_requester', null])
  rmSync(join(world.runbooksDir, 'second.md'))
  await hangUp()
})

test('a folder with mistakes keeps what is in force and voids nothing; the log names each mistake with file and line', async () => {
  const [restart, sql, before] = [await ask(world), await query('oldest-unbooked'), ctx.published()]
  write('sql.md', (text) => text.replace('group: data-owners', 'group: data-owner').replace('title: Read', 'titel: Read'))
  write('service.md', (text) => text.replace('kind: jwt', 'kind: jwd'))
  await hangUp()
  assert.equal(ctx.published(), before)
  for (const { requestId } of [restart, sql]) assert.deepEqual(await standing(requestId), ['awaiting_requester', null])
  const told = said.at(-1)
  assert.equal(told?.level, 50)
  assert.equal(told.msg, 'the runbooks were not read again; what is in force stays')
  const [kind, ...inSql] = told.problems ?? []
  assert.match(kind ?? '', /^service\.md:7:11 `jwd` is not a kind of credential → did you mean `jwt`\?$/)
  assert.deepEqual(inSql, [
    'sql.md:5:3 `title` is missing → add `title:` here',
    'sql.md:6:5 `titel` is not known here → did you mean `title`?',
    'sql.md:23:18 `data-owner` is not a group of directory.yaml → did you mean `data-owners`?',
  ])
  write('sql.md', (text) => text.replace('group: data-owner', 'group: data-owners').replace('titel: Read', 'title: Read'))
  write('service.md', (text) => text.replace('kind: jwd', 'kind: jwt'))
  await hangUp()
  assert.equal(ctx.published().digest, before.digest, 'mended, it is what was in force')
  for (const { requestId } of [restart, sql]) assert.deepEqual(await standing(requestId), ['awaiting_requester', null])
})

test('two hang-ups at once are read one after the other, and the newest files stay in force', async () => {
  write('sql.md', (text) => text.replace('maximum: 30m', 'maximum: 45m'))
  const first = hangUp()
  write('sql.md', (text) => text.replace('maximum: 45m', 'maximum: 50m'))
  await Promise.all([first, hangUp()])
  const offer = ctx.published().ruleSet.offers.find(({ action }) => action.runbook === 'sql')
  assert.equal(offer?.action.lease.maximum_seconds, 3000)
})

test('a target by a name of our own is refused at its line, whatever the path behind it', async () => {
  for (const audience of [ctx.roots.issuer, `${ctx.roots.issuer}/token`, 'bot']) {
    write('targets.yaml', (text) => text.replace(/audience: .*/, `audience: ${audience}`))
    const refused = await publishRunbooks(world.runbooksDir, [ctx.roots.issuer, 'bot'], ctx).then(
      () => assert.fail('published'),
      (error: unknown) => error,
    )
    assert.ok(refused instanceof RunbooksRefused)
    const [problem, ...others] = refused.problems
    assert.deepEqual(others, [])
    assert.match(problem?.file ?? '', /^targets\.yaml$/)
    assert.match(refused.told, new RegExp(`it must not name ${audience}, which is Countersign itself`))
    assert.ok(refused.told.includes(`audience: ${audience}`), refused.told)
  }
})
