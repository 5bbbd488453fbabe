// How a process of ours lives: it says when it is ready, drains when it is asked to end or when its supervisor is gone, ends at once when it is asked
// again, and turns what is wrong with its start into sentences and an exit code instead of a stack trace. Under a supervisor it tells that one, who
// tells each sentence once; a terminal's Ctrl-C and hang-up reach the whole group, so that the supervisor alone heeds them.

import { once } from 'node:events'
import { constants } from 'node:os'
import { withoutSecrets } from './logger.ts'

/** Exit codes, as sysexits.h names them: with `config` another start brings the same, with `unavailable` it may do better. */
export const EXIT = { fault: 1, usage: 64, unavailable: 69, config: 78 } as const

/** What is wrong in words for whoever starts it, a sentence each: told as they stand, without a stack. */
export class StartRefused extends Error {
  readonly problems: readonly string[]
  readonly code: number
  constructor(problems: readonly string[], code: number = EXIT.config) {
    super(problems.join('\n'))
    this.problems = problems
    this.code = code
  }
}

/** What a process that could not start says of it; a supervised one sends it to its supervisor. */
export type Failure = { readonly problems: readonly string[]; readonly code: number }

/** Less than what the supervisor waits for, so that a process ends itself. */
const DRAIN_MS = 8_000
/** One Ctrl-C may come twice: from the terminal, and from the npm between. */
const SAME_MS = 300
const STILL_MS = 2_000

/** Keeps the process until it is told to end; `close` gets some seconds, and no more after a second word. */
export function runUntilStopped(close: () => Promise<void>, { drainMs = DRAIN_MS, kill = () => {} } = {}): void {
  let endingSince: number | undefined
  const end = (signal: NodeJS.Signals | 'disconnect'): void => {
    const now = performance.now()
    if (endingSince !== undefined) {
      if (now - endingSince < SAME_MS) return
      kill()
      process.exit(signal === 'disconnect' ? EXIT.fault : 128 + constants.signals[signal])
    }
    endingSince = now
    const late = () => {
      kill()
      process.exit(EXIT.fault)
    }
    setTimeout(late, drainMs).unref()
    setTimeout(() => supervised() || say('still ending; once more ends it at once'), STILL_MS).unref()
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        for (const problem of failureOf(error).problems) say(problem)
        process.exit(EXIT.fault)
      },
    )
  }
  for (const signal of supervised() ? (['SIGTERM'] as const) : (['SIGTERM', 'SIGINT', 'SIGHUP'] as const)) {
    // Whoever reads something again at a hang-up does not end by it.
    if (signal !== 'SIGHUP' || process.listenerCount(signal) === 0) process.on(signal, () => end(signal))
  }
  process.on('disconnect', () => end('disconnect'))
}

/** Leaves to the supervisor what a terminal sends to the whole group. */
export function heedSupervisorAlone(): void {
  if (!supervised()) return
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined)
}

/** A variable that says that a supervisor hands the others on, and the member of its message that does. */
export const HANDED = 'COUNTERSIGN_HANDED'

/** Waits for what the supervisor hands on, if it said that it will, as part of this process's environment. */
export async function takeHanded(): Promise<void> {
  if (!supervised() || process.env[HANDED] === undefined) return
  delete process.env[HANDED]
  const alone = () => process.exit(EXIT.fault)
  process.once('disconnect', alone)
  const [message] = (await once(process, 'message')) as [Readonly<Record<typeof HANDED, Record<string, string>>>]
  process.off('disconnect', alone)
  Object.assign(process.env, message[HANDED])
}

/** Tells the supervisor, if there is one, that this process serves. */
export function sayReady(): void {
  process.send?.('ready')
}

/** Tells whoever started this a line. */
export function say(line: string): void {
  process.stderr.write(`countersign: ${withoutSecrets(line)}\n`)
}

/** Tells why a start failed, to the supervisor or on the error output, and ends the process. */
export async function tellFailure(error: unknown): Promise<never> {
  const failure = failureOf(error)
  if (failure.code === EXIT.fault && process.env['LOG_LEVEL'] === 'debug' && error instanceof Error)
    process.stderr.write(`${withoutSecrets(error.stack ?? '')}\n`)
  const { send } = process
  const isTold =
    send !== undefined &&
    process.connected &&
    (await new Promise<boolean>((resolve) => send.call(process, failure, (failed: Error | null) => resolve(failed === null))))
  if (!isTold) for (const problem of failure.problems) say(problem)
  process.exit(failure.code)
}

/** What an error says to whoever starts or ends a process, and with which code it ends. */
export function failureOf(error: unknown): Failure {
  if (error instanceof StartRefused) return { problems: error.problems, code: error.code }
  const [words, code] = machineWords(error) ?? [error instanceof Error ? error.message : String(error), EXIT.fault]
  return { problems: [words], code }
}

const supervised = (): boolean => process.send !== undefined

/** Words for failures of the machine that a start meets often. */
function machineWords(error: unknown): readonly [words: string, code: number] | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  const { code, message } = error
  const path = 'path' in error && typeof error.path === 'string' ? error.path : undefined
  const port = 'port' in error ? error.port : undefined
  const place = path ?? 'a file'
  switch (code) {
    case 'EADDRINUSE':
      return [`Port ${port} is taken. End what uses it, or choose another with PORT, ISSUER_PORT or SANDBOX_PORT.`, EXIT.config]
    case 'EADDRNOTAVAIL':
      return ['HOST is no address of this machine: set it to one, like 0.0.0.0, or unset it for 127.0.0.1.', EXIT.config]
    case 'ENOTFOUND':
      return [
        `HOST is a name that nobody knows here: set it to an address, like 0.0.0.0, or unset it for 127.0.0.1.`,
        EXIT.config,
      ]
    case 'ENOSPC':
    case 'EDQUOT':
      return [
        `There is no space left on the disk${path === undefined ? '' : ` of ${path}`}: make some and start again.`,
        EXIT.unavailable,
      ]
    case 'ENOENT':
      // What making a folder on a read-only disk comes to.
      if (!('syscall' in error) || error.syscall !== 'mkdir') return undefined
      return [
        `${place} cannot be made: its disk is mounted read-only, or what is above it has gone. Name another folder.`,
        EXIT.config,
      ]
    case 'EROFS':
      return [`${place} lies on a disk that is mounted read-only: name another folder, or mount it to be written.`, EXIT.config]
    case 'EACCES':
    case 'EPERM':
      if (port !== undefined) return [`Port ${port} may not be opened by this user. Choose one above 1023.`, EXIT.config]
      return [`${place} may not be read or written by this user: change its owner or mode, or name another.`, EXIT.config]
    case 'ENOTDIR':
      return [`${place} cannot be: a part of this path is a file. Name another folder.`, EXIT.config]
    case 'EISDIR':
      return [`${place} is a folder where a file must be: name the file.`, EXIT.config]
    case 'EEXIST':
      return [`${place} is a file where a folder must be: name another folder.`, EXIT.config]
    case 'ENAMETOOLONG':
      return ['DATA_DIR is longer than this system can do with: choose a shorter path.', EXIT.config]
    case '53100':
      return [`The database has no space left on its disk (${message}): make some and start again.`, EXIT.unavailable]
    default:
      return undefined
  }
}
