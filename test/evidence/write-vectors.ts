// Writes the golden vectors: `node test/evidence/write-vectors.ts --write`. The committed files are what every verifier is held against, so a file stays
// as it is for as long as what it holds gets the verdict that its attack demands; only what is new or judged otherwise is made (`--all`: everything). A
// vector that our own verifier judges otherwise than its attack says is not written, and that is an error.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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

/** The stored file of a vector, if it says what it must. */
async function keptText(place: string, { about, expected }: Vector): Promise<string | undefined> {
  try {
    const text = readFileSync(new URL(place, FOLDER), 'utf8')
    const { roots, receipt } = JSON.parse(text) as Pick<Vector, 'roots' | 'receipt'>
    return (await textOf({ about, roots, receipt, expected })) === text ? text : undefined
  } catch {
    // Not there, or judged otherwise: it is made anew.
    return undefined
  }
}

const { values } = parseArgs({
  options: { write: { type: 'boolean', default: false }, all: { type: 'boolean', default: false } },
})
const texts = new Map<string, string>()
const made: string[] = []
const wrong: string[] = []
for (const [place, vector] of await makeVectors()) {
  try {
    const kept = values.all ? undefined : await keptText(place, vector)
    if (kept === undefined) made.push(place)
    texts.set(place, kept ?? (await textOf(vector)))
  } catch (error) {
    wrong.push(String(error))
  }
}
if (wrong.length > 0) {
  process.stderr.write(`${wrong.join('\n')}\n`)
  process.exitCode = 1
} else if (values.write) {
  for (const folder of ['valid', 'invalid']) {
    mkdirSync(new URL(folder, FOLDER), { recursive: true })
    for (const file of readdirSync(new URL(folder, FOLDER)))
      if (!texts.has(`${folder}/${file}`)) rmSync(new URL(`${folder}/${file}`, FOLDER))
  }
  for (const place of made) writeFileSync(new URL(place, FOLDER), texts.get(place) ?? '')
}
const bytes = [...texts.values()].reduce((sum, text) => sum + text.length, 0)
process.stdout.write(
  `${texts.size} vectors, ${bytes} bytes, of them ${made.length} ${values.write && wrong.length === 0 ? 'written' : 'to write'}\n`,
)
for (const place of made) process.stdout.write(`${place}\n`)
