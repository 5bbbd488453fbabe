// Turns one thing to tell (an outbox row of either process) into deliveries, one per place. Whom to ask is decided here: those eligible today, once the
// requester has confirmed, each with a link of their own; whom to tell follows from where the request stands. What already has a message is always
// brought up to date. The rows commit together, so a crash tells twice at worst, never not at all.

import type { Kysely } from 'kysely'
import { newId } from '../crypto.ts'
import { insertDeliveries, type Planned, type Untold } from '../db/bot-queries/deliveries.ts'
import { findMessagePlaces } from '../db/bot-queries/messages.ts'
import { findRequestFacts } from '../db/bot-queries/request-facts.ts'
import { openViews } from '../db/bot-queries/views.ts'
import type { Schema } from '../db/schema.ts'
import { findOffer, inGroups, type RuleSet } from '../domain/action.ts'
import type { PersonId } from '../domain/ids.ts'
import { uuidv7 } from '../log/entry-id.ts'
import type { BotContext } from './context.ts'
import { transact } from './transact.ts'

/** Larger groups are asked in the channel alone: hundreds of direct messages for one request would be noise. */
const MOST_ASKED = 25

/** What the planner needs of a request; the edge that tells says which stage its requester should hear of. */
export type Outline = {
  readonly requester: PersonId
  readonly action: string
  readonly confirmed: boolean
  readonly awaitingApprovers: boolean
  readonly stage: string | undefined
}
export type Outliner = (facts: NonNullable<Awaited<ReturnType<typeof findRequestFacts>>>, set: RuleSet) => Outline

/** Plans the deliveries of one outbox row. `tellsSlack` is false when there is no Slack to tell: links are made all the same. */
export async function planDeliveries(ctx: BotContext, row: Untold, outline: Outliner, tellsSlack: boolean): Promise<void> {
  const published = await ctx.published()
  await transact(ctx, [], async ({ trx, now }) => {
    const places = published && row.topic === 'request.changed' ? await placesFor(trx, row, outline, published.ruleSet, now) : []
    const planned: Planned[] = tellsSlack ? places.map((place) => ({ kind: 'slack', place })) : []
    const rows = planned.length > 0 ? planned : [{ kind: 'none', place: '' } as const]
    await insertDeliveries(
      trx,
      row,
      rows.map((each) => ({ ...each, id: uuidv7(now) })),
      now,
    )
  })
}

async function placesFor(db: Kysely<Schema>, row: Untold, outline: Outliner, set: RuleSet, now: Date): Promise<string[]> {
  const facts = row.request_id === null ? undefined : await findRequestFacts(db, row.request_id)
  if (!facts) return []
  const of = outline(facts, set)
  const asked = of.awaitingApprovers ? approversOf(set, of.action, of.requester) : []
  await openViews(db, facts.request.id, asked, newId, now)
  const places = new Set(await findMessagePlaces(db, facts.request.id))
  if (of.confirmed) places.add('channel')
  if (asked.length <= MOST_ASKED) for (const person of asked) places.add(askPlace(person))
  if (of.stage !== undefined) places.add(placeOfNotice(of.stage, of.requester))
  return [...places]
}

/** Who may decide about an action today: members of its approving groups, never the requester. */
export function approversOf(set: RuleSet, action: string, requester: PersonId): PersonId[] {
  const rules = findOffer(set, action)?.action.rules
  if (!rules) return []
  const groups = rules.approvals.map(({ group }) => group)
  return set.people.filter(({ id }) => id !== requester && inGroups(set, id, groups)).map(({ id }) => id)
}

const askPlace = (person: PersonId): string => `ask/${person}`
export const placeOfNotice = (stage: string, person: PersonId): string => `tell/${stage}/${person}`

/** The modal in which a request was asked for, as long as its requester leaves it open. */
export const FORM_PLACE = 'form'

export type Place =
  | { readonly is: 'channel' }
  | { readonly is: 'form' }
  | { readonly is: 'ask'; readonly person: PersonId }
  | { readonly is: 'tell'; readonly stage: string; readonly person: PersonId }

/** The place behind its stored name. */
export function readPlace(place: string): Place {
  const [kind, first = '', second = ''] = place.split('/')
  if (kind === 'ask') return { is: 'ask', person: first }
  if (kind === FORM_PLACE) return { is: 'form' }
  return kind === 'tell' ? { is: 'tell', stage: first, person: second } : { is: 'channel' }
}
