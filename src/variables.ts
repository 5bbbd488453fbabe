// The variables of the environment in the words in which a start asks for them: what each must be, with an example. A problem of a variable is one
// sentence that names it, says what is wrong and ends with these words. None of them repeats a value that may be a secret.

import { isIP } from 'node:net'
import { nearestName } from './domain/nearest.ts'

export type Configured<T> =
  | { readonly ok: true; readonly config: T }
  | { readonly ok: false; readonly problems: readonly string[] }

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']
/** Names that stand for networks where addresses of proxies are listed. */
const NETWORKS = ['loopback', 'linklocal', 'uniquelocal']

const login = (whose: string, user: string) => `${whose}, like postgres://${user}:PASSWORD@db.example.com/countersign`

const WANTED = {
  DATABASE_URL: login('the bot’s own database login', 'bot_login'),
  ISSUER_DATABASE_URL: login('the issuer’s own database login', 'issuer_login'),
  HEAD_STORE_URL:
    'a PostgreSQL of its own for the heads of several issuers, like postgres://heads:PASSWORD@elsewhere.example.com/heads, or unset it',
  MIGRATE_DATABASE_URL: login('the database login that owns the tables', 'owner'),
  PUBLIC_URL: 'the bot’s origin, like https://countersign-bot.example.com',
  ISSUER_URL: 'the issuer’s origin, like https://countersign-issuer.example.com',
  RUNBOOKS_DIR: 'the folder that holds runbooks, directory.yaml and targets.yaml',
  TRUST_ROOTS: 'the path of trust-roots.json, which `countersign bootstrap` writes',
  KEYS_DIR: 'the folder of the issuer’s keys, which `countersign bootstrap` makes',
  SLACK_BOT_TOKEN: 'the bot token of the Slack app, which begins with xoxb-',
  SLACK_SIGNING_SECRET:
    'the signing secret of the Slack app (while it is exchanged the new one and the old one, separated by a comma)',
  SLACK_TEAM_IDS: 'the ids of the workspaces that are served, like T0123ABC, separated by commas',
  SLACK_API_URL: 'another place than slack.com for its Web API, like https://slack.example.com/api/, or unset it',
  PORT: 'a port from 1 to 65535, or unset it for 3000',
  ISSUER_PORT: 'a port from 1 to 65535, or unset it for 3001',
  SANDBOX_PORT: 'a port from 1 to 65535, or unset it for 3002',
  HOST: 'an address of this machine, like 0.0.0.0, or unset it for 127.0.0.1',
  TRUSTED_PROXIES: 'the addresses or networks of your proxies, like 10.0.0.0/8, separated by commas, or unset it',
  LOG_LEVEL: 'one of trace, debug, info, warn, error, fatal, silent, or unset it',
  OIDC_ISSUER:
    'the issuer of your OpenID provider, exactly as its discovery document says it, like https://login.example.com, or unset every OIDC_ variable',
  OIDC_CLIENT_ID: 'the id under which your OpenID provider knows Countersign, or unset every OIDC_ variable',
  OIDC_CLIENT_SECRET: 'the secret of that client, or name its file in OIDC_CLIENT_SECRET_FILE',
  OIDC_CLIENT_SECRET_FILE: 'the path of a file that holds only the client’s secret',
  OIDC_ACR_VALUES: 'the values of acr that are enough, separated by commas, or unset it for whatever the provider did',
  OIDC_SUBJECT_CLAIM: 'a claim that never goes to another human, like sub, oid or email, or unset it for sub',
  METRICS_TOKEN: 'a secret of at least 24 characters without spaces, or unset it for no /metrics',
  DATA_DIR: 'a folder for the sandbox’s data, or unset it for .countersign',
} as const

type Variable = keyof typeof WANTED
export type Environment = Readonly<Record<string, string | undefined>>

/** The sentence about a variable whose value cannot be used; `flaw` says why, without the value. */
export const misfit = (name: Variable, flaw: string): string => `${name} ${flaw}: set it to ${WANTED[name]}.`

