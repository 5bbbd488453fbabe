// One person's page of work, for the console and for the Home tab: what waits for them and what they hold, as views with their own links.

import type { BotContext } from '../commands/context.ts'
import { findAccessOf, findWaitingFor, type Linked } from '../db/bot-queries/own-work.ts'
import { findRequestFacts } from '../db/bot-queries/request-facts.ts'
import type { RuleSet } from '../domain/action.ts'
import type { PersonId } from '../domain/ids.ts'
import { type RequestView, viewRequest } from './request-view.ts'

export type LinkedView = { readonly view: RequestView; readonly page: string }
export type OwnWork = { readonly waiting: readonly LinkedView[]; readonly access: readonly LinkedView[] }

const MOST = 20

export async function findOwnWork(
  ctx: BotContext,
  set: RuleSet,
  person: PersonId,
  { teamIds, issuerUrl }: { teamIds: readonly string[]; issuerUrl: string },
): Promise<OwnWork> {
  const load = async (links: readonly Linked[]): Promise<LinkedView[]> => {
    const found = await Promise.all(links.map(async (link) => ({ link, facts: await findRequestFacts(ctx.db, link.request_id) })))
    return found.flatMap(({ link, facts }) =>
      facts ? [{ view: viewRequest(facts, set, teamIds), page: pageOf(issuerUrl, link.view) }] : [],
    )
  }
  const [waiting, access] = await Promise.all([findWaitingFor(ctx.db, person, MOST), findAccessOf(ctx.db, person, MOST)])
  return { waiting: await load(waiting), access: await load(access) }
}

/** The page where a person looks at a request and signs. */
export const pageOf = (issuerUrl: string, view: string): string => `${issuerUrl}/r/${view}`
