// The environment: what makes a sandbox, what stops a start, and that every problem is told at once.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isSandbox, misfitsOfRealm, PRODUCTION, readBot, readIssuer, readSandbox, readStart } from '../src/config.ts'

const shared = { PUBLIC_URL: 'https://bot.example', ISSUER_URL: 'https://issuer.example', TRUST_ROOTS: '/etc/roots.json' }
const bot = {
  ...shared,
  DATABASE_URL: 'postgres://b@db/c',
  SLACK_BOT_TOKEN: 'xoxb-1',
  SLACK_SIGNING_SECRET: '0123456789abcdef0123',
  SLACK_TEAM_IDS: 'T0123, T0456',
}
const issuer = { ...shared, ISSUER_DATABASE_URL: 'postgres://i@db/c', KEYS_DIR: '/keys', RUNBOOKS_DIR: '/runbooks' }
const problems = (of: { ok: boolean; problems?: readonly string[] }): string => (of.problems ?? []).join('\n')

test('the sandbox is what is started when nothing of production is set, and not otherwise', () => {
  assert.ok(isSandbox({ PORT: '4000', DATA_DIR: '/tmp/x', LOG_LEVEL: 'info' }))
  for (const name of PRODUCTION) assert.ok(!isSandbox({ [name]: 'x' }), name)
})

test('some of what production needs but not all of it stops the start and names what is missing', () => {
  const told = problems(readStart({ DATABASE_URL: 'postgres://x', PUBLIC_URL: 'https://x.example' }))
  for (const name of ['ISSUER_DATABASE_URL', 'KEYS_DIR', 'TRUST_ROOTS', 'SLACK_SIGNING_SECRET'])
    assert.ok(told.includes(name), name)
  assert.ok(readStart({ ...bot, ...issuer }).ok)
})

test('every problem of an environment is told at once', () => {
  const told = problems(
    readBot({
      ...bot,
      PORT: '99999',
      DATABASE_URL: 'mysql://x',
      SLACK_BOT_TOKEN: 'xoxp-1',
      LOG_LEVEL: 'loud',
      PUBLIC_URL: 'bot',
    }),
  )
  for (const name of ['PORT', 'DATABASE_URL', 'SLACK_BOT_TOKEN', 'LOG_LEVEL', 'PUBLIC_URL']) assert.ok(told.includes(name), name)
})

test('a complete environment is read, and neither process takes the other’s secrets', () => {
  const read = readBot(bot)
  assert.deepEqual(read.ok && read.config.slack.teamIds, ['T0123', 'T0456'])
  assert.ok(readIssuer(issuer).ok)
  assert.match(problems(readBot({ ...bot, KEYS_DIR: '/keys' })), /KEYS_DIR must not be given to the bot/)
  assert.match(problems(readIssuer({ ...issuer, SLACK_BOT_TOKEN: 'xoxb-1' })), /SLACK_BOT_TOKEN must not be given to the issuer/)
})

test('while a signing secret is exchanged two are read, newest first, and never three or an empty one', () => {
  const secrets = (value: string) => {
    const read = readBot({ ...bot, SLACK_SIGNING_SECRET: value })
    return read.ok ? read.config.slack.signingSecrets : read.problems.join()
  }
  const [fresh, old] = ['fresh-0123456789abcdef', 'older-0123456789abcdef']
  assert.deepEqual(secrets(fresh), [fresh])
  assert.deepEqual(secrets(`${fresh},${old}`), [fresh, old])
  assert.deepEqual(secrets(`${fresh}, ${old}`), [fresh, old])
  for (const wrong of [`${fresh},`, `,${fresh}`, `${fresh},short`, `${fresh},${old},${fresh}`])
    assert.match(String(secrets(wrong)), /SLACK_SIGNING_SECRET is no signing secret/, wrong)
})

test('an address with a path is not an origin', () => {
  assert.match(
    problems(readIssuer({ ...issuer, ISSUER_URL: 'https://issuer.example/countersign' })),
    /ISSUER_URL is more than an origin: set it to/,
  )
})

