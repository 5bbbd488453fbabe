// Processor time by process, in milliseconds, as the kernel counts it: this one, and the PostgreSQL processes that serve the world's connections. A clock on
// the wall would count waiting and whatever else runs on the machine. Where there is no /proc only this process is counted.

import { readFileSync } from 'node:fs'
import pg from 'pg'
import type { World } from '../support/world.ts'
import type { Hooks } from './measure.ts'

/** USER_HZ, which Linux fixes for what it shows to programs. */
const MS_PER_TICK = 10

/** Answers what was used so far; a server process that ended since is forgotten, so both ends of a span should see the same connections. */
export async function openConsumption(
  hooks: Hooks,
  { database }: World,
): Promise<() => Promise<{ readonly node: number; readonly postgres: number }>> {
  const client = new pg.Client({ connectionString: database.superuserUrl })
  await client.connect()
  hooks.after(() => client.end())
  return async () => {
    const { rows } = await client.query<{ pid: number }>(
      'select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    )
    const { user, system } = process.cpuUsage()
    return { node: (user + system) / 1000, postgres: rows.reduce((sum, { pid }) => sum + usedBy(pid), 0) }
  }
}

/** What a process has used, its own and the kernel's time for it, and what those of its children used that have ended. */
export function usedBy(pid: number): number {
  try {
    // After the name in parentheses, which may hold spaces: fields 3 on, of which 14 to 17 are ticks (proc(5)).
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * MS_PER_TICK
  } catch {
    return 0
  }
}
