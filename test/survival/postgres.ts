// A PostgreSQL of one's own that is killed hard: the postmaster and every backend at once, as when a machine loses power but its disk does not. The embedded
// one notices by itself that it is gone and starts it again over the same folder, which replays its write-ahead log. What it has written the kernel keeps,
// so nothing here depends on fsync, and nobody waits for it.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { pino } from 'pino'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/db/embedded.ts'
import type { Span } from './process.ts'

export type Mortal = EmbeddedPostgres & {
  /** Kills it; resolves when it takes connections again. */
  readonly kill: () => Promise<void>
  readonly kills: () => number
  /** From each kill until it answered again. */
  readonly absences: () => readonly Span[]
}

/** Starts one in this folder. */
export async function startMortalPostgres(dataDir: string): Promise<Mortal> {
  const postgres = await startEmbeddedPostgres({
    dataDir,
    log: pino({ level: 'silent' }),
    settings: { fsync: 'off', max_wal_size: '256MB' },
  })
  let kills = 0
  let stopping = false
  const absences: Span[] = []
  let rising: Promise<void> | undefined
  const fall = async (): Promise<void> => {
    const pid = Number(readFileSync(join(postgres.home, 'data', 'postmaster.pid'), 'utf8').split('\n')[0])
    kills += 1
    for (const each of [pid, ...childrenOf(pid)]) end(each)
    // What was forked meanwhile notices by itself that its postmaster is gone.
    for (const late = Date.now() + 60_000; !(await answers(postgres)); await delay(50))
      if (Date.now() > late) throw new Error(`PostgreSQL in ${postgres.home} did not come back`)
  }
  return {
    ...postgres,
    // Asked to end while it comes back, it would be asked before it can hear; and nobody brings back what is killed afterwards.
    stop: async () => {
      stopping = true
      await rising?.catch(() => undefined)
      await postgres.stop()
    },
    kill: async () => {
      if (stopping) return
      const from = Date.now()
      rising ??= fall().finally(() => {
        absences.push({ from, to: Date.now() })
        rising = undefined
      })
      return rising
    },
    kills: () => kills,
    absences: () => absences,
  }
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]) === parent
      } catch {
        return false
      }
    })
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function answers(postgres: EmbeddedPostgres): Promise<boolean> {
  const client = new pg.Client({ connectionString: postgres.url('postgres'), connectionTimeoutMillis: 2_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query('select 1')
    return true
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}
