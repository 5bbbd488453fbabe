// The environment, read once: either a frozen configuration for one process, or every problem at once, each naming its variable and the mend. A
// misconfiguration stops the start (invariant 7). Which variables there are is the outside surface of DESIGN section 7; whether this is the sandbox
// is decided by none of those of production being set, never by a flag that could be left on.

import type { TrustRoots } from './domain/directory.ts'
import { PROVIDER_SECRETS, PROVIDER_VARIABLES, type ProviderConfig, readProvider } from './provider-config.ts'
import { type Configured, type Environment, misfit, type Reader, reader } from './variables.ts'

/** What `start` needs when it is not the sandbox. */
const NEEDED = [
  'DATABASE_URL',
  'ISSUER_DATABASE_URL',
  'PUBLIC_URL',
  'ISSUER_URL',
  'RUNBOOKS_DIR',
  'TRUST_ROOTS',
  'KEYS_DIR',
  'SLACK_BOT_TOKEN',
  'SLACK_SIGNING_SECRET',
  'SLACK_TEAM_IDS',
] as const

/** What each process of `start` is given of this environment, and nothing of the other's. */
const SHARED = ['PUBLIC_URL', 'ISSUER_URL', 'TRUST_ROOTS', 'HOST', 'LOG_LEVEL', 'METRICS_TOKEN']
const OF_ISSUER = [
  'ISSUER_DATABASE_URL',
  'ISSUER_PORT',
  'KEYS_DIR',
  'RUNBOOKS_DIR',
  'HEAD_STORE_URL',
  'TRUSTED_PROXIES',
  ...PROVIDER_VARIABLES,
]
const OF_BOT = ['DATABASE_URL', 'PORT']

/** What only production sets: any of these, and nothing is embedded. */
export const PRODUCTION = [
  ...NEEDED,
  'HEAD_STORE_URL',
  'MIGRATE_DATABASE_URL',
  'HOST',
  'SLACK_API_URL',
  'SLACK_APP_TOKEN',
  'OIDC_ISSUER',
] as const

type Common = {
  readonly host: string
  readonly logLevel: string
  readonly publicUrl: string
  readonly issuerUrl: string
  /** What Prometheus must show at `/metrics`; without one there is none. */
  readonly metricsToken: string | undefined
}
export type SandboxConfig = {
  readonly port: number
  readonly issuerPort: number
  readonly sandboxPort: number
  readonly dataDir: string
  readonly logLevel: string
}
export type SlackConfig = {
  readonly botToken: string
  /** Newest first: two while the secret is exchanged. */
  readonly signingSecrets: readonly string[]
  readonly apiUrl: string | undefined
  readonly teamIds: readonly string[]
}
export type BotConfig = Common & {
  readonly port: number
  readonly databaseUrl: string
  readonly trustRoots: string
  readonly slack: SlackConfig
}
export type IssuerConfig = Common & {
  readonly port: number
  readonly databaseUrl: string
  /** Where the outside heads of several issuers are kept; without one they are a file in KEYS_DIR. */
  readonly headStoreUrl: string | undefined
  /** Where requesters may sign in to enrol a first key; without one only administrators enrol. */
  readonly provider: ProviderConfig | undefined
  readonly trustRoots: string
  readonly keysDir: string
  readonly runbooksDir: string
  readonly trustedProxies: readonly string[]
}
export type BootstrapConfig = Omit<IssuerConfig, 'databaseUrl' | 'headStoreUrl' | 'provider'>

/** Whether this environment asks for the sandbox. */
export const isSandbox = (env: Environment): boolean => PRODUCTION.every((name) => !env[name])

