// SIGHUP to the issuer as a process: what waits for an unchanged action goes on waiting, what waits for a changed one ends, and a folder with mistakes
// neither ends the process nor anything else.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { meet } from './support/people.ts'
import { newPremises, startProduct, tellOnFailure } from './support/product.ts'
import { until } from './support/until.ts'

// Only Linux lists processes as files, and nothing else is there on every machine.
const skip = !existsSync('/proc/self/status') && 'there is no /proc here'

test('hung up, the issuer voids what a change touches, leaves the rest, and names mistakes with file and line', {
  skip,
}, async (t) => {
  const premises = await newPremises(t)
  const running = await startProduct(premises)
  tellOnFailure(t, running)
  const issuer = childOf(running.process.pid ?? 0, 'issuer')
  const rey = meet(premises, 'rey')
  const stateOf = async (view: string) => (await rey.see(view)).state
  const restart = await rey.type('service.restart service=payments-api reason="INC-4211: payments refuse cards"')
  const query = await rey.type('sql.read query=failed-payments reason="INC-4211: how bad is it"')
  for (const view of [restart, query]) await until(view, async () => (await stateOf(view)) === 'awaiting_requester')

  const path = join(premises.dataDir, 'runbooks', 'sql.md')
  const text = readFileSync(path, 'utf8')
  writeFileSync(path, text.replace('group: data-owners', 'group: data-owner'))
  process.kill(issuer, 'SIGHUP')
  await running.says(/sql\.md:23:18 `data-owner` is not a group of directory\.yaml → did you mean `data-owners`\?/)
  for (const view of [restart, query]) assert.equal(await stateOf(view), 'awaiting_requester')

  writeFileSync(path, text.replace('maximum: 1h', 'maximum: 30m'))
  process.kill(issuer, 'SIGHUP')
  await until('the void', async () => (await stateOf(query)) === 'voided')
  assert.equal(await stateOf(restart), 'awaiting_requester')
  assert.equal(childOf(running.process.pid ?? 0, 'issuer'), issuer, 'it is the same process')
})

/** The process id of a child that runs the command of this name. */
function childOf(parent: number, command: string): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const found = pids.find((pid) => {
    try {
      const [, above] = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
      return Number(above) === parent && readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(command)
    } catch {
      // It ended while we looked.
      return false
    }
  })
  assert.ok(found, `no ${command} under ${parent}`)
  return Number(found)
}
