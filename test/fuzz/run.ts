// The long run: `npm run fuzz -- --count 1000000 [--seed 7] [--from 0]`. Ends with 1 when anything was found. Several processors share one run by
// taking each a part of its numbers.

import { parseArgs } from 'node:util'
import { figuresText, fuzz } from './fuzz.ts'

const { values } = parseArgs({
  options: { count: { type: 'string', default: '1000000' }, seed: { type: 'string' }, from: { type: 'string', default: '0' } },
})
const seed = Number(values.seed ?? process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 0xffff_ffff))
const figures = await fuzz(seed, Number(values.count), {
  from: Number(values.from),
  tell: (done) => process.stderr.write(`\r${done} inputs`),
})
process.stdout.write(`\n${figuresText(seed, figures)}\n`)
process.exitCode = figures.found.length > 0 ? 1 : 0
