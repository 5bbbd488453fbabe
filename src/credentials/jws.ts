// Compact JWS (RFC 7515 section 7.1) over a signer that may be a file today and a key service tomorrow: jose has no hook for a key it does not
// hold, so the signing input is built here. `kid` and `alg` come from the signer, never from a caller's header; `typ` is always given, so that
// one kind of token is never taken for another (RFC 8725 section 3.11).

import { encodeBase64url } from '../domain/base64url.ts'

/** Algorithms of access tokens: RS256 is understood everywhere, ES256 where the target asks for it, EdDSA nowhere by default. */
export type TokenAlgorithm = 'RS256' | 'ES256'
export type SigningAlgorithm = TokenAlgorithm | 'Ed25519'

/** Signs bytes with the key that `kid` names; throws when that key is of another algorithm. ECDSA signatures are in IEEE P1363 form. */
export type Sign = (alg: SigningAlgorithm, kid: string, bytes: Uint8Array) => Promise<Uint8Array>

/** What a credential kind may sign with: the access-token keys, one per algorithm. */
export type Signer = { readonly sign: Sign; readonly accessTokenKid: Readonly<Record<TokenAlgorithm, string>> }

/** Signs claims as a compact JWS. */
export async function signJws(
  sign: Sign,
  key: { readonly alg: TokenAlgorithm; readonly kid: string; readonly typ: string },
  claims: Readonly<Record<string, unknown>>,
): Promise<string> {
  const header = { alg: key.alg, kid: key.kid, typ: key.typ }
  const signingInput = `${part(header)}.${part(claims)}`
  const signature = await sign(key.alg, key.kid, new TextEncoder().encode(signingInput))
  return `${signingInput}.${encodeBase64url(signature)}`
}

const part = (value: Readonly<Record<string, unknown>>): string =>
  encodeBase64url(new TextEncoder().encode(JSON.stringify(value)))