/** The sandbox's few settings. */
export function readSandbox(env: Environment): Configured<SandboxConfig> {
  const of = reader(env)
  const config = {
    port: of.port('PORT', 3000),
    issuerPort: of.port('ISSUER_PORT', 3001),
    sandboxPort: of.port('SANDBOX_PORT', 3002),
    dataDir: env['DATA_DIR'] || '.countersign',
    logLevel: of.level('warn'),
  }
  const { port, issuerPort, sandboxPort, dataDir } = config
  if (new Set([port, issuerPort, sandboxPort]).size < 3)
    of.problem(
      `PORT, ISSUER_PORT and SANDBOX_PORT must be three different ports, but are ${port}, ${issuerPort} and ${sandboxPort}: change one.`,
    )
  if (dataDir.trim() === '') of.problem(misfit('DATA_DIR', 'is blank'))
  return of.done(config)
}

export type Environments = Readonly<Record<'issuer' | 'bot', Readonly<Record<string, string>>>>

/** What is each process's own of an environment for both. */
export function splitEnvironment(env: Environment): Environments {
  const of = (names: readonly string[]): Readonly<Record<string, string>> =>
    Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : [])))
  const bots = Object.keys(env).filter((name) => OF_BOT.includes(name) || name.startsWith('SLACK_'))
  return { issuer: of([...SHARED, ...OF_ISSUER]), bot: of([...SHARED, ...bots]) }
}

/** What production's `start` gives to its two processes, when both can do with it; otherwise the problems of both, each once. */
export function readStart(env: Environment): Configured<Environments> {
  const config = splitEnvironment(env)
  const [issuer, bot] = [readIssuer(config.issuer), readBot(config.bot)]
  const problems = new Set([issuer, bot].flatMap((read) => (read.ok ? [] : read.problems)))
  if (issuer.ok && bot.ok) {
    if (issuer.config.port === bot.config.port)
      problems.add(`PORT and ISSUER_PORT are both ${bot.config.port}: choose two ports.`)
    if (issuer.config.databaseUrl === bot.config.databaseUrl)
      problems.add('DATABASE_URL and ISSUER_DATABASE_URL are one login: give each process its own.')
  }
  // Whoever wanted the sandbox and has one of these left over from elsewhere is told so, too.
  if (NEEDED.some((name) => !env[name])) {
    const given = PRODUCTION.filter((name) => env[name])
    problems.add(
      `This is not the sandbox, because ${given.join(', ')} ${given.length === 1 ? 'is' : 'are'} set; for the sandbox unset ${given.length === 1 ? 'it' : 'them'}.`,
    )
  }
  return problems.size === 0 ? { ok: true, config } : { ok: false, problems: [...problems] }
}

/** The bot's configuration. */
export function readBot(env: Environment): Configured<BotConfig> {
  const of = reader(env)
  const config: BotConfig = {
    ...common(of),
    port: of.port('PORT', 3000),
    databaseUrl: of.database('DATABASE_URL'),
    trustRoots: of.text('TRUST_ROOTS'),
    slack: {
      botToken: of.text('SLACK_BOT_TOKEN', /^xoxb-[\w-]+$/, 'is no bot token'),
      signingSecrets: of
        .text('SLACK_SIGNING_SECRET', /^[^,\s]{16,}(,\s?[^,\s]{16,})?$/, 'is no signing secret')
        .split(',')
        .map((secret) => secret.trim()),
      apiUrl: env['SLACK_API_URL'] ? of.apiUrl('SLACK_API_URL') : undefined,
      teamIds: of.list('SLACK_TEAM_IDS', /^[TE][A-Z0-9]+$/, 'holds what is no id of a workspace'),
    },
  }
  of.mustNot('the bot', ['ISSUER_DATABASE_URL', 'MIGRATE_DATABASE_URL', 'HEAD_STORE_URL', 'KEYS_DIR', ...PROVIDER_SECRETS])
  // Whoever gives it expects something of it: passed over, it would do nothing, well-formed or not.
  if (env['TRUSTED_PROXIES'])
    of.problem('TRUSTED_PROXIES is the issuer’s alone, because the bot tells nobody apart by address: unset it there.')
  if (env['SLACK_APP_TOKEN'])
    of.problem(
      'SLACK_APP_TOKEN is for Socket Mode, which the bot does not speak: unset it, and have Slack post to PUBLIC_URL/slack/events.',
    )
  return of.done(config)
}

