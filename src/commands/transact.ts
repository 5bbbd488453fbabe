// The only opener of transactions. It locks the named requests in one order, hands out the means to record, and commits state, entries and outbox
// together; a thrown fault takes all of it back, a returned refusal commits its entry. Nothing may cross the network while rows are locked.
// `for no key update` never waits for what the bot can lock (DESIGN section 4).

import { type Insertable, type RawBuilder, sql, type Transaction } from 'kysely'
import { type KnownRequest, lockByDigest, lockStates } from '../db/requests.ts'
import type { Schema } from '../db/schema.ts'
import { inTransaction, type Write } from '../db/transaction.ts'
import { type Canonical, canonicalBytes } from '../domain/canonical.ts'
import type { EntryType, Writer } from '../domain/event.ts'
import type { Digest } from '../domain/ids.ts'
import { uuidv7 } from '../log/entry-id.ts'
import type { BotContext, IssuerContext } from './context.ts'

export type About = { readonly request?: string | undefined; readonly actor?: string | undefined }
export type EntryBody = { readonly [member: string]: Canonical }

/** What a decision may do inside its transaction. */
export type Work<W extends Writer> = {
  readonly trx: Transaction<Schema>
  readonly now: Date
  /** Sends a query function's one write without waiting: it commits with the rest, or nothing does. */
  readonly write: Write
  /** Adds an entry; it commits with the change it tells of, in the order of the calls. */
  readonly record: (type: EntryType<W>, about: About, body: EntryBody) => void
  /** Puts one thing to tell into this process's outbox. */
  readonly tell: (topic: string, request: string | undefined, payload?: Record<string, unknown>) => void
}

type WriterOf<C> = C extends IssuerContext ? 'issuer' : 'bot'

/**
 * Runs one decision in one transaction. `locks` are request ids whose state rows are locked, sorted, before the decision looks at them;
 * only the issuer locks.
 */
export const transact = <C extends BotContext | IssuerContext, R>(
  ctx: C,
  locks: C extends IssuerContext ? readonly string[] : readonly [],
  decide: (work: Work<WriterOf<C>>) => Promise<R> | R,
): Promise<R> => run(ctx, (trx) => lockStates(trx, locks), decide)

/**
 * Runs one decision about the requests of these intents, as they are under their locks. `look` reads whatever else it needs to know, in the same
 * round trip and under the same locks.
 */
export const transactOn = <L, R>(
  ctx: IssuerContext,
  intents: readonly Digest[],
  look: (trx: Transaction<Schema>) => Promise<L>,
  decide: (work: Work<'issuer'>, known: ReadonlyMap<Digest, KnownRequest>, seen: L) => Promise<R> | R,
): Promise<R> =>
  run(
    ctx,
    (trx) => Promise.all([lockByDigest(trx, intents), look(trx)]),
    (work, [known, seen]) => decide(work, known, seen),
  )

async function run<C extends BotContext | IssuerContext, L, R>(
  ctx: C,
  look: (trx: Transaction<Schema>) => Promise<L>,
  decide: (work: Work<WriterOf<C>>, seen: L) => Promise<R> | R,
): Promise<R> {
  const recorded: { readonly type: EntryType<Writer>; readonly body: EntryBody }[] = []
  const outcome = await inTransaction(ctx.db, async (trx, write) => {
    const seen = await look(trx)
    const now = ctx.now()
    const append = ctx.process === 'issuer' ? sql`append_issuer` : sql`append_bot`
    const outbox = ctx.process === 'issuer' ? 'issuer_outbox' : 'bot_outbox'
    const entries: RawBuilder<unknown>[] = []
    const news: Insertable<Schema['issuer_outbox']>[] = []
    const work: Work<WriterOf<C>> = {
      trx,
      now,
      write,
      record: (type, about, body) => {
        const bytes = Buffer.from(canonicalBytes(body))
        recorded.push({ type, body })
        entries.push(sql`${append}(${uuidv7(now)}::uuid, ${type}, ${about.request ?? null}, ${about.actor ?? null}, ${bytes})`)
      },
      tell: (topic, request, payload = {}) => {
        news.push({ id: uuidv7(now), topic, request_id: request ?? null, payload: JSON.stringify(payload), created_at: now })
      },
    }
    const decided = await decide(work, seen)
    // Last of all, with the commit: locks are held no longer than the decision takes.
    for (const some of inParts(entries)) write(sql`select ${sql.join(some)}`.execute(trx))
    for (const some of inParts(news)) write(trx.insertInto(outbox).values(some).execute())
    return decided
  })
  if (ctx.process === 'issuer' && recorded.length > 0) ctx.committed()
  ctx.watch?.committed(recorded)
  return outcome
}

/** PostgreSQL takes 1664 columns and 65535 parameters; how many requests one change of the rules voids is for whoever asks to say. */
const MOST_AT_ONCE = 1_000
const inParts = <T>(all: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(all.length / MOST_AT_ONCE) }, (_, part) =>
    all.slice(part * MOST_AT_ONCE, (part + 1) * MOST_AT_ONCE),
  )
