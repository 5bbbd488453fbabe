// How a process of ours lives: it says when it is ready, drains when it is asked to end or when its supervisor is gone, and turns what is wrong with
// its start into sentences and an exit code instead of a stack trace.

/** What is wrong in words for whoever starts it: told as it stands, without a stack. */
export class StartRefused extends Error {
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.problems = problems
  }
}

const DRAIN_MS = 10_000

/** Keeps the process until it is told to end; `close` gets ten seconds. */
export function runUntilStopped(close: () => Promise<void>): void {
  let ending = false
  const end = (): void => {
    if (ending) return
    ending = true
    setTimeout(() => process.exit(1), DRAIN_MS).unref()
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
        process.exit(1)
      },
    )
  }
  process.once('SIGTERM', end)
  process.once('SIGINT', end)
  process.once('disconnect', end)
  process.send?.('ready')
}

/** Tells a failed start in words; exit code 78 (EX_CONFIG) for what the operator can mend, 1 for a fault. */
export function tellFailure(error: unknown): never {
  if (error instanceof StartRefused) {
    for (const problem of error.problems) process.stderr.write(`countersign: ${problem}\n`)
    process.exit(78)
  }
  const words = startWords(error)
  process.stderr.write(`countersign: ${words ?? (error instanceof Error ? error.message : String(error))}\n`)
  if (words === undefined && error instanceof Error && process.env['LOG_LEVEL'] === 'debug')
    process.stderr.write(`${error.stack}\n`)
  process.exit(words === undefined ? 1 : 78)
}

/** Words for failures of the machine that a start meets often. */
function startWords(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  const { code } = error
  if (code === 'EADDRINUSE' && 'port' in error)
    return `Port ${error.port} is taken. End what uses it, or choose another with PORT, ISSUER_PORT or SANDBOX_PORT.`
  if (code === 'EACCES' && 'port' in error) return `Port ${error.port} may not be opened by this user. Choose one above 1023.`
  if (code === 'ENOSPC') return 'The disk is full.'
  if (code === 'ECONNREFUSED') return `The database does not answer: ${error.message}`
  if (code === '28P01' || code === '28000') return `The database refuses this login: ${error.message}`
  if (code === '3D000') return `${error.message}: create it and run \`countersign migrate\`.`
  if (code === '42P01') return 'The database has no tables of Countersign yet: run `countersign migrate`.'
  return undefined
}
