// The JSON Schemas in docs/schemas, as an independent validator reads them: what the loader takes fits, and mistakes of form do not, so that an editor
// underlines them while they are typed.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import Fastify from 'fastify'
import { parse } from 'yaml'
import { credentialKinds } from '../../src/credentials/index.ts'
import { jsonSchemas } from '../../src/runbooks/json-schema.ts'
import { GOOD_FILES } from '../support/runbook-folder.ts'

const SCHEMA_OF = { 'directory.yaml': 'directory.json', 'targets.yaml': 'targets.json' } as const
const schemaFile = (file: string): string => SCHEMA_OF[file as keyof typeof SCHEMA_OF] ?? 'runbook.json'
const published = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../docs/schemas/${name}`, import.meta.url), 'utf8')) as object

// The validator of the web server, told to judge only and to mend nothing.
const app = Fastify({ ajv: { customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false } } })
for (const name of ['runbook.json', 'directory.json', 'targets.json'])
  app.post(`/${name}`, { schema: { body: published(name) } }, async () => 'fits')

/** What is wrong with a file's text by its schema; undefined when it fits. */
async function misfit(file: string, text: string): Promise<string | undefined> {
  const yaml = file.endsWith('.md') ? (text.split(/^---$/m)[1] ?? '') : text
  const { statusCode, body } = await app.inject({ method: 'POST', url: `/${schemaFile(file)}`, payload: parse(yaml) as object })
  return statusCode === 200 ? undefined : (JSON.parse(body) as { message: string }).message
}

test('the published files are what the schemas of the loader give', () => {
  const made = jsonSchemas(credentialKinds)
  for (const [name, schema] of Object.entries(made)) assert.deepEqual(published(name), JSON.parse(JSON.stringify(schema)), name)
  assert.deepEqual(readdirSync(new URL('../../docs/schemas', import.meta.url)).toSorted(), Object.keys(made).toSorted())
})

test('every file that comes along fits', async () => {
  const folder = new URL('../../runbooks/', import.meta.url)
  const files = readdirSync(folder)
  assert.ok(files.length >= 8)
  for (const file of files) assert.equal(await misfit(file, readFileSync(new URL(file, folder), 'utf8')), undefined, file)
  for (const [file, text] of Object.entries(GOOD_FILES)) assert.equal(await misfit(file, text), undefined, file)
})

const MISTAKES: readonly (readonly [is: string, file: keyof typeof GOOD_FILES, from: string, to: string, told: RegExp])[] = [
  ['an unknown key', 'restart.md', 'title:', 'titel:', /must have required property 'title'/],
  ['a further key', 'restart.md', 'ask:', 'owner: me\n    ask:', /additional properties/],
  ['a time without a unit', 'restart.md', 'default: 15m', 'default: "15"', /default must match pattern/],
  ['a number for a time', 'restart.md', 'default: 15m', 'default: 15', /default must be string/],
  ['a channel that YAML takes for a comment', 'restart.md', '"#incidents"', '#incidents', /channel must be string/],
  ['an action named like none', 'restart.md', '  restart:', '  Restart:', /property name/],
  ['nobody to ask', 'restart.md', 'ask: [on-call]', 'ask: []', /fewer than 1/],
  ['an approval of nobody', 'restart.md', 'count: 1', 'count: 0', /must be >= 1/],
  ['a grant that no kind knows', 'restart.md', 'scope:', 'scopes:', /required property 'scope'/],
  ['a scope with a space', 'restart.md', '"service:restart"', '"service restart"', /must match pattern/],
  ['a kind that is none', 'restart.md', 'kind: jwt', 'kind: jwd', /kind must be equal to constant/],
  ['a Slack account by name', 'directory.yaml', 'T024BE7LD/U012AB3CE', '"@ana"', /must match pattern/],
  ['no auditors', 'directory.yaml', 'auditors: [bo]\n', '', /required property 'auditors'/],
  ['a setting that the kind does not know', 'targets.yaml', 'audience:', 'audiense:', /required property 'audience'/],
]
for (const [is, file, from, to, told] of MISTAKES)
  test(`${is} does not fit`, async () => {
    const before: string = GOOD_FILES[file]
    assert.ok(before.includes(from))
    assert.match((await misfit(file, before.replace(from, to))) ?? 'fits', told)
  })
