// Tells of each request that waits for approvers who of them cannot approve it yet, and from when: only the issuer knows by the signed directory and the roots.
// The bot reads it as the newest news of the request, so that people are told a time instead of waiting in vain; nothing is decided by it. It looks again when
// the directory or the rules change, and when somebody's time has come. Several issuers may run it: what was told already is not told again.

import { findAwaiting, findToldWaits, NEWS_OF_WAITS, type Wait } from '../db/waits.ts'
import { type Action, actionName, findOffer } from '../domain/action.ts'
import type { PersonId } from '../domain/ids.ts'
import { readIntent } from '../domain/intent.ts'
import type { ChainState } from '../evidence/chain-state.ts'
import type { IssuerContext } from './context.ts'
import { eachInTurn } from './each-in-turn.ts'
import { whyNotYet } from './may-approve.ts'
import { approversOf } from './reach.ts'
import { transact } from './transact.ts'

/** News of more people than this would be too long to be written each time one of them may approve. */
const MOST_TOLD = 1_000

type Seen = { readonly by: string; readonly until: number }

/** Opens the watch of one issuer process. */
export function openWaits(ctx: IssuerContext): { readonly round: () => Promise<number> } {
  let seen = new Map<string, Seen>()
  return {
    round: async () => {
      const chain = await ctx.chain()
      const by = `${ctx.published().digest} ${chain.head}`
      const awaiting = await findAwaiting(ctx.db)
      const now = ctx.now().getTime()
      const known = new Map<string, Seen>()
      const due = awaiting.filter(({ request_id }) => {
        const last = seen.get(request_id)
        if (last?.by !== by || last.until <= now) return true
        known.set(request_id, last)
        return false
      })
      let told = 0
      await eachInTurn(due, async ({ request_id, requester, intent }) => {
        const waits = waitsOf(ctx, chain, requester, intent)
        if (await tell(ctx, request_id, waits)) told += 1
        known.set(request_id, { by, until: Math.min(...waits.map(({ at }) => at ?? Number.POSITIVE_INFINITY)) })
      })
      seen = known
      return told
    },
  }
}

/** Who may decide and cannot approve now; of more people than can be told, nobody. */
function waitsOf(ctx: IssuerContext, chain: ChainState, requester: PersonId, bytes: Buffer): Wait[] {
  const intent = readIntent(bytes)
  if (!intent.ok) return []
  const { ruleSet } = ctx.published()
  const name = actionName({ runbook: intent.value.runbook, name: intent.value.action })
  const action = findOffer(ruleSet, name)?.action
  const people = approversOf(ruleSet, name, requester)
  if (!action || people.length > MOST_TOLD) return []
  return people.map((person) => waitOf(ctx, chain, person, action)).filter((wait) => wait !== undefined)
}

/** Until when a person waits. Whom only administrators can help has no key that serves, which is told elsewhere. */
function waitOf(ctx: IssuerContext, chain: ChainState, person: PersonId, action: Action): Wait | undefined {
  const of = { person, action, published: ctx.published(), chain, roots: ctx.roots }
  let at: number | undefined
  // What ends first may leave another reason, which ends later.
  for (;;) {
    const why = whyNotYet({ ...of, now: at === undefined ? ctx.now() : new Date(at) })
    if (why?.reason === 'too_few_passkeys') return { person }
    if (why?.reason !== 'passkey_cooling_down' && why?.reason !== 'gained_too_recently')
      return at === undefined ? undefined : { person, at }
    if (at !== undefined && why.at <= at) throw new TypeError(`${person} waits until ${why.at}, which is over`)
    at = why.at
  }
}

/** Tells it unless it is what was told last. Nothing was told of a request for which nobody waits. */
const tell = (ctx: IssuerContext, request: string, waits: readonly Wait[]): Promise<boolean> =>
  transact(ctx, [request], async ({ trx, tell: news }) => {
    const last = await findToldWaits(trx, request)
    if (JSON.stringify(last) === JSON.stringify(waits)) return false
    news(NEWS_OF_WAITS, request, { waits })
    return true
  })
