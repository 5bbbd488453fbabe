// The command line and composition root: which command was meant, what its process is made of, and nothing else. Each command loads only its own
// modules, so that the bot's process never holds the issuer's, and the sandbox's code is never loaded in production.

import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Configured, isSandbox, readBot, readIssuer, readSandbox, readStart } from './config.ts'
import { openLogger } from './logger.ts'
import { runUntilStopped, StartRefused, tellFailure } from './run.ts'
import { type Supervised, supervise } from './supervise.ts'

// Three processes load much the same code: compiled once, it is ready sooner and takes less memory. Beside the code, never in the system's temporary
// folder, where any local user could lie in wait with compiled code of his own. Who installed it may write there; for others there is no cache.
const CACHE = fileURLToPath(new URL('../node_modules/.cache/countersign', import.meta.url))
enableCompileCache(CACHE)

const ENTRY = fileURLToPath(import.meta.url)
const HELP = `countersign: just-in-time privileged access; the bot may ask, only signatures may grant

  countersign start               both processes; without any configuration, everything embedded
  countersign bot                 the bot: Slack, console, telling
  countersign issuer              the issuer: the pages where people sign, and the credentials
  countersign migrate             bring the database up to date (MIGRATE_DATABASE_URL)
  countersign bootstrap [--person ID …] [--new-realm prod|sandbox]
                                  pin the first one to three administrators, on the issuer's host
  countersign runbooks check [DIR] [--json]
                                  every mistake in the runbooks, with file, line and mend
  countersign claim [--issuer URL] [--name NAME] [--json | --exec -- COMMAND …]
                                  wait here for a credential, and print it or run a command with it

Settings come from the environment; README.md lists them.
`

type Command = (args: readonly string[]) => Promise<void>
const COMMANDS: Readonly<Record<string, Command>> = { start, bot, issuer, migrate, bootstrap, runbooks, claim }

const [name = 'help', ...args] = process.argv.slice(2)
const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
if (command) await command(args).catch(tellFailure)
else {
  const asked = ['help', '--help', '-h'].includes(name)
  ;(asked ? process.stdout : process.stderr).write(asked ? HELP : `countersign: there is no command “${name}”\n\n${HELP}`)
  process.exitCode = asked ? 0 : 64
}

async function start(): Promise<void> {
  const env = process.env
  if (!isSandbox(env)) {
    must(readStart(env))
    const of = (names: readonly string[]) => Object.fromEntries(names.flatMap((each) => (env[each] ? [[each, env[each]]] : [])))
    const shared = ['PUBLIC_URL', 'ISSUER_URL', 'TRUST_ROOTS', 'HOST', 'TRUSTED_PROXIES', 'LOG_LEVEL']
    const children = supervise(
      ENTRY,
      [
        { name: 'issuer', environment: of([...shared, 'ISSUER_DATABASE_URL', 'ISSUER_PORT', 'KEYS_DIR', 'RUNBOOKS_DIR']) },
        {
          name: 'bot',
          environment: of([...shared, 'DATABASE_URL', 'PORT', ...Object.keys(env).filter((each) => each.startsWith('SLACK_'))]),
        },
      ],
      tell,
    )
    await children.ready.catch(async (error: unknown) => {
      await children.stop()
      throw error
    })
    process.on('SIGHUP', children.reload)
    tell('ready')
    return runUntilStopped(children.stop)
  }
  const settings = must(readSandbox(env))
  const began = performance.now()
  const { prepareSandbox } = await import('./sandbox/prepare.ts')
  const { readyText } = await import('./sandbox/ready-text.ts')
  const preparing = prepareSandbox(settings, openLogger('sandbox', settings.logLevel))
  let children: Supervised | undefined
  const close = async () => {
    await children?.stop()
    await (await preparing).close()
  }
  // From the first moment: who interrupts a start must not leave a database behind.
  runUntilStopped(close)
  const sandbox = await preparing
  children = supervise(
    ENTRY,
    [
      { name: 'issuer', environment: sandbox.issuer },
      { name: 'bot', environment: sandbox.bot },
    ],
    tell,
  )
  await children.ready.catch(async (error: unknown) => {
    await close()
    throw error
  })
  process.stdout.write(readyText(sandbox.urls, (performance.now() - began) / 1000))
}

async function issuer(): Promise<void> {
  const config = must(readIssuer(process.env))
  const { serveIssuer } = await import('./issuer/serve.ts')
  const ring = process.env['SANDBOX_KEYS']
  const sandbox = ring === undefined ? undefined : (await import('./sandbox/issuer-part.ts')).sandboxPart(config.issuerUrl, ring)
  const log = openLogger('issuer', config.logLevel)
  let served: Awaited<ReturnType<typeof serveIssuer>> | undefined
  // From the first moment: a start reads the runbooks anyway, and must not be ended by the wish to read them again.
  process.on('SIGHUP', () => void served?.reload())
  served = await serveIssuer(config, log, sandbox)
  runUntilStopped(served.close)
}

async function bot(): Promise<void> {
  const config = must(readBot(process.env))
  const { serveBot } = await import('./bot/serve.ts')
  const served = await serveBot(config, openLogger('bot', config.logLevel))
  runUntilStopped(served.close)
}

async function migrate(): Promise<void> {
  const url = process.env['MIGRATE_DATABASE_URL']
  if (!url) throw new StartRefused(['MIGRATE_DATABASE_URL is missing: the login that owns the tables'])
  const log = openLogger('migrate', process.env['LOG_LEVEL'] ?? 'warn')
  const { prepareRoles } = await import('./db/roles.ts')
  const { migrate } = await import('./db/migrate.ts')
  await prepareRoles(url)
  const applied = await migrate(url, { log })
  tell(applied.length === 0 ? 'the database is up to date' : `applied ${applied.join(', ')}`)
}

async function bootstrap(args: readonly string[]): Promise<void> {
  const { bootstrapRealm } = await import('./issuer/bootstrap.ts')
  await bootstrapRealm(args, process.env, { input: process.stdin, output: process.stdout })
}

async function runbooks(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false } },
  })
  const [verb, dir = process.env['RUNBOOKS_DIR'] ?? 'runbooks'] = positionals
  if (verb !== 'check') throw new StartRefused(['say `countersign runbooks check [DIR] [--json]`'])
  const { runbooksCheck } = await import('./cli/runbooks-check.ts')
  const { credentialKinds } = await import('./credentials/index.ts')
  const { stdout } = process
  process.exitCode = await runbooksCheck(
    dir,
    { json: values.json, kinds: credentialKinds },
    { write: (text) => stdout.write(text), colour: stdout.isTTY },
  )
}

async function claim(args: readonly string[]): Promise<void> {
  const { claimHere } = await import('./cli/claim.ts')
  process.exitCode = await claimHere(args, process.env, process)
}

function must<T>(configured: Configured<T>): T {
  if (!configured.ok) throw new StartRefused(configured.problems)
  return configured.config
}

function tell(line: string): void {
  process.stderr.write(`countersign: ${line}\n`)
}
