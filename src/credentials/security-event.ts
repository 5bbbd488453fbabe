// Tells a target that an access token has ended: a Security Event Token (RFC 8417) that says `session-revoked` (CAEP 1.0) of the token that its `sub_id`
// names by `iss` and `jti` (`jwt_id`, Shared Signals Framework 1.0), pushed by POST (RFC 8935). It is signed by the key of access tokens, which the target
// knows from discovery, and `typ` keeps the two apart; it never has `exp` or `sub`. The same end gives the same `jti` and `iat` however often it is sent.
// Hostile: an answer that never comes, leads elsewhere or never ends. Only a 202 is a confirmation.

import { type Signer, signJws, type TokenAlgorithm } from './jws.ts'
import type { Asked, Ended } from './kind.ts'

export const SECURITY_EVENT_TYPE = 'secevent+jwt'
export const SESSION_REVOKED = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked'
/** How long one try may take from connecting to the last byte that is read. */
export const TIMEOUT_MS = 5_000
const MOST_READ = 1_024

/** The event that an access token for this audience has ended. */
export const revocationEvent = (signer: Signer, alg: TokenAlgorithm, audience: string, ended: Ended): Promise<string> =>
  signJws(
    signer.sign,
    { alg, kid: signer.accessTokenKid[alg], typ: SECURITY_EVENT_TYPE },
    {
      iss: ended.issuer,
      aud: audience,
      iat: ended.endedAt,
      jti: `${ended.id}.ended`,
      txn: ended.request,
      sub_id: { format: 'jwt_id', iss: ended.issuer, jti: ended.id },
      events: { [SESSION_REVOKED]: { event_timestamp: ended.endedAt, initiating_entity: ended.initiator } },
    },
  )

/** Pushes one event. Anything but a 202 in time leaves the end pending, with the reason. */
export async function pushEvent(url: string, event: string, signal: AbortSignal): Promise<Asked> {
  const late = AbortSignal.timeout(TIMEOUT_MS)
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': `application/${SECURITY_EVENT_TYPE}`, accept: 'application/json' },
      body: event,
      redirect: 'manual',
      signal: AbortSignal.any([late, signal]),
    })
    const { status } = response
    if (status === 202) {
      await response.body?.cancel()
      return { recall: 'confirmed' }
    }
    const said = await readLittle(response)
    return { recall: 'pending', why: status >= 300 && status < 400 ? 'redirected' : 'refused', status, said }
  } catch {
    return { recall: 'pending', why: late.aborted ? 'timed_out' : 'unreachable' }
  }
}

/** The error code of RFC 8935 section 2.3 in the answer, if there is one; nothing else of a stranger's text is kept. */
async function readLittle({ body }: Response): Promise<string | undefined> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true })
    if (text.length >= MOST_READ) break
  }
  return /"err"\s*:\s*"([a-z_]{1,40})"/.exec(text)?.[1]
}
