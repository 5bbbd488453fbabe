// A process that owns an embedded PostgreSQL until it is killed: argv[2] is its data folder. Says on its output what became of the start.

import { pino } from 'pino'
import { startEmbeddedPostgres } from '../../src/db/embedded.ts'

const dataDir = process.argv[2]
if (!dataDir) throw new Error('usage: embedded-owner.ts FOLDER')
try {
  const postgres = await startEmbeddedPostgres({ dataDir, log: pino({ level: 'silent' }) })
  process.once('SIGTERM', () => postgres.stop())
  console.log(JSON.stringify({ url: postgres.url('postgres'), home: postgres.home }))
} catch (error) {
  console.log(JSON.stringify({ refused: (error as Error).message }))
}