/** The sentence about a variable that is not set; names one that was perhaps meant by it. */
function missing(name: Variable, env: Environment): string {
  const strangers = Object.keys(env).filter((each) => env[each] && !Object.hasOwn(WANTED, each))
  const near = nearestName(name, strangers)
  return misfit(name, near === undefined ? 'is missing' : `is missing (was ${near} meant to be it?)`)
}

export type Reader = ReturnType<typeof reader>

/** Reads one variable after the other out of an environment and keeps every problem. What has one reads as empty. */
export function reader(env: Environment) {
  const problems: string[] = []
  const problem = (text: string): void => {
    problems.push(text)
  }
  const text = (name: Variable, pattern = /^/, flaw = ''): string => {
    const value = env[name] ?? ''
    if (!value) problem(missing(name, env))
    // As a file with a line end becomes, when it is read into a variable.
    else if (value !== value.trim()) problem(misfit(name, 'has a space or line end around it'))
    else if (!pattern.test(value)) problem(misfit(name, flaw))
    else return value
    return ''
  }
  const url = (name: Variable, protocol: RegExp, flaw: string): URL | undefined => {
    const value = text(name)
    const found = URL.parse(value)
    if (found && protocol.test(found.protocol)) return found
    if (value) problem(misfit(name, flaw))
    return undefined
  }
  const listed = (name: Variable): readonly string[] =>
    (env[name] ?? '')
      .split(',')
      .map((value) => value.trim())
      .filter(Boolean)
  return {
    env,
    problem,
    text,
    mustNot: (whose: string, names: readonly string[]): void => {
      for (const name of names) if (env[name]) problem(`${name} must not be given to ${whose}: unset it there.`)
    },
    apiUrl: (name: 'SLACK_API_URL'): string => {
      const at = url(name, /^https?:$/, 'is no URL')
      if (!at) return ''
      // The bot token travels there with each call.
      if (at.protocol === 'http:' && !['localhost', '127.0.0.1', '[::1]'].includes(at.hostname))
        problem(misfit(name, 'is not https'))
      else if (!at.pathname.endsWith('/')) problem(misfit(name, 'does not end with a slash'))
      return at.href
    },
    port: (name: Variable, fallback: number): number => {
      const value = env[name]
      if (!value) return fallback
      if (/^\d{1,5}$/.test(value) && Number(value) > 0 && Number(value) < 65_536) return Number(value)
      problem(misfit(name, 'is no port'))
      return fallback
    },
    level: (fallback: string): string => {
      const value = env['LOG_LEVEL'] || fallback
      if (!LEVELS.includes(value)) problem(misfit('LOG_LEVEL', 'is no level'))
      return value
    },
    database: (name: Variable): string => {
      const at = url(name, /^postgres(ql)?:$/, 'is no postgres:// URL')
      if (at && at.pathname.length < 2) problem(misfit(name, 'names no database'))
      return at ? (env[name] ?? '') : ''
    },
    origin: (name: Variable): string => {
      const at = url(name, /^https?:$/, 'is no http or https URL')
      if (!at) return ''
      const { origin, pathname, search, hash, username, password } = at
      if (username || password) problem(misfit(name, 'holds a name or password'))
      else if (pathname !== '/' || search || hash) problem(misfit(name, 'is more than an origin'))
      return origin
    },
    list: (name: Variable, each: RegExp, flaw: string): readonly string[] => {
      const values = text(name) === '' ? [] : listed(name)
      if (values.some((value) => !each.test(value))) problem(misfit(name, flaw))
      return values
    },
    proxies: (): readonly string[] => {
      const values = listed('TRUSTED_PROXIES')
      if (!values.every(isNetwork)) problem(misfit('TRUSTED_PROXIES', 'holds what is no address'))
      return values
    },
    done: <T>(config: T): Configured<T> =>
      problems.length === 0 ? { ok: true, config: Object.freeze(config) } : { ok: false, problems },
  }
}

function isNetwork(value: string): boolean {
  const [address = '', bits, ...rest] = value.split('/')
  const family = isIP(address)
  if (family === 0) return NETWORKS.includes(value)
  return rest.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)))
}
