// The command line and composition root: which command was meant, what its process is made of, and nothing else. Each command loads only its own
// modules, so that the bot's process never holds the issuer's, and the sandbox's code is never loaded in production.

import './compile-cache.js'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readArguments } from './cli/arguments.ts'
import { helpFor, helpText, noCommand } from './cli/help.ts'
import { isSandbox, readBot, readIssuer, readMigrate, readSandbox, readStart } from './config.ts'
import { openLogger } from './logger.ts'
import { EXIT, heedSupervisorAlone, runUntilStopped, StartRefused, say, sayReady, takeHanded, tellFailure } from './run.ts'
import { supervise } from './supervise.ts'
import type { Configured } from './variables.ts'

const ENTRY = fileURLToPath(import.meta.url)
/** A supervisor's: its processes have less. */
const DRAIN_MS = 10_000

type Command = (args: readonly string[]) => Promise<void>
const COMMANDS: Readonly<Record<string, Command>> = {
  start,
  bot,
  issuer,
  migrate,
  bootstrap,
  runbooks,
  attestation,
  claim,
  receipt,
  verify,
  doctor,
  help,
}

// Who reads our output may go, and the disk that keeps it may be full: neither ends a process that serves.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)
const [first = 'help', ...args] = process.argv.slice(2)
const asked = ['--help', '-h'].includes(first) ? 'help' : first
const command = Object.hasOwn(COMMANDS, asked) ? COMMANDS[asked] : undefined
if (first === '--version' || first === '-v') process.stdout.write(`${version()}\n`)
else if (!command) await tellFailure(new StartRefused([noCommand(first)], EXIT.usage))
else if (isHelpAsked(args)) await help([asked])
else await command(args).catch(tellFailure)

async function help(names: readonly string[]): Promise<void> {
  const [name] = names
  const text = name === undefined || name === 'help' ? helpText() : helpFor(name)
  if (text === undefined) throw new StartRefused([noCommand(name ?? '')], EXIT.usage)
  process.stdout.write(text)
}

async function start(args: readonly string[]): Promise<void> {
  readArguments('start', args, {})
  if (isSandbox(process.env)) return startSandbox()
  const environments = must(readStart(process.env))
  const children = supervise(
    ENTRY,
    [
      { name: 'issuer', environment: environments.issuer },
      { name: 'bot', environment: environments.bot },
    ],
    say,
  )
  process.on('SIGHUP', children.reload)
  runUntilStopped(children.stop, { drainMs: DRAIN_MS, kill: children.kill })
  await children.ready.catch(async (error: unknown) => {
    await children.stop()
    throw error
  })
  say('ready')
}

async function startSandbox(): Promise<void> {
  const settings = must(readSandbox(process.env))
  const began = performance.now()
  const over = new AbortController()
  const preparing = (async () => {
    const { prepareSandbox } = await import('./sandbox/prepare.ts')
    return prepareSandbox(settings, openLogger('sandbox', settings.logLevel), over.signal)
  })()
  // They read their code while the database comes up.
  const children = supervise(
    ENTRY,
    [
      { name: 'issuer', environment: preparing.then(({ issuer }) => issuer) },
      { name: 'bot', environment: preparing.then(({ bot }) => bot) },
    ],
    say,
  )
  const close = async () => {
    over.abort()
    await children.stop()
    const prepared = await preparing.catch(() => undefined)
    await prepared?.close()
  }
  // From the first moment: who interrupts a start must not leave a database behind.
  runUntilStopped(close, { drainMs: DRAIN_MS, kill: children.kill })
  const [sandbox] = await Promise.all([preparing, children.ready]).catch(async (error: unknown) => {
    if (over.signal.aborted) return []
    await close()
    throw error
  })
  if (!sandbox || over.signal.aborted) return
  const { readyText } = await import('./sandbox/ready-text.ts')
  const seconds = (performance.now() - began) / 1000
  process.stdout.write(readyText({ urls: sandbox.urls, seconds, dataDir: settings.dataDir, colour: mayColour() }))
}

