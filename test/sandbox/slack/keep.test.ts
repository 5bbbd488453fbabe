// The chat across a restart: what is carried over, what is not, and that a broken file is set aside.

import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openDirect } from '../../../src/sandbox/slack/channels.ts'
import { keepIn } from '../../../src/sandbox/slack/keep.ts'
import { messagesFor, postMessage } from '../../../src/sandbox/slack/messages.ts'
import { createWorkspace } from '../../../src/sandbox/slack/workspace.ts'
import { sandboxWorld } from '../../../src/sandbox/world.ts'

async function place(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'workspace-'))
  // A change that nobody waits for may still be on its way into it.
  t.after(() => rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }))
  return join(folder, 'chat.json')
}

test('messages stand where they stood after a restart, with times that go on rising; ephemeral ones are gone', async (t) => {
  const path = await place(t)
  const before = createWorkspace(sandboxWorld())
  const keeper = await keepIn(before, path)
  assert.equal(keeper.found, false)
  const direct = openDirect(before, 'U0REYOKAFOR')
  const kept = postMessage(before, direct, {
    user: before.app.userId,
    text: 'kept',
    blocks: [{ type: 'divider', block_id: 'd' }],
  })
  postMessage(before, direct, { user: before.app.userId, text: 'gone', ephemeralFor: 'U0REYOKAFOR' })
  await keeper.save()

  const after = createWorkspace({ ...sandboxWorld(), now: () => 0 })
  assert.equal((await keepIn(after, path)).found, true)
  const [message, ...others] = messagesFor(openDirect(after, 'U0REYOKAFOR'), 'U0REYOKAFOR')
  assert.deepEqual([message?.ts, message?.text, message?.blocks.length, others.length], [kept.ts, 'kept', 1, 0])
  const next = postMessage(after, openDirect(after, 'U0REYOKAFOR'), { user: after.app.userId, text: 'next' })
  assert.ok(next.ts > kept.ts)
})

test('a file that cannot be read is set aside and the world starts anew', async (t) => {
  const path = await place(t)
  await writeFile(path, '{"v":1,"channels":"none"}')
  assert.equal((await keepIn(createWorkspace(sandboxWorld()), path)).found, false)
  assert.deepEqual(await readdir(join(path, '..')), ['chat.json.unreadable'])
})

test('what could not be written for a while is written once it can be, though nothing more is said', async (t) => {
  const path = join(await place(t), '..', 'later', 'chat.json')
  const workspace = createWorkspace(sandboxWorld())
  const keeper = await keepIn(workspace, path)
  postMessage(workspace, openDirect(workspace, 'U0REYOKAFOR'), { user: workspace.app.userId, text: 'kept' })
  await assert.rejects(keeper.save(), { code: 'ENOENT' })
  await mkdir(join(path, '..'))
  await keeper.save()
  const after = createWorkspace(sandboxWorld())
  assert.equal((await keepIn(after, path)).found, true)
  assert.equal(messagesFor(openDirect(after, 'U0REYOKAFOR'), 'U0REYOKAFOR')[0]?.text, 'kept')
})
