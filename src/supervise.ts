// Runs the two processes of `start`, each with its own environment and nothing of the other's: the issuer never sees a Slack token, the bot never a
// key. A child that dies is started again, slower each time; when this process dies, however it dies, the children see their channel close and
// end. SIGTERM and SIGINT end everything in order.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { getCompileCacheDir } from 'node:module'
import { dirname } from 'node:path'

export type Child = { readonly name: 'issuer' | 'bot'; readonly environment: Readonly<Record<string, string>> }
export type Supervised = {
  /** Settles when every child has said that it is ready; rejects when one ends before that. */
  readonly ready: Promise<void>
  /** Has the issuer read its runbooks again. */
  readonly reload: () => void
  readonly stop: () => Promise<void>
}

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 10_000
const DRAIN_MS = 10_000
/** What a child needs of its parent's environment to run at all. */
const INHERITED = [
  'PATH',
  'HOME',
  'TZ',
  'LANG',
  'NODE_ENV',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'NO_COLOR',
  'LOG_LEVEL',
  'METRICS_TOKEN',
]

/** Starts the children by the command of the same name. `entry` is the file of the command line. */
export function supervise(entry: string, children: readonly Child[], say: (line: string) => void): Supervised {
  let stopping = false
  const living = new Map<string, ChildProcess>()

  const start = (child: Child, pause: number, first: boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const spawned = fork(entry, [child.name], { env: environmentOf(child), stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
      living.set(child.name, spawned)
      let ready = false
      spawned.on('message', (message) => {
        if (message !== 'ready') return
        ready = true
        resolve()
      })
      spawned.once('exit', (code, signal) => {
        living.delete(child.name)
        if (stopping) return resolve()
        if (first && !ready) return reject(new Error(`the ${child.name} did not start (${signal ?? `exit code ${code}`})`))
        const next = ready ? FIRST_PAUSE_MS : Math.min(pause * 2, LONGEST_PAUSE_MS)
        say(`the ${child.name} ended (${signal ?? `exit code ${code}`}) and is started again`)
        setTimeout(() => {
          if (!stopping) start(child, next, false).catch(() => undefined)
        }, next)
      })
    })

  return {
    ready: Promise.all(children.map((child) => start(child, FIRST_PAUSE_MS, true))).then(() => undefined),
    reload: () => void living.get('issuer')?.kill('SIGHUP'),
    stop: async () => {
      stopping = true
      await Promise.all([...living.values()].map(end))
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

function environmentOf({ environment }: Child): Record<string, string> {
  const inherited = INHERITED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]))
  // Given to the child from its first line on, the compile cache spares it the TypeScript compiler: 20 MB and a quarter of a second.
  const cache = getCompileCacheDir()
  return { ...Object.fromEntries(inherited), ...(cache && { NODE_COMPILE_CACHE: dirname(cache) }), ...environment }
}
