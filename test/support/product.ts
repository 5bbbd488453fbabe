// The whole product as a newcomer starts it: `src/main.ts start` as a process of its own, in an empty folder, on free ports. Waits until it says that
// it is ready, keeps everything that it and its children say, and ends all of it: processes first, then a PostgreSQL that a killed one left, then
// the folder.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { QUICK_FOLDER } from './cluster-place.ts'
import { freePorts } from './free-port.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
/** What `npm start` gives node, but for its limit of memory. */
export const FLAGS = ['--disable-warning=ExperimentalWarning', '--import', join(ROOT, 'src/compile-cache.js')]
const READY_MS = 60_000
const END_MS = 30_000

type Hooks = { after(work: () => Promise<void>): void }
/** A process of the product with what it has said. */
export type Running = {
  readonly process: ChildProcess
  readonly out: () => string
  readonly err: () => string
  /** Settles when the process and every child that shares its output have ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
  /** Waits until standard output or error holds this, and gives what the first group (or all of it) matched. */
  readonly says: (pattern: RegExp) => Promise<string>
  /** Asks it to end, as Ctrl-C and the system do; gives the exit code. */
  readonly stop: () => Promise<number | null>
}
/** A folder and three ports: where a product is started, and started again. */
export type Premises = {
  readonly dataDir: string
  readonly bot: string
  readonly issuer: string
  readonly slack: string
  /** Runs a command of the product there; nothing of this process's environment reaches it but the paths. */
  readonly run: (args: readonly string[], environment?: Readonly<Record<string, string>>) => Running
}

/** An empty folder that PostgreSQL's user can reach, and ports that were free a moment ago; all of it ends with the test. The folder may be one that the
 * caller names and takes away, relative to the one where commands run. */
export async function newPremises(hooks: Hooks, named?: string, cwd = ROOT): Promise<Premises> {
  const above = mkdtempSync(join(QUICK_FOLDER, 'countersign-product-'))
  chmodSync(above, 0o711)
  const dataDir = named === undefined ? join(above, 'data') : resolve(cwd, named)
  if (named === undefined) mkdirSync(dataDir, { mode: 0o711 })
  const begun: Running[] = []
  hooks.after(async () => {
    await Promise.all(begun.map(end))
    await endPostgres(dataDir)
    rmSync(above, { recursive: true, force: true })
  })
  const [bot, issuer, slack] = await freePorts(3)
  const places = { DATA_DIR: named ?? dataDir, PORT: `${bot}`, ISSUER_PORT: `${issuer}`, SANDBOX_PORT: `${slack}` }
  return {
    dataDir,
    bot: `http://localhost:${bot}`,
    issuer: `http://localhost:${issuer}`,
    slack: `http://localhost:${slack}`,
    run: (args, environment = {}) => {
      const running = start(args, { ...places, ...environment }, cwd)
      begun.push(running)
      return running
    },
  }
}

/** Starts the product and waits until it is ready. */
export async function startProduct(premises: Premises, environment: Readonly<Record<string, string>> = {}): Promise<Running> {
  const running = premises.run(['start'], environment)
  await running.says(/Countersign is ready/)
  return running
}

/** The processes that a process has started, as Linux tells. */
export function childrenOf(pid = 0): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.split(' ').filter(Boolean).map(Number)
}

/** Whether a test has passed so far, for its hooks; the types do not know it yet. */
export const hasPassed = (t: TestContext): boolean => (t as TestContext & { readonly passed: boolean }).passed

/** Prints what a process has said, if the test has failed by its end. */
export function tellOnFailure(t: TestContext, running: Running): void {
  const from = running.err().length
  t.after(() => {
    if (!hasPassed(t))
      console.error(`── what the product said during “${t.name}” ──\n${running.err().slice(from).slice(-20_000)}`)
  })
}

function start(args: readonly string[], environment: Record<string, string>, cwd: string): Running {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, [...FLAGS, join(ROOT, 'src/main.ts'), ...args], {
    cwd,
    env: { PATH, HOME, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }) as Awaited<Running['ended']>)
  const find = (pattern: RegExp) => pattern.exec(out) ?? pattern.exec(err)
  return {
    process: child,
    out: () => out,
    err: () => err,
    ended,
    says: async (pattern) => {
      const late = AbortSignal.timeout(READY_MS)
      const over = ended.then(() => true)
      let isOver = false
      for (let found = find(pattern); ; found = find(pattern)) {
        if (found) return found[1] ?? found[0]
        if (isOver) throw new Error(`${args.join(' ')} ended without saying ${pattern}:\n${out}${err}`)
        if (late.aborted) throw new Error(`${args.join(' ')} did not say ${pattern} in a minute:\n${out}${err}`)
        isOver = await Promise.race([over, delay(20, false)])
      }
    },
    stop: async () => {
      child.kill('SIGTERM')
      return (await ended).code
    },
  }
}

async function end({ process: child, ended }: Running): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
  const hard = setTimeout(() => child.kill('SIGKILL'), END_MS)
  await ended
  clearTimeout(hard)
}

export type KeptPostgres = { readonly port: number; readonly password: string; readonly home: string }

/** The embedded PostgreSQL of a folder, as the folder keeps it. */
export function postgresOf(dataDir: string): KeptPostgres {
  const kept = JSON.parse(readFileSync(join(dataDir, 'postgres.json'), 'utf8')) as KeptPostgres
  return { ...kept, home: resolve(dataDir, kept.home) }
}

/** The process id of the folder's PostgreSQL, if one runs. */
export function postmasterOf(dataDir: string): number | undefined {
  try {
    const pid = Number(readFileSync(join(postgresOf(dataDir).home, 'data', 'postmaster.pid'), 'utf8').split('\n')[0])
    return isAlive(pid) ? pid : undefined
  } catch {
    return undefined
  }
}

async function endPostgres(dataDir: string): Promise<void> {
  const pid = postmasterOf(dataDir)
  if (pid === undefined) return
  process.kill(pid, 'SIGINT')
  for (const late = Date.now() + END_MS; isAlive(pid) && Date.now() < late; ) await delay(20)
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