test('a production realm is served over https from two hosts, neither above the other', () => {
  const realm = 'prod:0123456789abcdefghjkmnpqrs'
  const of = (publicUrl: string, issuerUrl: string) => misfitsOfRealm({ publicUrl, issuerUrl, host: '0.0.0.0' }, { realm })
  assert.deepEqual(of('https://bot.example', 'https://issuer.example'), [])
  assert.equal(of('http://bot.example', 'https://issuer.example').length, 1)
  assert.equal(of('https://a.example', 'https://a.example').length, 1)
  assert.equal(of('https://example.com', 'https://issuer.example.com').length, 1)
})

test('a sandbox realm is served on this computer only', () => {
  const realm = 'sandbox:0123456789abcdefghjkmnpqrs'
  const of = (publicUrl: string, host: string) =>
    misfitsOfRealm({ publicUrl, issuerUrl: 'http://localhost:3001', host }, { realm })
  assert.deepEqual(of('http://localhost:3000', '127.0.0.1'), [])
  assert.equal(of('http://localhost:3000', '0.0.0.0').length, 1)
  assert.equal(of('http://bot.example', '127.0.0.1').length, 1)
})

test('a token for metrics that could be guessed stops the start, and without one there is none', () => {
  for (const [read, env] of [
    [readBot, bot],
    [readIssuer, issuer],
  ] as const) {
    assert.match(
      problems(read({ ...env, METRICS_TOKEN: 'short' })),
      /METRICS_TOKEN could be guessed: set it to a secret of at least 24 characters/,
    )
    const told = problems(read({ ...env, METRICS_TOKEN: 'with spaces in the middle of it' }))
    assert.ok(told.includes('METRICS_TOKEN') && !told.includes('in the middle'), 'the secret itself is not repeated')
    const without = read(env)
    assert.ok(without.ok && without.config.metricsToken === undefined)
    const given = read({ ...env, METRICS_TOKEN: '0123456789abcdef01234567' })
    assert.equal(given.ok && given.config.metricsToken, '0123456789abcdef01234567')
  }
})

test('three ports of the sandbox must be three', () => {
  assert.match(problems(readSandbox({ PORT: '3001' })), /three different ports/)
})

const IN = { bot: { read: readBot, complete: bot }, issuer: { read: readIssuer, complete: issuer } } as const
const MALFORMED: Readonly<Record<string, readonly [of: 'bot' | 'issuer', ...values: string[]]>> = {
  DATABASE_URL: ['bot', 'mysql://b@db/c', 'postgres://b@db', 'postgres://', 'db', ' postgres://b@db/c'],
  ISSUER_DATABASE_URL: ['issuer', 'postgres:/', 'http://b@db/c', 'postgres://i@db/c\n'],
  PUBLIC_URL: [
    'bot',
    'bot.example',
    'ftp://bot.example',
    'https://',
    'https://u:p@bot.example',
    'https://bot.example/?x',
    'https://bot.example/#x',
  ],
  ISSUER_URL: ['issuer', 'issuer', 'https://issuer.example/x', 'javascript:alert(1)'],
  SLACK_BOT_TOKEN: ['bot', 'xoxp-1', 'xoxb-!', 'xoxb-1 2', 'Bearer xoxb-1'],
  SLACK_SIGNING_SECRET: ['bot', 'short', 'with spaces in the middle of it'],
  SLACK_TEAM_IDS: ['bot', 'acme', 'T0123;T0456', 't0123'],
  SLACK_API_URL: ['bot', 'slack', 'http://slack.example/api/', 'https://slack.example/api'],
  PORT: ['bot', '0', '65536', '-1', '3000.5', '0x10', 'http'],
  ISSUER_PORT: ['issuer', '99999', ' '],
  HOST: ['bot', 'not a host', 'http://0.0.0.0', '0.0.0.0 '],
  TRUSTED_PROXIES: ['issuer', '10.0.0.0/33', 'proxy.example', '10.0.0.1,,x', '::1/129', '10.0.0.0/8/8'],
  LOG_LEVEL: ['issuer', 'loud', 'INFO'],
  METRICS_TOKEN: ['bot', 'short', 'twenty-four characters with spaces'],
}

