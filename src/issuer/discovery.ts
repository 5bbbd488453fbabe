// What others read to know us. Two issuers live on one origin and must never be taken for each other:
// - `<origin>` issues access tokens (`typ: at+jwt`). Its document has keys but no authorization endpoint, as a Kubernetes API server's has:
//   nobody signs in with it, and the clouds that federate with it need no more.
// - `<origin>/oidc` signs people in at the bot (`typ: id+jwt`), with a key of its own in a key set of its own. A resource server that trusts
//   `<origin>` finds no key for an ID token, and the bot none for an access token.

import { ACTION_DETAIL } from '../credentials/jwt.ts'
import type { PublicJwk } from './key-file.ts'

/** The header type of our ID tokens. */
export const ID_TOKEN_TYPE = 'id+jwt'

/** The `iss` of ID tokens. */
export const oidcIssuer = (origin: string): string => `${origin}/oidc`

/** `/.well-known/openid-configuration`: the issuer of access tokens. */
export const tokenDiscovery = (origin: string) => ({
  issuer: origin,
  jwks_uri: `${origin}/jwks.json`,
  response_types_supported: ['id_token'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256', 'ES256'],
  authorization_details_types_supported: [ACTION_DETAIL],
})

/** `/oidc/.well-known/openid-configuration`: sign-in by passkey, code flow with PKCE only. */
export const oidcDiscovery = (origin: string) => ({
  issuer: oidcIssuer(origin),
  jwks_uri: `${origin}/oidc/jwks.json`,
  authorization_endpoint: `${origin}/authorize`,
  token_endpoint: `${origin}/token`,
  scopes_supported: ['openid'],
  response_types_supported: ['code'],
  response_modes_supported: ['query'],
  grant_types_supported: ['authorization_code'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['ES256'],
  token_endpoint_auth_methods_supported: ['none'],
  code_challenge_methods_supported: ['S256'],
  claims_supported: ['iss', 'sub', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'amr', 'realm'],
  authorization_response_iss_parameter_supported: true,
})

/** A key set document; only public members, and no `x5c`, which some clouds refuse. */
export const jwks = (keys: readonly PublicJwk[]) => ({ keys })