/** The issuer's configuration. */
export function readIssuer(env: Environment): Configured<IssuerConfig> {
  const of = reader(env)
  const config: IssuerConfig = {
    databaseUrl: of.database('ISSUER_DATABASE_URL'),
    headStoreUrl: env['HEAD_STORE_URL'] ? of.database('HEAD_STORE_URL') : undefined,
    provider: readProvider(of),
    ...issuerHost(of),
  }
  of.mustNot('the issuer', [
    'DATABASE_URL',
    'MIGRATE_DATABASE_URL',
    ...Object.keys(env).filter((name) => name.startsWith('SLACK_')),
  ])
  return of.done(config)
}

/** What `bootstrap` needs: the issuer's configuration without its database, which need not be there yet. */
export function readBootstrap(env: Environment): Configured<BootstrapConfig> {
  const of = reader(env)
  return of.done(issuerHost(of))
}

/** The login by which `migrate` comes. */
export function readMigrate(env: Environment): Configured<{ readonly databaseUrl: string; readonly logLevel: string }> {
  const of = reader(env)
  return of.done({ databaseUrl: of.database('MIGRATE_DATABASE_URL'), logLevel: of.level('warn') })
}

/** What must hold between configuration and realm: production is served over https from two hosts, neither above the other; the sandbox on loopback. */
export function misfitsOfRealm(
  config: Pick<Common, 'publicUrl' | 'issuerUrl' | 'host'> & Partial<Pick<IssuerConfig, 'provider'>>,
  roots: Pick<TrustRoots, 'realm'>,
): readonly string[] {
  const bot = new URL(config.publicUrl)
  const issuer = new URL(config.issuerUrl)
  if (roots.realm.startsWith('sandbox:')) {
    return [bot, issuer].every(({ hostname }) => hostname === 'localhost') && ['127.0.0.1', 'localhost'].includes(config.host)
      ? []
      : ['A sandbox realm is served on localhost only. For anything else run `countersign bootstrap` with a production realm.']
  }
  const problems: string[] = []
  for (const [name, url] of [
    ['PUBLIC_URL', bot],
    ['ISSUER_URL', issuer],
  ] as const) {
    if (url.protocol !== 'https:') problems.push(`${name} must begin with https:// in production, where people sign and sign in.`)
  }
  if (config.provider && !config.provider.issuer.startsWith('https://'))
    problems.push('OIDC_ISSUER must begin with https:// in production: whoever stands between could say who signed in.')
  const [a, b] = [bot.hostname, issuer.hostname]
  if (a === b || a.endsWith(`.${b}`) || b.endsWith(`.${a}`)) {
    problems.push(
      'PUBLIC_URL and ISSUER_URL must be two hosts, neither a parent of the other: a cookie or a passkey of one must mean nothing to the other.',
    )
  }
  return problems
}

const common = (of: Reader): Common => ({
  host: of.env['HOST'] ? of.text('HOST', /^[\w.:-]+$/, 'is no address') : '127.0.0.1',
  logLevel: of.level('info'),
  metricsToken: of.env['METRICS_TOKEN'] ? of.text('METRICS_TOKEN', /^[!-~]{24,}$/, 'could be guessed') : undefined,
  publicUrl: of.origin('PUBLIC_URL'),
  issuerUrl: of.origin('ISSUER_URL'),
})

const issuerHost = (of: Reader): BootstrapConfig => ({
  ...common(of),
  port: of.port('ISSUER_PORT', 3001),
  trustRoots: of.text('TRUST_ROOTS'),
  keysDir: of.text('KEYS_DIR'),
  runbooksDir: of.text('RUNBOOKS_DIR'),
  trustedProxies: of.proxies(),
})
