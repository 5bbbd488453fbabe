// One person's page of work, for the console and for the Home tab: what waits for them, what they hold, what of theirs has ended, and what of others'
// concerns them, as views. A link in one is the reader's own.

import type { BotContext } from '../commands/context.ts'
import { offersFor } from '../commands/judge-proposal.ts'
import { approversOf } from '../commands/reach.ts'
import { findAccessOf, findEndedOf, findRunning, findWaitingFor, type Linked } from '../db/bot-queries/own-work.ts'
import { findRequestFacts } from '../db/bot-queries/request-facts.ts'
import { actionName, type RuleSet } from '../domain/action.ts'
import type { PersonId } from '../domain/ids.ts'
import { type RequestView, viewRequest } from './request-view.ts'
import { findKeyless, type Keyless } from './slack/keyless.ts'

export type LinkedView = { readonly view: RequestView; readonly page: string }
/** A request of somebody else: whether the reader may look at it and object, and whether they may ask for the same. */
export type Other = { readonly view: RequestView; readonly mayObject: boolean; readonly mayAsk: boolean }
export type OwnWork = {
  readonly waiting: readonly LinkedView[]
  readonly access: readonly LinkedView[]
  readonly ended: readonly LinkedView[]
  readonly others: readonly Other[]
  /** For administrators: who may decide about something and has no key that would serve. */
  readonly keyless: readonly Keyless[]
}

const MOST = 20
const MOST_ENDED = 5
const MOST_LOOKED_AT = 200
const ENDED_SINCE_MS = 2 * 86_400_000

type Options = { readonly teamIds: readonly string[]; readonly issuerUrl: string }

export async function findOwnWork(ctx: BotContext, set: RuleSet, person: PersonId, options: Options): Promise<OwnWork> {
  const { teamIds, issuerUrl } = options
  const viewOf = async (request: string): Promise<RequestView | undefined> => {
    const facts = await findRequestFacts(ctx.db, request)
    return facts && viewRequest(facts, set, teamIds)
  }
  const load = async (links: readonly Linked[]): Promise<LinkedView[]> => {
    const found = await Promise.all(links.map(async ({ request_id, view }) => ({ link: view, view: await viewOf(request_id) })))
    return found.flatMap(({ link, view }) => (view ? [{ view, page: pageOf(issuerUrl, link) }] : []))
  }
  const since = new Date(ctx.now().getTime() - ENDED_SINCE_MS)
  const [waiting, access, ended, running] = await Promise.all([
    findWaitingFor(ctx.db, person, MOST),
    findAccessOf(ctx.db, person, MOST),
    findEndedOf(ctx.db, person, since, MOST_ENDED),
    findRunning(ctx.db, person, MOST_LOOKED_AT),
  ])
  const administers = set.administrators.includes(person)
  const may = new Set(offersFor(set, person).map(({ action }) => actionName(action)))
  const concerning = running
    .filter(({ request_id }) => !waiting.some((each) => each.request_id === request_id))
    .map(({ request_id, requester, runbook, action }) => {
      const name = actionName({ runbook, name: action })
      const mayObject = administers || approversOf(set, name, requester).includes(person)
      return { request_id, mayObject, mayAsk: may.has(name) }
    })
    .filter(({ mayObject, mayAsk }) => mayObject || mayAsk)
    .slice(0, MOST)
  const others = await Promise.all(concerning.map(async ({ request_id, ...may }) => ({ view: await viewOf(request_id), ...may })))
  return {
    waiting: await load(waiting),
    access: await load(access),
    ended: await load(ended),
    others: others.flatMap(({ view, ...may }) => (view ? [{ view, ...may }] : [])),
    keyless: administers ? await findKeyless({ ctx, teamIds }, set) : [],
  }
}

/** The page of a request's receipts. It names nobody and asks who is there, so it may stand where others read it. */
export const receiptOf = (issuerUrl: string, request: string): string => `${issuerUrl}/receipts/${request}`

/** The page where a person looks at a request and signs. */
export const pageOf = (issuerUrl: string, view: string): string => `${issuerUrl}/r/${view}`
