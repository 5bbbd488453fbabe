// What the console's routes share, and the headers of everything the bot answers. There is no script on these pages, so the policy allows none; forms go
// to ourselves, and a proposal's answer leads on to the issuer. The referrer stays within us: without one a browser would send `Origin: null`.

import type { FastifyBaseLogger } from 'fastify'
import type { BotContext } from '../../commands/context.ts'

export type Site = {
  readonly ctx: BotContext
  /** Our own origin and the issuer's, without a slash at the end. */
  readonly publicUrl: string
  readonly issuerUrl: string
  readonly teamIds: readonly string[]
  readonly log: FastifyBaseLogger
}

export const isSecure = ({ publicUrl }: Pick<Site, 'publicUrl'>): boolean => publicUrl.startsWith('https://')

export const headersOf = (site: Pick<Site, 'publicUrl' | 'issuerUrl'>): Record<string, string> => ({
  'content-security-policy': [
    "default-src 'none'",
    "style-src 'self'",
    'img-src data:',
    `form-action 'self' ${new URL(site.issuerUrl).origin}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'cache-control': 'no-store',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), publickey-credentials-get=()',
  ...(isSecure(site) && { 'strict-transport-security': 'max-age=31536000' }),
})
