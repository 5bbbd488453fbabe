// A small good folder of runbooks, and temporary copies of it with one thing changed.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { credentialKinds } from '../../src/credentials/index.ts'
import type { RuleSet } from '../../src/domain/action.ts'
import { loadRuleSet } from '../../src/runbooks/load.ts'

const RESTART = `---
channel: "#incidents"
actions:
  restart:
    title: Restart a service
    kind: jwt
    target: cluster
    grants:
      scope: ["service:restart"]
      resource: { service: "{service}", replicas: "{replicas}" }
    parameters:
      service: { type: string, label: Service, pattern: "[a-z-]{1,40}" }
      replicas: { type: integer, label: Replicas, minimum: 1, maximum: 9 }
    lease: { default: 15m, maximum: 1h }
    ask: [on-call]
    approve:
      - { group: owners, count: 1 }
---
# Restart

Restarts it.
`
const DIRECTORY = `people:
  rey: { name: Rey, slack: [T024BE7LD/U012AB3CD] }
  ana: { name: Ana, slack: [T024BE7LD/U012AB3CE] }
  bo: { name: Bo }
groups:
  on-call: [rey]
  owners: [ana, bo]
  retired: []
administrators: [ana]
auditors: [bo]
`
const TARGETS = `cluster:
  kind: jwt
  settings: { audience: "urn:example:cluster" }
`

export type Files = { readonly [file: string]: string | Uint8Array }
export const GOOD_FILES = { 'restart.md': RESTART, 'directory.yaml': DIRECTORY, 'targets.yaml': TARGETS } as const

/** The good files with one text replaced; fails when the text is not there. */
export function changed(file: keyof typeof GOOD_FILES, from: string, to: string): Files {
  const before: string = GOOD_FILES[file]
  if (!before.includes(from)) throw new Error(`${file} does not hold ${from}`)
  return { ...GOOD_FILES, [file]: before.replace(from, () => to) }
}

/** A temporary folder with these files; it is removed when the test ends. */
export async function runbookFolder(t: TestContext, files: Files = GOOD_FILES): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'countersign-runbooks-'))
  t.after(() => rm(dir, { recursive: true }))
  await Promise.all(
    Object.entries(files).map(([file, content]) =>
      file.endsWith('/') ? mkdir(join(dir, file)) : writeFile(join(dir, file), content),
    ),
  )
  return dir
}

/** The rule set of the good files. */
export async function loadGood(t: TestContext): Promise<RuleSet> {
  const loaded = await loadRuleSet(await runbookFolder(t), credentialKinds)
  if (!loaded.ok) throw new Error('the good files are not good')
  return loaded.ruleSet
}
