// Writes the golden vectors anew: `node test/evidence/write-vectors.ts --write`. The committed files are what every verifier is held against, so they are
// written only when the format changes; a vector that our own verifier judges otherwise than its attack says is not written, and that is an error.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { nodeCrypto } from '../../src/crypto.ts'
import { type Canonical, canonicalText } from '../../src/domain/canonical.ts'
import { verifyReceipt } from '../../src/evidence/receipt.ts'
import { makeVectors, type Vector } from '../support/vectors.ts'

const FOLDER = new URL('vectors/', import.meta.url)

/** What stands in the file: the verdict that the attack demands, and the exact path. */
async function textOf({ about, roots, receipt, expected }: Vector): Promise<string> {
  const found = await verifyReceipt(receipt, roots, nodeCrypto)
  const said = found.ok ? { verdict: found.rules === 'proven' ? 'valid' : 'unproven' } : { verdict: 'invalid', ...found }
  const agrees =
    expected.verdict === 'invalid'
      ? !found.ok && found.reason === expected.reason && expected.path.test(found.path)
      : said.verdict === expected.verdict
  if (!agrees)
    throw new Error(`${about}: ${JSON.stringify(expected)} was demanded, and our verifier says ${JSON.stringify(said)}`)
  const verdict = found.ok ? said : { verdict: 'invalid', reason: found.reason, path: found.path }
  return `${canonicalText({ about, roots, receipt, expected: verdict } as unknown as Canonical)}\n`
}

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } })
const texts: [string, string][] = []
const wrong: string[] = []
for (const [place, vector] of await makeVectors()) {
  try {
    texts.push([place, await textOf(vector)])
  } catch (error) {
    wrong.push(String(error))
  }
}
if (wrong.length > 0) {
  process.stderr.write(`${wrong.join('\n')}\n`)
  process.exitCode = 1
} else if (values.write) {
  for (const folder of ['valid', 'invalid']) {
    rmSync(new URL(folder, FOLDER), { recursive: true, force: true })
    mkdirSync(new URL(folder, FOLDER), { recursive: true })
  }
  for (const [place, text] of texts) writeFileSync(new URL(place, FOLDER), text)
}
const bytes = texts.reduce((sum, [, text]) => sum + text.length, 0)
process.stdout.write(`${texts.length} vectors, ${bytes} bytes${values.write && wrong.length === 0 ? ', written' : ''}\n`)