describe('one sentence, naming the variable and its mend and never the value, for', () => {
  for (const [name, { read, complete }] of Object.entries(IN))
    for (const variable of Object.keys(complete))
      test(`the ${name} without ${variable}`, () => {
        const told = read({ ...complete, [variable]: '' })
        assert.ok(!told.ok)
        assert.equal(told.problems.length, 1, problems(told))
        assert.match(told.problems[0] ?? '', new RegExp(`^${variable} is missing: set it to .+\\.$`))
      })
  for (const [variable, [of, ...values]] of Object.entries(MALFORMED))
    for (const value of values)
      test(`${variable}=${JSON.stringify(value)}`, () => {
        const { read, complete } = IN[of]
        const told = read({ ...complete, [variable]: value })
        assert.ok(!told.ok)
        assert.equal(told.problems.length, 1, problems(told))
        assert.match(told.problems[0] ?? '', new RegExp(`^${variable} (is|has|holds|names|could|does) .+: set it to .+\\.$`))
        if (/TOKEN|SECRET|u:p/.test(variable + value)) assert.ok(!problems(told).includes(value))
      })
})

test('what is well-formed is taken as it is', () => {
  const taken = readIssuer({ ...issuer, TRUSTED_PROXIES: '10.0.0.0/8, ::1, loopback', HOST: '::', ISSUER_PORT: '65535' })
  assert.ok(taken.ok, problems(taken))
  assert.deepEqual(taken.config.trustedProxies, ['10.0.0.0/8', '::1', 'loopback'])
  for (const url of ['https://slack.example/api/', 'http://localhost:3002/api/'])
    assert.ok(readBot({ ...bot, SLACK_API_URL: url }).ok)
  assert.ok(readBot({ ...bot, DATABASE_URL: 'postgres://u:p%40ss@[::1]:5432/c?sslmode=verify-full' }).ok)
})

test('each process of a start is given its own and nothing of the other’s', () => {
  const start = readStart({
    ...bot,
    ...issuer,
    PORT: '3000',
    ISSUER_PORT: '3001',
    AWS_SECRET_ACCESS_KEY: 'x',
    MIGRATE_DATABASE_URL: 'x',
    TRUSTED_PROXIES: '10.0.0.0/8',
  })
  assert.ok(start.ok, problems(start))
  assert.equal(start.config.issuer['TRUSTED_PROXIES'], '10.0.0.0/8')
  assert.deepEqual(
    Object.keys(start.config.bot).filter((name) => /ISSUER_DATABASE|KEYS|RUNBOOKS|MIGRATE|AWS|PROXIES/.test(name)),
    [],
  )
  assert.deepEqual(
    Object.keys(start.config.issuer).filter((name) => /^DATABASE|SLACK|MIGRATE|AWS/.test(name)),
    [],
  )
})

test('a start tells what both processes lack once, and that two logins and two ports are two', () => {
  const told = readStart({ ...bot, ...issuer, PUBLIC_URL: 'x' })
  assert.equal(problems(told).match(/PUBLIC_URL/g)?.length, 1)
  const one = readStart({ ...bot, ...issuer, PORT: '4000', ISSUER_PORT: '4000', ISSUER_DATABASE_URL: bot.DATABASE_URL })
  assert.match(problems(one), /PORT and ISSUER_PORT are both 4000: .*\n.*are one login: give each process its own\./)
})

test('Socket Mode is refused in words, not passed over', () => {
  assert.match(problems(readBot({ ...bot, SLACK_APP_TOKEN: 'xapp-1' })), /^SLACK_APP_TOKEN is for Socket Mode, .*: unset it/)
})
