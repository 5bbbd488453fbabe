// The variables of the organisation's provider: all of them or none, and each with what is wrong and its mend.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { misfitsOfRealm, readBot, readIssuer, splitEnvironment } from '../src/config.ts'

const issuer = {
  PUBLIC_URL: 'https://bot.example',
  ISSUER_URL: 'https://issuer.example',
  TRUST_ROOTS: '/etc/roots.json',
  ISSUER_DATABASE_URL: 'postgres://i@db/c',
  KEYS_DIR: '/keys',
  RUNBOOKS_DIR: '/runbooks',
}
const provider = {
  OIDC_ISSUER: 'https://login.example/tenant/',
  OIDC_CLIENT_ID: 'countersign',
  OIDC_CLIENT_SECRET: 'a-long-secret',
}
const told = (over: Record<string, string>): string => {
  const read = readIssuer({ ...issuer, ...over })
  return read.ok ? '' : read.problems.join('\n')
}
const read = (over: Record<string, string>) => {
  const found = readIssuer({ ...issuer, ...over })
  return found.ok ? found.config.provider : found.problems
}

test('without any of its variables there is no provider', () => assert.equal(read({}), undefined))

test('with them there is one: by its subject, whatever it did, unless said otherwise', () => {
  assert.deepEqual(read(provider), {
    issuer: 'https://login.example/tenant/',
    clientId: 'countersign',
    clientSecret: { value: 'a-long-secret' },
    acrValues: [],
    subjectClaim: 'sub',
  })
  const { OIDC_CLIENT_SECRET: _, ...rest } = provider
  const more = { OIDC_CLIENT_SECRET_FILE: '/run/secrets/oidc', OIDC_ACR_VALUES: 'urn:mfa, phr', OIDC_SUBJECT_CLAIM: 'email' }
  assert.deepEqual(read({ ...rest, ...more }), {
    issuer: 'https://login.example/tenant/',
    clientId: 'countersign',
    clientSecret: { file: '/run/secrets/oidc' },
    acrValues: ['urn:mfa', 'phr'],
    subjectClaim: 'email',
  })
})

test('some of them and not all stop the start and name what is missing', () => {
  for (const [name, value] of Object.entries({ ...provider, OIDC_ACR_VALUES: 'phr', OIDC_SUBJECT_CLAIM: 'oid' })) {
    const words = told({ [name]: value })
    for (const needed of ['OIDC_ISSUER', 'OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET'])
      assert.equal(words.includes(`${needed} is missing`), needed !== name, `${needed} beside ${name}`)
  }
})

for (const [is, over, words] of [
  ['a provider without https', { OIDC_ISSUER: 'http://login.example' }, /OIDC_ISSUER is no https URL: set it to/],
  ['a provider that is no address', { OIDC_ISSUER: 'login.example' }, /OIDC_ISSUER is no https URL/],
  ['a provider with a password', { OIDC_ISSUER: 'https://a:b@login.example' }, /OIDC_ISSUER holds a name or password/],
  ['a provider with a query', { OIDC_ISSUER: 'https://login.example/?a=b' }, /OIDC_ISSUER has a query/],
  [
    'a secret with the line end of its file',
    { OIDC_CLIENT_SECRET: 'a-long-secret\n' },
    /OIDC_CLIENT_SECRET has a space or line end/,
  ],
  ['a secret in two places', { OIDC_CLIENT_SECRET_FILE: '/run/x' }, /both set: unset one/],
  ['ways of signing in with a space between', { OIDC_ACR_VALUES: 'a b' }, /OIDC_ACR_VALUES holds what is no value/],
  [
    'a claim that people choose',
    { OIDC_SUBJECT_CLAIM: 'preferred_username' },
    /OIDC_SUBJECT_CLAIM is preferred_username, which people can change/,
  ],
  ['a claim that is none', { OIDC_SUBJECT_CLAIM: 'e mail' }, /OIDC_SUBJECT_CLAIM is no name of a claim/],
] as const)
  test(`${is} stop the start`, () => {
    assert.match(told({ ...provider, ...over }), words)
    assert.ok(!told({ ...provider, ...over }).includes('a-long-secret'), 'the secret is not told')
  })

test('a provider on this machine is for trying out: a production realm demands https', () => {
  const local = read({ ...provider, OIDC_ISSUER: 'http://localhost:9000' })
  assert.ok(local && 'issuer' in local)
  const config = { publicUrl: issuer.PUBLIC_URL, issuerUrl: issuer.ISSUER_URL, host: '0.0.0.0', provider: local }
  assert.match(misfitsOfRealm(config, { realm: 'prod:0123456789abcdefghjkmnpqrs' }).join(), /OIDC_ISSUER must begin with https/)
})

test('the client’s secret is the issuer’s alone', () => {
  const { bot, issuer: own } = splitEnvironment({ ...issuer, ...provider })
  assert.equal(own['OIDC_CLIENT_SECRET'], 'a-long-secret')
  assert.ok(!Object.keys(bot).some((name) => name.startsWith('OIDC_')))
  const given = readBot({ ...issuer, OIDC_CLIENT_SECRET: 'a-long-secret' })
  assert.ok(!given.ok && given.problems.some((problem) => problem.startsWith('OIDC_CLIENT_SECRET must not be given to the bot')))
})
