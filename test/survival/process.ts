// One process of the product as it runs in production, killed and started again. The next one stands by with its modules loaded (stand-by.ts), so that
// a restart costs what a start does and not what reading 300 files does. A process that ends is always followed, as by any supervisor.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { FLAGS } from '../support/product.ts'

const STAND_BY = fileURLToPath(new URL('./stand-by.ts', import.meta.url))
const KEPT_OUTPUT = 60_000

export type Span = { readonly from: number; readonly to: number }
export type Kept = {
  readonly name: string
  /** Ends it as the kernel does when memory is short; resolves when it is gone. */
  readonly kill: () => Promise<void>
  /** Resolves when it serves (again). */
  readonly ready: () => Promise<void>
  readonly isReady: () => boolean
  readonly kills: () => number
  /** Ends that nobody ordered while it served. */
  readonly falls: () => readonly string[]
  /** Starts that came to nothing, because the database was away. */
  readonly vain: () => number
  /** When it did not serve, in the machine's time; an absence that lasts ends never. */
  readonly absences: () => readonly Span[]
  readonly output: () => string
  readonly stop: () => Promise<void>
}

/** Starts a process and keeps it running. `gone` is told when one has ended, before the next begins. */
export function keepProcess(options: {
  readonly name: string
  readonly command: 'bot' | 'issuer'
  readonly environment: Readonly<Record<string, string>>
  readonly gone: () => void
}): Kept {
  const { name, command, environment, gone } = options
  let stopping = false
  let killing = false
  let kills = 0
  let vain = 0
  let output = ''
  const falls: string[] = []
  const absences: Span[] = []
  let awayFrom = Date.now()
  let ready = Promise.withResolvers<void>()
  let isReady = false
  let living: ChildProcess | undefined

  const spare = (): ChildProcess => {
    const { PATH = '', HOME = '' } = process.env
    const child = fork(STAND_BY, [command], {
      env: { PATH, HOME, ...environment },
      execArgv: FLAGS,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output = (output + text).slice(-KEPT_OUTPUT)
      })
    child.once('exit', () => forgetClock(child.pid))
    return child
  }
  let next: ChildProcess | undefined = spare()

  const begin = (): void => {
    const child = next ?? spare()
    next = undefined
    living = child
    child.on('message', (message) => {
      if (message !== 'ready' || living !== child) return
      isReady = true
      absences.push({ from: awayFrom, to: Date.now() })
      ready.resolve()
      if (!stopping) next ??= spare()
    })
    child.once('exit', (code, signal) => {
      if (!killing && !stopping) {
        if (isReady) falls.push(`${signal ?? `exit code ${code}`}: ${output.slice(-2_000)}`)
        else vain += 1
      }
      if (isReady) {
        ready = Promise.withResolvers()
        awayFrom = Date.now()
      }
      isReady = false
      killing = false
      gone()
      if (stopping) return
      // One that cannot start (its database is away) is tried again, not at once.
      void delay(code === null ? 0 : 250).then(() => {
        if (!stopping) begin()
      })
    })
    // Whoever is asked to end with all of its group is gone before it is told to go.
    child.send('go', () => undefined)
  }
  begin()

  return {
    name,
    kill: async () => {
      if (!living || living.exitCode !== null || living.signalCode !== null || killing) return
      killing = true
      kills += 1
      const ended = once(living, 'exit')
      living.kill('SIGKILL')
      await ended
    },
    ready: () => ready.promise,
    isReady: () => isReady,
    kills: () => kills,
    falls: () => falls,
    vain: () => vain,
    absences: () => (isReady ? absences : [...absences, { from: awayFrom, to: Number.POSITIVE_INFINITY }]),
    output: () => output,
    stop: async () => {
      stopping = true
      ready.resolve()
      if (next?.exitCode === null && next.kill('SIGKILL')) await once(next, 'exit')
      if (!living || living.exitCode !== null || living.signalCode !== null) return
      const ended = once(living, 'exit')
      living.kill('SIGTERM')
      const hard = setTimeout(() => living?.kill('SIGKILL'), 15_000)
      await ended
      clearTimeout(hard)
    },
  }
}

/** Takes away what the library that steps clocks keeps in memory for a process, and leaves there when it is killed. */
function forgetClock(pid = 0): void {
  for (const name of [`faketime_shm_${pid}`, `sem.faketime_sem_${pid}`]) rmSync(join('/dev/shm', name), { force: true })
}
