// `npm start` as a newcomer types it: seconds until it says ready, in an empty folder and again in the same one, beside what the embedded PostgreSQL
// alone takes for that. Then a few whole lives over HTTP: how long the issuer takes after the last tap, and what bot and issuer hold in memory.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { startEmbeddedPostgres } from '../../src/db/embedded.ts'
import { freePorts } from '../support/free-port.ts'
import { type Benchmark, type Hooks, type Line, median, tail } from './measure.ts'
import { openVisits } from './visit.ts'

const ROUNDS = 3
const LIVES = 12
const READY_MS = 60_000
const GOALS = { first: 5, again: 2, credentialMs: 100, megabytes: 300 }

export const start: Benchmark = async (hooks, tell) => {
  const first: number[] = []
  const again: number[] = []
  const bareFirst: number[] = []
  const bareAgain: number[] = []
  const told: number[] = []
  const claimed: number[] = []
  const memory: Record<'bot' | 'issuer', number>[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const place = await newFolder(hooks)
    const running = await begin(hooks, place)
    first.push(running.seconds)
    const visit = openVisits(place.slack, place.issuer)
    for (let life = 0; life < LIVES; life += 1) {
      const visited = await visit()
      told.push(visited.toldMs)
      claimed.push(visited.claimedMs)
    }
    if (process.platform === 'linux') memory.push(residentOf(running.process))
    await running.stop()
    const second = await begin(hooks, place)
    again.push(second.seconds)
    await second.stop()
    const bare = await newFolder(hooks)
    bareFirst.push(await postgresAlone(bare.dir))
    bareAgain.push(await postgresAlone(bare.dir))
    tell(
      `round ${round + 1}: ${first.at(-1)?.toFixed(2)} s, then ${again.at(-1)?.toFixed(2)} s; ${JSON.stringify(memory.at(-1))} MB`,
    )
  }
  const whole = told.map((ms, at) => ms + (claimed[at] ?? Number.NaN))
  const lines: Line[] = [
    started('npm start, the first time', first, bareFirst, GOALS.first),
    started('npm start, again', again, bareAgain, GOALS.again),
    { what: 'over HTTP: approved, until the page is told', unit: 'ms', measured: tail(told) },
    { what: 'over HTTP: claim', unit: 'ms', measured: tail(claimed) },
    {
      what: 'over HTTP: approved, until the credential is there',
      unit: 'ms',
      measured: tail(whole),
      goal: { text: `p95 < ${GOALS.credentialMs}`, met: tail(whole).p95 < GOALS.credentialMs },
    },
  ]
  if (memory.length > 0) {
    const [bot, issuer] = [median(memory.map(({ bot }) => bot)), median(memory.map(({ issuer }) => issuer))]
    lines.push({
      what: `memory after ${LIVES} lives`,
      unit: 'MB',
      measured: { bot, issuer, both: bot + issuer },
      goal: { text: `both < ${GOALS.megabytes}`, met: bot + issuer < GOALS.megabytes },
    })
  }
  return lines
}

const started = (what: string, seconds: readonly number[], bare: readonly number[], goal: number): Line => ({
  what,
  unit: 's',
  measured: { '': median(seconds) },
  floor: { '': median(bare) },
  ratio: median(seconds.map((second, round) => second / (bare[round] ?? Number.NaN))),
  goal: { text: `< ${goal}`, met: median(seconds) < goal },
})

export type Place = {
  readonly dir: string
  readonly environment: NodeJS.ProcessEnv
  readonly slack: string
  readonly issuer: string
}

/** A folder that PostgreSQL's user can reach, and three ports. */
export async function newFolder(hooks: Hooks): Promise<Place> {
  const above = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
  chmodSync(above, 0o711)
  hooks.after(() => rmSync(above, { recursive: true, force: true }))
  const dir = join(above, 'data')
  mkdirSync(dir, { mode: 0o711 })
  const [bot, issuer, slack] = await freePorts(3)
  const environment = { PATH: process.env['PATH'], HOME: process.env['HOME'], DATA_DIR: dir }
  return {
    dir,
    environment: { ...environment, PORT: `${bot}`, ISSUER_PORT: `${issuer}`, SANDBOX_PORT: `${slack}`, LOG_LEVEL: 'error' },
    slack: `http://localhost:${slack}`,
    issuer: `http://localhost:${issuer}`,
  }
}

export async function begin(hooks: Hooks, { environment }: Place) {
  const began = performance.now()
  const cwd = fileURLToPath(new URL('../../', import.meta.url))
  const npm = spawn('npm', ['start'], { cwd, env: environment, stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(npm, 'exit')
  // npm hands a signal on to a shell that may not: the process that owns the others is told itself.
  const stop = async () => {
    const owner =
      process.platform === 'linux'
        ? descendants(npm).find(({ command }) => command.at(-1) === 'start' && command[0] !== 'npm')
        : undefined
    if (npm.exitCode === null) process.kill(owner?.pid ?? npm.pid ?? 0, 'SIGTERM')
    await exited
  }
  hooks.after(async () => {
    if (npm.exitCode === null && npm.signalCode === null) await stop()
  })
  const ready = async () => {
    let said = ''
    for await (const chunk of npm.stdout) {
      said += String(chunk)
      if (said.includes('Countersign is ready')) return
    }
    throw new Error(`npm start ended: ${said}`)
  }
  const late = AbortSignal.timeout(READY_MS)
  await Promise.race([ready(), once(late, 'abort').then(() => Promise.reject(new Error('npm start was not ready in a minute')))])
  npm.stdout.resume()
  return { process: npm, stop, seconds: (performance.now() - began) / 1000 }
}

async function postgresAlone(dataDir: string): Promise<number> {
  const began = performance.now()
  const postgres = await startEmbeddedPostgres({ dataDir, log: pino({ level: 'silent' }) })
  const seconds = (performance.now() - began) / 1000
  await postgres.stop()
  return seconds
}

/** Resident megabytes of the two processes, by the kernel's own count; what they share is counted twice. */
function residentOf(npm: ChildProcess): Record<'bot' | 'issuer', number> {
  const all = descendants(npm)
  const of = (name: string): number => {
    const pid = all.find(({ command }) => command.at(-1) === name)?.pid
    const status = pid === undefined ? '' : readFileSync(`/proc/${pid}/status`, 'utf8')
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]
    if (kilobytes === undefined) throw new Error(`there is no process ${name}`)
    return Number(kilobytes) / 1024
  }
  return { bot: of('bot'), issuer: of('issuer') }
}

export function descendants(of: {
  readonly pid?: number | undefined
}): readonly { readonly pid: number; readonly command: readonly string[] }[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const parent = Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1])
        return [{ pid: Number(name), parent, command: readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').filter(Boolean) }]
      } catch {
        // It ended while we looked.
        return []
      }
    })
  const below = (pid: number): typeof all =>
    all.filter(({ parent }) => parent === pid).flatMap((each) => [each, ...below(each.pid)])
  return below(of.pid ?? 0)
}
