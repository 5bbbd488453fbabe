// An issuer that lives for one test: real keys, a real discovery document and key set over HTTP, and tokens as our issuer would mint them.

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'

const SESSION_REVOKED = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked'

export interface TestIssuer {
  readonly url: string
  /** A token with the claims of a good one, but for what is told. */
  readonly token: (change?: {
    readonly claims?: JWTPayload
    readonly typ?: string
    readonly alg?: 'RS256' | 'PS256'
    readonly expiresIn?: string
  }) => Promise<string>
  /** Word that `credential-1` was ended early, but for what is told. */
  readonly event: (change?: {
    readonly claims?: { readonly [claim: string]: unknown }
    readonly typ?: string
    readonly forged?: boolean
  }) => Promise<string>
  /** The same claims signed by a key that nobody published. */
  readonly forged: (audience: string) => Promise<string>
}

export async function issuerOfTest(t: TestContext, audience: string): Promise<TestIssuer> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
  const jwk = await exportJWK(publicKey)
  const other = await generateKeyPair('RS256')
  const http = createServer((request, response) => {
    const documents: Record<string, unknown> = {
      '/.well-known/openid-configuration': { issuer: url, jwks_uri: `${url}/jwks.json` },
      '/jwks.json': { keys: [{ ...jwk, kid: 'one', use: 'sig' }] },
    }
    const document = documents[request.url ?? '']
    response.writeHead(document ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(document ?? {}))
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  t.after(() => {
    http.closeAllConnections()
    http.close()
  })
  const claims = (): JWTPayload => ({
    iss: url,
    aud: audience,
    sub: 'rey',
    jti: 'credential-1',
    scope: 'service:restart',
    authorization_details: [
      {
        type: 'urn:countersign:action',
        runbook: 'service',
        action: 'restart',
        request: 'r-1',
        resource: { service: 'payments-api' },
      },
    ],
  })
  const sign = (payload: JWTPayload, key = privateKey, header = { alg: 'RS256', typ: 'at+jwt' }, expiresIn = '5m') =>
    new SignJWT(payload)
      .setProtectedHeader({ ...header, kid: 'one' })
      .setIssuedAt()
      .setExpirationTime(expiresIn)
      .sign(key)
  return {
    url,
    token: async ({ claims: changed, typ = 'at+jwt', alg = 'RS256', expiresIn = '5m' } = {}) => {
      const key = alg === 'RS256' ? privateKey : await pssKey(privateKey)
      return sign({ ...claims(), ...changed }, key, { alg, typ }, expiresIn)
    },
    event: async ({ claims: changed, typ = 'secevent+jwt', forged = false } = {}) =>
      new SignJWT({
        iss: url,
        aud: audience,
        iat: Math.floor(Date.now() / 1000) - 7200,
        jti: 'credential-1.ended',
        txn: 'r-1',
        sub_id: { format: 'jwt_id', iss: url, jti: 'credential-1' },
        events: { [SESSION_REVOKED]: { event_timestamp: 1, initiating_entity: 'user' } },
        ...changed,
      })
        .setProtectedHeader({ alg: 'RS256', typ, kid: 'one' })
        .sign(forged ? other.privateKey : privateKey),
    forged: async (aud) => sign({ ...claims(), aud }, other.privateKey),
  }
}

/** The same RSA key, imported for another algorithm. */
async function pssKey(key: CryptoKey): Promise<CryptoKey> {
  const jwk = await exportJWK(key)
  return crypto.subtle.importKey('jwk', { ...jwk, alg: 'PS256' }, { name: 'RSA-PSS', hash: 'SHA-256' }, false, ['sign'])
}
