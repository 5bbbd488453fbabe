// What `countersign doctor` looks at around a process: what a start finds out by itself or can do without. Nothing is changed; a port is opened and
// closed again.

import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Kysely } from 'kysely'
import { readDatabaseClock } from './db/clock.ts'
import type { Schema } from './db/schema.ts'
import { type Finding, judged, well } from './findings.ts'
import { failureOf } from './run.ts'

/** As much as the issuer allows before it stops minting. */
const MAX_CLOCK_DIFFERENCE_MS = 2_000
const ANSWER_MS = 2_000
/** No start of this program was before. */
const EARLIEST = Date.UTC(2025, 0, 1)

/** Whether a port can be opened, or a process of ours, which answers at `path`, has it already. */
export async function lookAtPort(variable: string, host: string, port: number, path = '/healthz'): Promise<Finding> {
  const server = createServer()
  try {
    server.listen(port, host)
    await once(server, 'listening')
    await once(server.close(), 'close')
    return well('port', `${variable} ${port} is free.`)
  } catch (error) {
    const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    if (taken && (await isOurs(port, path))) return well('port', `${variable} ${port} is served by a running Countersign.`)
    return judged('port', failureOf(error).problems, '')
  }
}

/** Whether the hosts of these addresses can be found. */
export async function lookAtHosts(urls: Readonly<Record<string, string>>): Promise<Finding> {
  const looked = await Promise.all(
    Object.entries(urls).map(async ([variable, url]) => {
      const { hostname } = new URL(url)
      const found = await lookup(hostname).catch(() => undefined)
      return found ? [] : [`${variable}: nobody knows the host ${hostname}: add it to your DNS, or correct the variable.`]
    }),
  )
  return judged('hosts', looked.flat(), 'The hosts of the addresses are known.')
}

/** Whether this machine's clock was ever set: every grant ends by it. */
export const lookAtYear = (now: Date): Finding =>
  judged(
    'clock',
    now.getTime() < EARLIEST
      ? [`This machine’s clock says ${now.toISOString().slice(0, 10)}: set it, and have it follow NTP.`]
      : [],
    `It is ${now.toISOString().slice(0, 19)}Z.`,
  )

/** Whether this machine's clock and the database's agree. */
export async function lookAtClock(db: Kysely<Schema>): Promise<Finding> {
  const before = Date.now()
  const theirs = (await readDatabaseClock(db)).getTime()
  const difference = theirs - (before + Date.now()) / 2
  const words = `The clocks of this machine and the database differ by ${(Math.abs(difference) / 1000).toFixed(1)} s`
  const wrong = Math.abs(difference) > MAX_CLOCK_DIFFERENCE_MS ? [`${words}, and nothing is issued: have both follow NTP.`] : []
  return judged('clocks', wrong, `${words}.`)
}

const isOurs = async (port: number, path: string): Promise<boolean> => {
  try {
    const answer = await fetch(`http://localhost:${port}${path}`, { signal: AbortSignal.timeout(ANSWER_MS) })
    // Under a Host header that is not its own, a process of the sandbox says so.
    return answer.ok || answer.headers.has('x-request-id')
  } catch {
    return false
  }
}
