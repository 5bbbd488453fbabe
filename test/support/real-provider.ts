// An OpenID provider that others use (the package oidc-provider), on a port of its own with its own keys, sessions, codes and checks. Only who stands
// before it is ours: a person names an account at its sign-in page, as a browser with a cookie jar that follows every redirect but the last.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import { Provider } from 'oidc-provider'

type After = { after(work: () => Promise<void> | void): void }
export type Account = { readonly email?: string; readonly email_verified?: boolean; readonly oid?: string }
export type SignsIn = {
  readonly account: string
  /** How they sign in there, as the provider calls it. */
  readonly acr?: string
  /** When they signed in there, if not now; as a provider would say that lets in by an older session. */
  readonly at?: Date
  /** Walks away from the sign-in page. */
  readonly gives?: 'nothing' | 'up'
}
export const CLIENT = { id: 'countersign', secret: 'a secret: of 40 letters & more %' } as const

/** Opens one; `over` bends its configuration, `redirectUri` is where it may send people back to. */
export async function openRealProvider(t: After, redirectUri: string, over: Readonly<Record<string, unknown>> = {}) {
  let handle: (request: IncomingMessage, response: ServerResponse) => void
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    handle(request, response)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  // Another site than the issuer of the tests, as it is in the world: cookies know it.
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const accounts = new Map<string, Account>()
  const client = (client_id: string, redirect_uri = redirectUri) => ({
    client_id,
    client_secret: CLIENT.secret,
    redirect_uris: [redirect_uri],
    id_token_signed_response_alg: 'ES256',
  })
  const provider = new Provider(issuer, {
    clients: [client(CLIENT.id), client('somebody-else')],
    jwks: { keys: [{ ...(await exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey)), use: 'sig' }] },
    claims: { openid: ['sub', 'oid'], email: ['email', 'email_verified'] },
    // Mail addresses stand in the ID token, as most providers put them there.
    conformIdTokenClaims: false,
    acrValues: ['urn:password', 'urn:mfa'],
    cookies: { keys: ['only for this test'] },
    ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, IdToken: 600, AuthorizationCode: 60 },
    features: { devInteractions: { enabled: false } },
    findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id, ...accounts.get(id) }) }),
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/sign-in/${uid}` },
    ...over,
  })
  const answer = provider.callback()
  const signIn = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { params, prompt, session } = await provider.interactionDetails(request, response)
    const said = JSON.parse(String(request.headers['x-person'])) as { account: string; acr?: string; ts?: number; gives?: string }
    if (said.gives === 'up')
      return provider.interactionFinished(request, response, { error: 'access_denied', error_description: '<b>no</b>' })
    if (prompt.name === 'login')
      return provider.interactionFinished(request, response, { login: { accountId: said.account, acr: said.acr, ts: said.ts } })
    const grant = new provider.Grant({ accountId: session?.accountId ?? '', clientId: params['client_id'] ?? '' })
    grant.addOIDCScope(params['scope'] ?? '')
    return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } })
  }
  handle = (request, response) => {
    if (!request.url?.startsWith('/sign-in/')) return answer(request, response)
    signIn(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
  }
  const close = (): void => {
    server.closeAllConnections()
    server.close()
  }
  t.after(close)
  return {
    issuer,
    accounts,
    close,
    /** Paths it was asked for. */
    asked,
    /** Follows an authorization address as a person's fresh browser; answers where that is sent back to. */
    visit: (url: string, person: SignsIn): Promise<URL> => visit(url, person, redirectUri),
  }
}

async function visit(url: string, { account, acr, at, gives }: SignsIn, redirectUri: string): Promise<URL> {
  const jar = new Map<string, string>()
  const person = JSON.stringify({ account, acr, gives, ...(at && { ts: Math.floor(at.getTime() / 1000) }) })
  for (let next = url, steps = 0; steps < 10; steps += 1) {
    if (next.startsWith(redirectUri)) return new URL(next)
    const response = await fetch(next, {
      redirect: 'manual',
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '), 'x-person': person },
    })
    const text = await response.text()
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      jar.set(name, value)
    }
    const location = response.headers.get('location')
    if (location === null) throw new Error(`the provider answered ${response.status}: ${text.slice(0, 500)}`)
    next = new URL(location, next).href
  }
  throw new Error('the provider sends people in a circle')
}
