// The provider of the configuration, ready for rounds: its client's secret read, and the issuer's log key to vouch with.

import type { IssuerContext } from '../../commands/context.ts'
import type { ProviderConfig } from '../../provider-config.ts'
import type { IssuerKeys } from '../keys.ts'
import { readClientSecret } from './client-secret.ts'
import { openProvider } from './provider.ts'
import { openRounds, type Rounds } from './rounds.ts'

/** Where the provider sends people back to: what must be registered there. */
export const redirectUriOf = (origin: string): string => `${origin}/oidc/return`

/** Opens the rounds of this issuer. Nothing is asked of the provider yet. */
export async function openProviderRounds(
  ctx: IssuerContext,
  config: ProviderConfig,
  keys: Pick<IssuerKeys, 'sign' | 'logKid'>,
): Promise<Rounds> {
  const clientSecret = await readClientSecret(config)
  const provider = openProvider({ ...config, clientSecret, redirectUri: redirectUriOf(ctx.roots.issuer) })
  return openRounds(ctx, provider, (bytes) => keys.sign('Ed25519', keys.logKid, bytes))
}
