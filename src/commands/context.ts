// What a command may use. Two types, so that the compiler tells which process a command belongs to: the bot's context has no key, no chain and
// no credential kind, and a test holds that its module graph reaches none.

import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { Signer } from '../credentials/jws.ts'
import type { Schema } from '../db/schema.ts'
import type { RuleSet } from '../domain/action.ts'
import type { AttestationList } from '../domain/attestation.ts'
import type { Canonical } from '../domain/canonical.ts'
import type { TrustRoots } from '../domain/directory.ts'
import type { EntryType, Writer } from '../domain/event.ts'
import type { LostHeads } from '../domain/heads.ts'
import type { Digest, PersonId } from '../domain/ids.ts'
import type { ChainState } from '../evidence/chain-state.ts'

export type Published = { readonly digest: Digest; readonly ruleSet: RuleSet }

/** Who counts what happens: told after the fact, never asked, and never throwing. */
export type Watch = {
  readonly committed: (
    entries: readonly { readonly type: EntryType<Writer>; readonly body: { readonly [member: string]: Canonical } }[],
  ) => void
  /** One round of what the issuer does by itself. */
  readonly round?: (name: string, outcome: 'ok' | 'failed', seconds: number) => void
  /** The first credential of a grant was issued, so long after the last assertion that it needed. */
  readonly issued?: (seconds: number) => void
  /** How one call of Slack’s Web API went. */
  readonly called?: (slackMethod: string, outcome: 'ok' | 'refused' | 'limited' | 'broken' | 'silent') => void
}

type Shared = {
  readonly db: Kysely<Schema>
  /** The process's one clock (DESIGN section 5): the issuer's decides freshness, claim and end; the bot's decides nothing. */
  readonly now: () => Date
  readonly realm: string
  readonly log: Logger
  readonly watch?: Watch | undefined
}

export type BotContext = Shared & {
  readonly process: 'bot'
  /** The rule set the issuer published last; undefined until there is one. */
  readonly published: () => Promise<Published | undefined>
}

/** What is gone of a database that was put back. */
export type Loss = {
  readonly lost: LostHeads
  /** How many changes of the directory; undefined when the database has gone another way since. */
  readonly changes: number | undefined
  /** The last moment that the database remembers, on its own clock. */
  readonly since: Date | undefined
}

export type IssuerContext = Shared & {
  readonly process: 'issuer'
  readonly roots: TrustRoots
  /** The roots of eras that are over, as far as they are kept: with them what was signed then is shown, and nothing is given. */
  readonly pastRoots: readonly TrustRoots[]
  /** The rule set in force: what this issuer read from its own files and published. */
  readonly published: () => Published
  /** The models of security keys whose certificates count, as read beside the rules in force. */
  readonly attestation: () => AttestationList
  /**
   * The directory as its verified chain says it, up to the newest change in the database. Inside a transaction its own connection must be
   * given: asking the pool for a second one while holding locks is how a pool locks itself up.
   */
  readonly chain: (within?: Kysely<Schema>) => Promise<ChainState>
  /** Why nothing may be minted now (the database is behind its outside heads), or undefined. */
  readonly mintingStopped: (within?: Kysely<Schema>) => Promise<string | undefined>
  /** Looks at the heads outside the database; before a transaction that will ask whether minting is stopped, since none may wait for them. */
  readonly lookOutside: () => Promise<void>
  /** What the database has lost, while it is behind its outside heads. */
  readonly findLoss: () => Promise<Loss | undefined>
  /** Moves the outside heads after a directory change has been committed. */
  readonly directoryMoved: () => Promise<void>
  /** Keeps database and outside heads in step, and says to other issuers that this one lives. */
  readonly beat: () => Promise<void>
  /** Notes that an entry was committed now. */
  readonly committed: () => void
  /** The newest time on the issuer's own clock at which it has committed anything. */
  readonly newest: () => Date
  readonly nonceKey: Uint8Array
  /** The signing keys of credentials, behind one function. */
  readonly signer: Signer
  /** Signs tagged bytes with the log key that the trust roots pin: the issuer's own word. */
  readonly signWithLogKey: (bytes: Uint8Array) => Promise<Uint8Array>
}

/** What somebody is called who is named to others. */
export const nameOf = (ctx: Pick<IssuerContext, 'published'>, id: PersonId): string =>
  ctx.published().ruleSet.people.find((person) => person.id === id)?.name ?? id