async function issuer(args: readonly string[]): Promise<void> {
  readArguments('issuer', args, {})
  heedSupervisorAlone()
  const loading = import('./issuer/serve.ts')
  await takeHanded()
  const config = must(readIssuer(process.env))
  const { serveIssuer } = await loading
  const ring = process.env['SANDBOX_KEYS']
  const sandbox = ring === undefined ? undefined : (await import('./sandbox/issuer-part.ts')).sandboxPart(config.issuerUrl, ring)
  const log = openLogger('issuer', config.logLevel)
  let served: Awaited<ReturnType<typeof serveIssuer>> | undefined
  // From the first moment: a start reads the runbooks anyway, and must not be ended by the wish to read them again.
  process.on('SIGHUP', () => void served?.reload())
  served = await serveIssuer(config, log, sandbox)
  runUntilStopped(served.close)
  sayReady()
}

async function bot(args: readonly string[]): Promise<void> {
  readArguments('bot', args, {})
  heedSupervisorAlone()
  const loading = import('./bot/serve.ts')
  await takeHanded()
  const config = must(readBot(process.env))
  const { serveBot } = await loading
  const served = await serveBot(config, openLogger('bot', config.logLevel))
  runUntilStopped(served.close)
  sayReady()
}

async function migrate(args: readonly string[]): Promise<void> {
  readArguments('migrate', args, {})
  const { databaseUrl, logLevel } = must(readMigrate(process.env))
  const { migrateDatabase } = await import('./cli/migrate.ts')
  const applied = await migrateDatabase(databaseUrl, openLogger('migrate', logLevel))
  say(applied.length === 0 ? 'the database is up to date' : `applied ${applied.join(', ')}`)
}

async function bootstrap(args: readonly string[]): Promise<void> {
  const { bootstrapRealm } = await import('./issuer/bootstrap.ts')
  await bootstrapRealm(args, process.env, { input: process.stdin, output: process.stdout })
}

async function runbooks(args: readonly string[]): Promise<void> {
  const { values, positionals } = readArguments('runbooks', args, { json: { type: 'boolean', default: false } }, 2)
  const [verb, dir = process.env['RUNBOOKS_DIR'] ?? 'runbooks'] = positionals
  if (verb !== 'check') throw new StartRefused(['say `countersign runbooks check [DIR] [--json]`'], EXIT.usage)
  const { runbooksCheck } = await import('./cli/runbooks-check.ts')
  const { credentialKinds } = await import('./credentials/index.ts')
  const { stdout } = process
  process.exitCode = await runbooksCheck(
    dir,
    { json: values.json === true, kinds: credentialKinds },
    { write: (text) => stdout.write(text), colour: mayColour() },
  )
}

async function attestation(args: readonly string[]): Promise<void> {
  const { attestationImport } = await import('./cli/attestation-import.ts')
  await attestationImport(args, process.env, process.stdout, new Date())
}

async function claim(args: readonly string[]): Promise<void> {
  const { claimHere } = await import('./cli/claim.ts')
  process.exitCode = await claimHere(args, process.env, process)
}

async function receipt(args: readonly string[]): Promise<void> {
  const { receiptHere } = await import('./cli/receipt.ts')
  const log = openLogger('receipt', process.env['LOG_LEVEL'] ?? 'error')
  process.exitCode = await receiptHere(args, process.env, { out: process.stdout, err: process.stderr }, log)
}

async function verify(args: readonly string[]): Promise<void> {
  const { verifyHere } = await import('./cli/verify.ts')
  const { stdout } = process
  const screen = { write: (text: string) => stdout.write(text), colour: mayColour(), columns: stdout.columns }
  const page = async () => (await import('./issuer/verifier-file.ts')).verifierFile()
  process.exitCode = await verifyHere(args, screen, page)
}

async function doctor(args: readonly string[]): Promise<void> {
  const { values } = readArguments('doctor', args, { json: { type: 'boolean', default: false } })
  const { examine } = await import('./doctor.ts')
  const { printFindings } = await import('./cli/print-findings.ts')
  const { ok, text } = printFindings(await examine(process.env), { json: values.json === true, colour: mayColour() })
  process.stdout.write(text)
  process.exitCode = ok ? 0 : 1
}

function must<T>(configured: Configured<T>): T {
  if (!configured.ok) throw new StartRefused(configured.problems)
  return configured.config
}

/** Whether help is what was wanted; what stands after -- is for another command. */
function isHelpAsked(args: readonly string[]): boolean {
  const own = args.includes('--') ? args.slice(0, args.indexOf('--')) : args
  return own.includes('--help') || own.includes('-h')
}

function mayColour(): boolean {
  return process.stdout.isTTY && !process.env['NO_COLOR']
}

function version(): string {
  const { name, version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as Record<
    string,
    string
  >
  return `${name} ${version} (Node.js ${process.version})`
}
