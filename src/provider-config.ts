// The organisation's OpenID provider out of the environment: all of it or nothing. What this file alone holds: a provider that is half configured
// stops the start, since an enrolment that silently takes less than was meant is worse than none; and no claim is read as a person that people
// can choose for themselves. The secret's file is read when the issuer starts, not here. docs/oidc.md.

import { misfit, type Reader } from './variables.ts'

export type ProviderConfig = {
  /** Exactly as the provider says it: ID tokens must carry the same text. */
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: { readonly value: string } | { readonly file: string }
  /** Empty: whatever the provider did is enough. */
  readonly acrValues: readonly string[]
  readonly subjectClaim: string
}

const NAMES = [
  'OIDC_ISSUER',
  'OIDC_CLIENT_ID',
  'OIDC_CLIENT_SECRET',
  'OIDC_CLIENT_SECRET_FILE',
  'OIDC_ACR_VALUES',
  'OIDC_SUBJECT_CLAIM',
] as const
export const PROVIDER_VARIABLES: readonly string[] = NAMES
export const PROVIDER_SECRETS: readonly string[] = ['OIDC_CLIENT_SECRET', 'OIDC_CLIENT_SECRET_FILE']

/** OpenID Connect Core 5.7: only `sub` stays with its owner for ever; these are what people call themselves, or may be given to somebody else. */
const CHOSEN_BY_PEOPLE = ['preferred_username', 'nickname', 'name', 'given_name', 'family_name', 'profile', 'upn', 'phone_number']
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

/** The provider, or undefined where none of its variables is set. */
export function readProvider(of: Reader): ProviderConfig | undefined {
  if (NAMES.every((name) => !of.env[name])) return undefined
  const issuer = readIssuerOf(of)
  const clientId = of.text('OIDC_CLIENT_ID', /^[!-~]{1,255}$/, 'is no client id')
  const clientSecret = readSecret(of)
  const acrValues = of.env['OIDC_ACR_VALUES'] ? of.list('OIDC_ACR_VALUES', /^[!-~]{1,255}$/, 'holds what is no value of acr') : []
  const subjectClaim = of.env['OIDC_SUBJECT_CLAIM']
    ? of.text('OIDC_SUBJECT_CLAIM', /^[A-Za-z][\w.:/-]{0,99}$/, 'is no name of a claim')
    : 'sub'
  if (CHOSEN_BY_PEOPLE.includes(subjectClaim))
    of.problem(misfit('OIDC_SUBJECT_CLAIM', `is ${subjectClaim}, which people can change or be given anew`))
  return { issuer, clientId, clientSecret, acrValues, subjectClaim }
}

function readIssuerOf(of: Reader): string {
  const value = of.text('OIDC_ISSUER', /^[!-~]{1,500}$/, 'is no https URL')
  if (value === '') return ''
  const at = URL.parse(value)
  const isLocal = at?.protocol === 'http:' && LOOPBACK.includes(at.hostname)
  if (at?.protocol !== 'https:' && !isLocal) of.problem(misfit('OIDC_ISSUER', 'is no https URL'))
  else if (at.username || at.password) of.problem(misfit('OIDC_ISSUER', 'holds a name or password'))
  else if (at.search || at.hash) of.problem(misfit('OIDC_ISSUER', 'has a query or a fragment'))
  return value
}

function readSecret(of: Reader): ProviderConfig['clientSecret'] {
  if (of.env['OIDC_CLIENT_SECRET_FILE']) {
    if (of.env['OIDC_CLIENT_SECRET'])
      of.problem(
        'OIDC_CLIENT_SECRET and OIDC_CLIENT_SECRET_FILE are both set: unset one, so that it is clear which secret is meant.',
      )
    return { file: of.text('OIDC_CLIENT_SECRET_FILE') }
  }
  return { value: of.text('OIDC_CLIENT_SECRET', /^[!-~]{8,1024}$/, 'is no client secret') }
}
