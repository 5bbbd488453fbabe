// The environment, read once: either a frozen configuration for one process, or every problem at once, each naming its variable and the mend. A
// misconfiguration stops the start (invariant 7). Which variables there are is the outside surface of DESIGN section 7; whether this is the sandbox
// is decided by none of those of production being set, never by a flag that could be left on.

import type { TrustRoots } from './domain/directory.ts'

type Environment = Readonly<Record<string, string | undefined>>
export type Configured<T> =
  | { readonly ok: true; readonly config: T }
  | { readonly ok: false; readonly problems: readonly string[] }

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

/** What only production sets: any of these, and nothing is embedded. */
export const PRODUCTION = [...NEEDED, 'MIGRATE_DATABASE_URL', 'HOST', 'SLACK_API_URL', 'SLACK_APP_TOKEN'] as const

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']

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
  readonly signingSecret: string
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
  readonly trustRoots: string
  readonly keysDir: string
  readonly runbooksDir: string
  readonly trustedProxies: readonly string[]
}
export type BootstrapConfig = Omit<IssuerConfig, 'databaseUrl'>

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
  if (new Set([config.port, config.issuerPort, config.sandboxPort]).size < 3)
    of.problem('PORT, ISSUER_PORT and SANDBOX_PORT must be three different ports')
  return of.done(config)
}

/** Every variable that production's `start` needs and this environment lacks. */
export function readStart(env: Environment): Configured<{ readonly names: readonly string[] }> {
  const missing = NEEDED.filter((name) => !env[name])
  if (missing.length === 0) return { ok: true, config: { names: NEEDED } }
  const given = PRODUCTION.filter((name) => env[name])
  return {
    ok: false,
    problems: [
      `${given.join(', ')} ${given.length === 1 ? 'is' : 'are'} set, so this is not the sandbox; ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} missing. Set all of them, or none for the sandbox.`,
    ],
  }
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
      botToken: of.text('SLACK_BOT_TOKEN', /^xoxb-/, 'a bot token, which begins with xoxb-'),
      signingSecret: of.text('SLACK_SIGNING_SECRET', /^.{16,}$/, 'the signing secret of the Slack app'),
      apiUrl: env['SLACK_API_URL'] ? of.url('SLACK_API_URL') : undefined,
      teamIds: of.list('SLACK_TEAM_IDS', /^[TE][A-Z0-9]+$/, 'team ids like T0123ABC, separated by commas'),
    },
  }
  if (env['KEYS_DIR'] || env['ISSUER_DATABASE_URL'])
    of.problem('KEYS_DIR and ISSUER_DATABASE_URL are the issuer’s: the bot must not be given them')
  return of.done(config)
}

/** The issuer's configuration. */
export function readIssuer(env: Environment): Configured<IssuerConfig> {
  const of = reader(env)
  const config: IssuerConfig = { databaseUrl: of.database('ISSUER_DATABASE_URL'), ...issuerHost(of) }
  if (Object.keys(env).some((name) => name.startsWith('SLACK_') && env[name]))
    of.problem('SLACK_… variables are the bot’s: the issuer must not be given them')
  return of.done(config)
}

/** What `bootstrap` needs: the issuer's configuration without its database, which need not be there yet. */
export function readBootstrap(env: Environment): Configured<BootstrapConfig> {
  const of = reader(env)
  return of.done(issuerHost(of))
}

/** What must hold between configuration and realm: production is served over https from two hosts, neither above the other; the sandbox on loopback. */
export function misfitsOfRealm(
  config: Pick<Common, 'publicUrl' | 'issuerUrl' | 'host'>,
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
    if (url.protocol !== 'https:') problems.push(`${name} must be https in production`)
  }
  const [a, b] = [bot.hostname, issuer.hostname]
  if (a === b || a.endsWith(`.${b}`) || b.endsWith(`.${a}`)) {
    problems.push(
      'PUBLIC_URL and ISSUER_URL must be two hosts, neither a parent of the other: a cookie or a passkey of one must mean nothing to the other',
    )
  }
  return problems
}

const common = (of: ReturnType<typeof reader>): Common => ({
  host: of.env['HOST'] || '127.0.0.1',
  logLevel: of.level('info'),
  metricsToken: of.env['METRICS_TOKEN']
    ? of.text('METRICS_TOKEN', /^[!-~]{24,}$/, 'a secret of at least 24 characters without spaces')
    : undefined,
  publicUrl: of.origin('PUBLIC_URL'),
  issuerUrl: of.origin('ISSUER_URL'),
})

const issuerHost = (of: ReturnType<typeof reader>): BootstrapConfig => ({
  ...common(of),
  port: of.port('ISSUER_PORT', 3001),
  trustRoots: of.text('TRUST_ROOTS'),
  keysDir: of.text('KEYS_DIR'),
  runbooksDir: of.text('RUNBOOKS_DIR'),
  trustedProxies: (of.env['TRUSTED_PROXIES'] ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter(Boolean),
})

function reader(env: Environment) {
  const problems: string[] = []
  const problem = (text: string): void => {
    problems.push(text)
  }
  const text = (name: string, pattern = /^/, what = ''): string => {
    const value = env[name] ?? ''
    if (!value) problem(`${name} is missing`)
    else if (!pattern.test(value)) problem(`${name} is not ${what}`)
    return value
  }
  const url = (name: string): string => {
    const value = text(name)
    if (value && !(URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)))
      problem(`${name} is not an http or https URL: ${value}`)
    return value
  }
  return {
    env,
    problem,
    text,
    url,
    port: (name: string, fallback: number): number => {
      const value = env[name]
      if (!value) return fallback
      if (/^\d{1,5}$/.test(value) && Number(value) > 0 && Number(value) < 65_536) return Number(value)
      problem(`${name} is not a port from 1 to 65535: ${value}`)
      return fallback
    },
    level: (fallback: string): string => {
      const value = env['LOG_LEVEL'] || fallback
      if (!LEVELS.includes(value)) problem(`LOG_LEVEL is not one of ${LEVELS.join(', ')}: ${value}`)
      return value
    },
    database: (name: string): string => text(name, /^postgres(ql)?:\/\//, 'a postgres:// URL'),
    origin: (name: string): string => {
      const value = url(name)
      if (!URL.canParse(value)) return value
      const { origin, pathname, search, hash } = new URL(value)
      if (pathname !== '/' || search || hash) problem(`${name} must be an origin without a path: ${value}`)
      return origin
    },
    list: (name: string, each: RegExp, what: string): readonly string[] => {
      const values = text(name)
        .split(',')
        .map((value) => value.trim())
        .filter(Boolean)
      if (values.some((value) => !each.test(value))) problem(`${name} is not ${what}`)
      return values
    },
    done: <T>(config: T): Configured<T> =>
      problems.length === 0 ? { ok: true, config: Object.freeze(config) } : { ok: false, problems },
  }
}
