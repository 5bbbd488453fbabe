// Runs the two processes of `start`, each with its own environment and nothing of the other's: the issuer never sees a Slack token, the bot never a
// key. One whose start is refused ends everything, with the problems of both, each told once; one that finds something away (the database) or dies later
// is started again, slower each time. When this process dies, however it dies, the children see their channel close and end.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { getCompileCacheDir } from 'node:module'
import { dirname } from 'node:path'
import { EXIT, type Failure, HANDED, StartRefused } from './run.ts'

type Given = Readonly<Record<string, string>>
export type Child = {
  readonly name: 'issuer' | 'bot'
  /** What is its own; a child reads its code while this is still being made. Whoever makes it in vain stops the children. */
  readonly environment: Given | Promise<Given>
}
export type Supervised = {
  /** Settles when every child has said that it is ready; rejects when the first start of one is refused. */
  readonly ready: Promise<void>
  /** Has the issuer read its runbooks again. */
  readonly reload: () => void
  readonly stop: () => Promise<void>
  /** Ends everything at once. */
  readonly kill: () => void
}

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 10_000
/** More than a process gives itself, less than who stops us may wait. */
const DRAIN_MS = 9_000
/** What a child needs of its parent's environment to run at all. */
const INHERITED = [
  'PATH',
  'HOME',
  'TMPDIR',
  'TZ',
  'LANG',
  'LC_ALL',
  'NODE_ENV',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'NO_COLOR',
  'LOG_LEVEL',
  'METRICS_TOKEN',
]

type Outcome = { readonly is: 'ready' | 'ended' } | { readonly is: 'failed'; readonly failure: Failure }

/** Starts the children by the command of the same name. `entry` is the file of the command line. */
export function supervise(entry: string, children: readonly Child[], say: (line: string) => void): Supervised {
  let stopping = false
  const living = new Map<string, ChildProcess>()

  /** One life of a child: how its start went, and when it is over, that it is started again. */
  const live = (child: Child, ready: () => void, pause = FIRST_PAUSE_MS, isFirst = false): Promise<Outcome> => {
    const started = Promise.withResolvers<Outcome>()
    const spawned = fork(entry, [child.name], { env: environmentOfAll(), stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    living.set(child.name, spawned)
    void hand(child, spawned)
    let isReady = false
    let failure: Failure | undefined
    spawned.on('message', (message) => {
      if (message === 'ready') {
        isReady = true
        ready()
        started.resolve({ is: 'ready' })
      } else failure = message as Failure
    })
    // Its channel is drained by then, so that nothing it said is missed.
    spawned.once('close', (code, signal) => {
      if (living.get(child.name) === spawned) living.delete(child.name)
      if (stopping) return started.resolve({ is: 'ended' })
      const how = signal ?? `exit code ${code}`
      if (isFirst && !isReady && failure?.code !== EXIT.unavailable) {
        const unsaid = { problems: [`the ${child.name} did not start (${how})`], code: EXIT.fault }
        return started.resolve({ is: 'failed', failure: failure ?? unsaid })
      }
      for (const problem of failure?.problems ?? [`it ended (${how})`]) say(`${child.name}: ${problem}`)
      say(`the ${child.name} is started again`)
      const next = isReady ? FIRST_PAUSE_MS : Math.min(pause * 2, LONGEST_PAUSE_MS)
      setTimeout(() => {
        if (!stopping) void live(child, ready, next)
      }, next)
      started.resolve({ is: 'ended' })
    })
    return started.promise
  }

  const bringUp = async (): Promise<void> => {
    const all = children.map((child) => {
      const ready = Promise.withResolvers<void>()
      return { ready: ready.promise, first: live(child, ready.resolve, FIRST_PAUSE_MS, true) }
    })
    const outcomes = await Promise.all(all.map(({ first }) => first))
    const failures = outcomes.flatMap((outcome) => (outcome.is === 'failed' ? [outcome.failure] : []))
    const [worst] = failures.map(({ code }) => code).toSorted((a, b) => a - b)
    if (worst !== undefined) throw new StartRefused([...new Set(failures.flatMap(({ problems }) => problems))], worst)
    await Promise.all(all.map(({ ready }) => ready))
  }

  return {
    ready: bringUp(),
    reload: () => void living.get('issuer')?.kill('SIGHUP'),
    stop: async () => {
      stopping = true
      await Promise.all([...living.values()].map(end))
    },
    kill: () => {
      stopping = true
      for (const child of living.values()) child.kill('SIGKILL')
    },
  }
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const hard = setTimeout(() => child.kill('SIGKILL'), DRAIN_MS)
  await exited
  clearTimeout(hard)
}

/** Not by its environment, which whoever is this user or root reads in /proc as long as the process lives. */
async function hand({ environment }: Child, to: ChildProcess): Promise<void> {
  const given = await Promise.resolve(environment).catch(() => undefined)
  if (given && to.connected) to.send({ [HANDED]: given }, () => undefined)
}

function environmentOfAll(): Record<string, string> {
  const inherited = INHERITED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]))
  // Given to the child from its first line on, the compile cache spares it the TypeScript compiler: 20 MB and a quarter of a second.
  const cache = getCompileCacheDir()
  return { ...Object.fromEntries(inherited), ...(cache && { NODE_COMPILE_CACHE: dirname(cache) }), [HANDED]: 'later' }
}
