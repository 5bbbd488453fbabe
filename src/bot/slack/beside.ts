// Other open requests of the same action, named to somebody who is asked about one of them: the page of that one signs up to eight in one tap.

import { MOST_TWINS } from '../../commands/plan-deliveries.ts'
import { findTwins } from '../../db/bot-queries/twins.ts'
import type { RuleSet } from '../../domain/action.ts'
import type { PersonId } from '../../domain/ids.ts'
import { type Named, nameOf, type RequestView } from '../request-view.ts'
import type { Piece } from './blocks.ts'
import type { SlackSide } from './side.ts'

const MOST_NAMED = 3

/** Who asked for the others; `more` when not all are named. */
export type Beside = { readonly requesters: readonly Named[]; readonly more: boolean }

/** Those that this reader may decide about as well. With many open, messages are not changed for each, so none is named. */
export async function findBeside(
  { ctx, teamIds }: Pick<SlackSide, 'ctx' | 'teamIds'>,
  view: RequestView,
  reader: PersonId,
  set: RuleSet,
): Promise<Beside | undefined> {
  if (view.state !== 'awaiting_approvers') return undefined
  const [runbook = '', action = ''] = view.action.split('.')
  const twins = await findTwins(ctx.db, { id: view.id, runbook, action }, MOST_TWINS + 1)
  if (twins.length > MOST_TWINS) return { requesters: [], more: true }
  const open = twins.filter(({ requester, decided }) => requester !== reader && !decided.includes(reader))
  const people = [...new Set(open.map(({ requester }) => requester))].map((id) => nameOf(set, id, teamIds))
  return { requesters: people.slice(0, MOST_NAMED), more: people.length > MOST_NAMED }
}

/** The line that names them; none when there are none. */
export function besideLines({ requesters, more }: Beside): Piece[][] {
  if (requesters.length === 0 && !more) return []
  const names = requesters.flatMap((person, index): Piece[] => [index === 0 ? '' : ', ', { person }])
  const whose: Piece[] = requesters.length === 0 ? [] : [' by ', ...names, more ? ' and others' : '']
  return [
    [
      'This action is asked for',
      ...whose,
      requesters.length === 0 ? ' by many others' : '',
      ' too. One tap on the page can decide up to eight.',
    ],
  ]
}
