// `npm run bench`: every claim of DESIGN section 8 that can be measured, each beside its floor of the same run. `--only lives` (or `lives,steps`) runs
// some, `--json` prints the lines as JSON, `--strict` ends with 1 when a goal is missed. Progress goes to the error output, the table to the other.

import { availableParallelism, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { acknowledge } from './acknowledge.ts'
import { bots } from './bots.ts'
import { evidence } from './evidence.ts'
import { lives } from './lives.ts'
import { type Benchmark, type Line, table } from './measure.ts'
import { start } from './start.ts'
import { steps } from './steps.ts'

const BENCHMARKS: Readonly<Record<string, Benchmark>> = { lives, steps, acknowledge, evidence, start, bots }

const { values } = parseArgs({
  options: { only: { type: 'string' }, json: { type: 'boolean', default: false }, strict: { type: 'boolean', default: false } },
})
const names = values.only?.split(',') ?? Object.keys(BENCHMARKS)
const unknown = names.filter((name) => !Object.hasOwn(BENCHMARKS, name))
if (unknown.length > 0) {
  process.stderr.write(`bench: there is no ${unknown.join(', ')}; there are ${Object.keys(BENCHMARKS).join(', ')}\n`)
  process.exit(64)
}
const lines: Line[] = []
const load = [loadavg()[0]]
for (const name of names) lines.push(...(await run(name)))
load.push(loadavg()[0])
// What else ran here decides how far the figures can be trusted.
const machine = { node: process.version, processors: availableParallelism(), load }
process.stdout.write(
  values.json
    ? `${JSON.stringify({ machine, lines }, null, 2)}\n`
    : `\n${table(lines)}\n\nNode ${machine.node}, ${machine.processors} processors, load ${load.map((each) => each?.toFixed(1)).join(' before, ')} after\n`,
)
if (values.strict && lines.some(({ goal }) => goal?.met === false)) process.exitCode = 1

async function run(name: string): Promise<readonly Line[]> {
  const ends: (() => Promise<void> | void)[] = []
  const tell = (progress: string) => void process.stderr.write(`${name}: ${progress}\n`)
  try {
    return (await BENCHMARKS[name]?.({ after: (work) => void ends.push(work) }, tell)) ?? []
  } finally {
    for (const end of ends.reverse()) await end()
  }
}
