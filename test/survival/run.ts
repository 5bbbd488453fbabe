// `npm run soak`: 2,000 lives over two bots and two issuers with a shared head store, then everything is checked. `--lives N`, `--lanes N`, `--seed N`; `--table`
// runs the whole kill table instead, each step broken in every way. Ends with 1 when anything is untrue, fell, stands twice in Slack or was not met.
// A seed replays what is decided: which lives are lived, what befalls the stand before which life, which call is tried where. It does not replay what the
// machine decides: at which instruction a kill strikes, and so which retries follow; where a breach depends on that, the same seed may need several runs.

import { parseArgs } from 'node:util'
import { line, unmet, waysToBreak } from './cells.ts'
import { checkStand } from './checker.ts'
import { figuresOf } from './figures.ts'
import { soak } from './soak.ts'
import { stepper } from './stand.ts'
import { openTable } from './table.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    lives: { type: 'string', default: '2000' },
    lanes: { type: 'string', default: '8' },
    table: { type: 'boolean', default: false },
  },
})
const [seed, lives, lanes] = [values.seed, values.lives, values.lanes].map(Number)
if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(lives) || !Number.isSafeInteger(lanes)) {
  process.stderr.write('soak: --seed, --lives and --lanes are whole numbers\n')
  process.exit(64)
}
const ends: (() => Promise<void> | void)[] = []
const hooks = { after: (work: () => Promise<void> | void) => void ends.push(work) }
const tell = (text: string) => void process.stdout.write(`${text}\n`)
// Asked to end, it takes its processes and its databases with it.
const { promise: stopped, reject: stop } = Promise.withResolvers<never>()
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    // What is under way loses what it stands on.
    process.on('unhandledRejection', () => undefined)
    stop(new Error(`stopped by ${signal}`))
  })
let problems: readonly string[] = ['it did not come to an end']
try {
  problems = await Promise.race([values.table ? wholeTable() : wholeSoak(), stopped])
} catch (error) {
  console.error(error)
} finally {
  for (const end of ends.reverse()) await (async () => end())().catch(console.error)
}
for (const problem of problems) tell(`UNTRUE: ${problem}`)
// Whoever was stopped leaves lives behind that nobody waits for.
process.exit(problems.length === 0 ? 0 : 1)

async function wholeSoak(): Promise<readonly string[]> {
  tell(`seed ${seed}: npm run soak -- --seed ${seed} --lives ${lives}`)
  const clocks = stepper() !== undefined
  if (!clocks) tell('no clock is stepped: the Debian package faketime is not installed')
  const figures = await soak(hooks, { seed: seed ?? 0, lives: lives ?? 0, lanes: lanes ?? 1, every: 4, clocks, tell })
  for (const each of figuresOf(figures)) tell(each)
  return [...figures.problems, ...figures.doubled]
}

async function wholeTable(): Promise<readonly string[]> {
  const table = await openTable(hooks, lanes ?? 1)
  const rows = await table.run(
    [table.early, table.late].map(async (steps) => (await steps).flatMap(waysToBreak)),
    2,
    (row) => tell(line(row)),
  )
  const { problems, doubled, checks, refusedEarly, latestEndMs } = await checkStand(
    table.stand,
    table.told,
    { clockMs: 0 },
    table.use,
  )
  const missed = rows.filter(({ came }) => !came).length
  const falls = table.stand.processes.flatMap(({ name, falls }) => falls().map((fall) => `${name} fell: ${fall}`))
  tell(
    `${rows.length} cells, ${missed} of them never met, ${table.told.length} lives, ${checks} checks, ${doubled.length} doubled messages`,
  )
  tell(
    `${refusedEarly} tokens refused between the confirmation of their end and their own time, latest end ${latestEndMs} ms after its time`,
  )
  return [...unmet(rows), ...falls, ...problems, ...doubled]
}
