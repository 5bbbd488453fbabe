// Opens the form of a request, or says at once why it cannot be: Slack waits three seconds from the press, so nobody is left looking at nothing.

import type { types } from '@slack/bolt'
import type { Published } from '../../commands/context.ts'
import { offersFor } from '../../commands/judge-proposal.ts'
import type { Person } from '../../domain/action.ts'
import { composeView, type Draft } from './compose.ts'
import { findViewLimits } from './limits.ts'
import { tellOne } from './say.ts'
import type { SlackSide } from './side.ts'

export type Admitted = { readonly person: Person; readonly published: Published }

/** The form with what is known already, or the view that says why there is none. */
export function formOf(side: SlackSide, { person, published }: Admitted, draft: Draft): types.View {
  const offers = offersFor(published.ruleSet, person.id)
  if (offers.length === 0)
    return side.no.view('Not possible', 'There is no action you may ask for. An administrator can change that in the runbooks.')
  const view = composeView(offers, draft, side.publicUrl)
  const problems = findViewLimits(view)
  if (problems.length === 0) return view
  side.log.error({ fault: 'block_kit_limit', problems, action: draft.action }, 'a form is over a limit of Slack')
  return side.no.view('Not in Slack', 'This form is too large for Slack. Ask on the console.')
}

/** Opens the form; who waits for it in vain is told where else to go. */
export const openForm = (
  side: SlackSide,
  body: Record<string, unknown>,
  trigger: string,
  admitted: Admitted,
  draft: Draft,
): Promise<void> => openView(side, body, trigger, formOf(side, admitted, draft))

/** Opens any modal; `body` is what came from Slack, with its response URL, or with `user_id` alone. */
export async function openView(side: SlackSide, body: Record<string, unknown>, trigger: string, view: types.View): Promise<void> {
  try {
    await side.client.views.open({ trigger_id: trigger, view })
  } catch (error) {
    side.log.warn({ error: error instanceof Error ? error.message : 'unknown' }, 'a form could not be opened')
    const user = typeof body['user_id'] === 'string' ? body['user_id'] : ''
    await tellOne(side, body, user, side.no.message('Slack did not open the form in time. Try once more.'))
  }
}
