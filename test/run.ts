// `npm test`: every test/**/*.test.ts by node's own runner, plain ones together (together.ts); or only what is named
// (`npm test -- test/db/*.test.ts`), each file in a process of its own. What all files need is brought up first, so that no test waits for it or pays for
// it in its own time: the shared PostgreSQL, and the browser where it is ours to install. A file is compiled once and not in each process that loads it.
// The runner's summary comes last and its exit code is ours.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { chromiumPath } from './support/chromium.ts'
import { allTogether } from './support/together.ts'

const CACHE = fileURLToPath(new URL('../node_modules/.cache/countersign-tests', import.meta.url))
/** What hangs is ended; the soak takes minutes of a machine that is busy. */
const PATIENCE_MS = 900_000

const named = process.argv.slice(2)
const browser = await chromiumPath().catch((error: Error) => {
  console.error(error.message)
  if (process.env['CI']) process.exit(1)
})
// Before anything asks where the cluster is: here and in every process of this run.
process.env['TEST_FSYNC'] = 'off'
const { joinCluster } = await import('./support/database.ts')
const membership = await joinCluster()

// Two more than there are processors: tests wait for clocks and processes much of their time.
const concurrency = 2 + Math.max(2, availableParallelism())
const runner = spawn(
  process.execPath,
  [
    '--test',
    '--test-reporter=spec',
    `--test-concurrency=${concurrency}`,
    `--test-timeout=${PATIENCE_MS}`,
    ...(named.length > 0 ? named : allTogether(CACHE)),
  ],
  {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: CACHE, ...(browser && { CHROMIUM: browser }) },
  },
)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => runner.kill(signal))
const [code] = (await once(runner, 'exit')) as [number | null]
await membership.leave()
process.exitCode = code ?? 1
