// The sandbox as it is started: chat and target behind one address, the app as its manifest says.

import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { appOfManifest, startSandbox, TARGET_AUDIENCE } from '../../src/sandbox/main.ts'
import { FIRST_COMMAND } from '../../src/sandbox/world.ts'
import { slackDriver } from '../support/slack-driver.ts'
import { issuerOfTest } from './target/issuer-of-test.ts'

const options = { port: 0, botUrl: 'http://127.0.0.1:9', signingSecret: 's', botToken: 'xoxb-t' }

test('one address serves chat and target; a token for the target works there, and the chat outlives a restart', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'sandbox-'))
  t.after(() => rm(dataDir, { recursive: true }))
  const issuer = await issuerOfTest(t, TARGET_AUDIENCE)
  const first = await startSandbox({ ...options, dataDir, issuerUrl: issuer.url })
  t.after(() => first.close())
  const { url } = first
  const slack = slackDriver(url)
  const { hint } = await slack.as('rey').snapshot()
  assert.equal(hint?.command, FIRST_COMMAND)
  const scene = await slack.as('rey').messages(hint?.channel ?? '')
  assert.equal(scene.length, 3)
  await slack.as('rey').say('incident-4211', 'still here?')
  const restart = await fetch(`${url}/target/api/services/payments-api/restart`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await issuer.token()}` },
  })
  assert.equal(restart.status, 200, await restart.text())
  const page = await fetch(`${url}/target`)
  assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/)
  await first.close()

  const second = await startSandbox({ ...options, dataDir, issuerUrl: issuer.url })
  t.after(() => second.close())
  const after = await slackDriver(second.url).as('rey').messages('incident-4211')
  assert.deepEqual(
    after.map((message) => message.text).slice(0, 3),
    scene.map((message) => message.text),
  )
  assert.equal(after.at(-1)?.text, 'still here?')
})

test('the manifest that a real workspace would be given is understood, and offers the first command', async () => {
  const manifest: unknown = JSON.parse(await readFile(new URL('../../slack-manifest.json', import.meta.url), 'utf8'))
  const app = appOfManifest(manifest)
  assert.ok(app.commands.some((each) => FIRST_COMMAND.startsWith(`${each.command} `)))
  assert.throws(() => appOfManifest({ features: { slash_commands: [{}] } }), /command/)
})
