// One more bot, a process of its own as in production, which ends with the benchmark.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { freePort } from '../support/free-port.ts'
import type { Hooks } from './measure.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

/** Starts it on a port of its own and waits until it is ready; answers its origin, which is its public one unless told otherwise. */
export async function forkBot(hooks: Hooks, environment: NodeJS.ProcessEnv): Promise<string> {
  const port = await freePort()
  const origin = `http://localhost:${port}`
  const env = { LOG_LEVEL: 'error', PUBLIC_URL: origin, ...environment, PORT: String(port) }
  const bot = fork(MAIN, ['bot'], { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const exited = once(bot, 'exit')
  hooks.after(async () => {
    bot.kill('SIGTERM')
    await exited
  })
  const said = await Promise.race([
    once(bot, 'message'),
    exited.then(([code]) => Promise.reject(new Error(`a bot ended: ${code}`))),
  ])
  if (said[0] !== 'ready') throw new Error(`a bot said ${String(said[0])}`)
  return origin
}
