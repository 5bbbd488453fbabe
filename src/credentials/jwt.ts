// JWT access tokens (RFC 9068) for resource servers that know us from discovery alone. What was approved, by whom and for which request
// travels in `authorization_details` (RFC 9396), so that the target can log it. A token can be taken back only where the target takes security
// events (`revocations`, docs/targets.md); elsewhere it ends with its lease, and the page says so. Values of parameters reach scopes and the shell line: both refuse every character that could mean more than itself.

import { z } from 'zod'
import { signJws, type TokenAlgorithm } from './jws.ts'
import { CREDENTIAL_PLACE, credentialKind } from './kind.ts'
import { pushEvent, revocationEvent } from './security-event.ts'

export const ACTION_DETAIL = 'urn:countersign:action'
export const ACCESS_TOKEN_TYPE = 'at+jwt'
/** Resource servers whose clock is behind ours still take the token at once. */
const SKEW_SECONDS = 60

const PARAMETER = '\\{[a-z][a-z0-9_]{0,62}\\}'
const texts = (template: boolean) => {
  const hole = template ? `|${PARAMETER}` : ''
  return z.strictObject({
    // RFC 6749 section 3.3 minus braces, quotes and anything a shell or a list separator could read.
    scope: z
      .array(
        z
          .string()
          .max(200)
          .regex(new RegExp(`^(?:[A-Za-z0-9._:/-]${hole})+$`), 'is not a scope: letters, digits and . _ : / - only'),
      )
      .min(1)
      .max(20),
    resource: z.record(z.string().regex(/^[a-z][a-z0-9_]{0,62}$/), z.union([z.string().max(4000), z.int()])).optional(),
    // A call that uses the token, for the line people are shown. The path is a list of segments, so that a personal parameter can be a whole one;
    // unreserved characters of RFC 3986 only, no empty and no dot segment: a parameter cannot lead to another path.
    use: z
      .strictObject({
        method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
        path: z
          .array(
            z
              .string()
              .max(500)
              .regex(
                new RegExp(`^(?!\\.{1,2}$)(?:[A-Za-z0-9._~-]${hole})+$`),
                'is not one segment of a path: letters, digits and . _ ~ - only',
              ),
          )
          .min(1)
          .max(20),
      })
      .optional(),
  })
}

const settings = z.strictObject({
  audience: z.string().regex(/^[!-~]{1,200}$/, 'is not an audience: up to 200 visible ASCII characters'),
  url: z
    .string()
    .refine(isBaseUrl, 'is not an https URL without query, fragment or password (http only on localhost)')
    .optional(),
  alg: z.enum(['RS256', 'ES256']).optional(),
  revocations: z
    .string()
    .max(500, 'must be at most 500 characters long')
    .refine(isBaseUrl, 'is not an https URL without query, fragment or password (http only on localhost)')
    .optional()
    .describe('Where this target takes security events (RFC 8935). Without it a token cannot be recalled before it ends.'),
})

export const jwt = credentialKind({
  kind: 'jwt',
  material: 'jwt',
  settings,
  grants: texts(true),
  opened: texts(false),
  audiences: ({ audience }) => [audience],
  describe: ({ audience, revocations }, { scope, resource = {} }) => [
    `A token for ${audience}, and for nobody else.`,
    `It allows: ${scope.join(', ')}.`,
    ...Object.entries(resource).map(([name, value]) => `${name.replaceAll('_', ' ')}: ${value}`),
    revocations === undefined
      ? 'Whoever holds the token can use it until it ends; it cannot be recalled before.'
      : 'Whoever holds the token can use it until it ends. Ended early, the target is told until it confirms.',
  ],
  mint: (signer, input, { audience, alg = 'RS256' satisfies TokenAlgorithm }, { scope, resource = {} }) => {
    const { issuer, requester, issuedAt } = input
    // Whoever takes our own tokens for a sign-in or a command would make one grant into every grant.
    if (audience === issuer || audience.startsWith(`${issuer}/`))
      throw new TypeError('a token with the issuer itself as audience')
    return signJws(
      signer.sign,
      { alg, kid: signer.accessTokenKid[alg], typ: ACCESS_TOKEN_TYPE },
      {
        iss: issuer,
        aud: audience,
        sub: requester.id,
        client_id: 'countersign',
        iat: issuedAt,
        nbf: issuedAt - SKEW_SECONDS,
        exp: input.endsAt,
        jti: input.id,
        scope: scope.join(' '),
        auth_time: requester.confirmedAt,
        // RFC 8176: a key that stays in hardware, or one that software may copy; presence was tested in both cases.
        amr: [requester.deviceBound ? 'hwk' : 'swk', 'user'],
        txn: input.request,
        realm: input.realm,
        authorization_details: [
          {
            type: ACTION_DETAIL,
            runbook: input.runbook,
            action: input.action,
            request: input.request,
            digest: input.intent,
            resource,
            approvals: input.approvals.map(({ person, at }) => ({ sub: person, at })),
          },
        ],
      },
    )
  },
  recallable: ({ revocations }) => revocations !== undefined,
  end: async (signer, { revocations, audience, alg = 'RS256' }, ended, signal) => {
    if (revocations === undefined) throw new TypeError('this target takes no security events')
    return pushEvent(revocations, await revocationEvent(signer, alg, audience, ended), signal)
  },
  howTo: ({ url }, { use }) => ({
    header: { name: 'Authorization', prefix: 'Bearer ' },
    command: url && use ? curl(url, use) : undefined,
  }),
})

function curl(url: string, { method, path }: { readonly method: string; readonly path: readonly string[] }): string {
  const address = new URL(url)
  address.pathname = `${address.pathname.replace(/\/$/, '')}/${path.join('/')}`
  return `curl -sS -X ${method} -H 'Authorization: Bearer ${CREDENTIAL_PLACE}' ${shellQuoted(address.href)}`
}

const shellQuoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`

function isBaseUrl(text: string): boolean {
  const url = URL.parse(text)
  if (!url || url.search || url.hash || url.username || url.password) return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && url.hostname === 'localhost')
}
