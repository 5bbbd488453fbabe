// What a command may use. Two types, so that the compiler tells which process a command belongs to: the bot's context has no key, no chain and
// no credential kind, and a test holds that its module graph reaches none.

import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { Schema } from '../db/schema.ts'
import type { RuleSet } from '../domain/action.ts'
import type { TrustRoots } from '../domain/directory.ts'
import type { Digest } from '../domain/ids.ts'

export type Published = { readonly digest: Digest; readonly ruleSet: RuleSet }

type Shared = {
  readonly db: Kysely<Schema>
  /** The process's one clock (DESIGN section 5): the issuer's decides freshness, claim and end; the bot's decides nothing. */
  readonly now: () => Date
  readonly realm: string
  readonly log: Logger
}

export type BotContext = Shared & {
  readonly process: 'bot'
  /** The rule set the issuer published last; undefined until there is one. */
  readonly published: () => Promise<Published | undefined>
}

export type IssuerContext = Shared & {
  readonly process: 'issuer'
  readonly roots: TrustRoots
  readonly published: () => Promise<Published | undefined>
}
