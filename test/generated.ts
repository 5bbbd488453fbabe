// The files that are made from code: `npm run generated` writes them, `npm run generated:check` names those that differ and fails. Nobody edits them.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { credentialKinds } from '../src/credentials/index.ts'
import { jsonSchemas } from '../src/runbooks/json-schema.ts'

const ROOT = new URL('../', import.meta.url)
const files = Object.entries(jsonSchemas(credentialKinds)).map(
  ([name, schema]) => [`docs/schemas/${name}`, `${JSON.stringify(schema, null, 2)}\n`] as const,
)
const check = process.argv.includes('--check')

for (const [name, text] of files) {
  const path = fileURLToPath(new URL(name, ROOT))
  const there = await readFile(path, 'utf8').catch(() => undefined)
  if (there === text) continue
  if (check) {
    process.stderr.write(`${name} ${there === undefined ? 'is missing' : 'is out of date'}: run \`npm run generated\`\n`)
    process.exitCode = 1
  } else {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
    process.stdout.write(`wrote ${name}\n`)
  }
}
