// Places that are no lasting message of a request: the answer to a typed command, and a reminder, which is taken away when it is over. Neither is the
// only carrier of anything.

import { keepMessage, type MessageRow } from '../../db/bot-queries/messages.ts'
import type { PersonId } from '../../domain/ids.ts'
import { digestOfText } from '../digest.ts'
import type { RequestView } from '../request-view.ts'
import { type Caller, call, codeInVain } from './calls.ts'
import { answeredMessage } from './confirm.ts'
import type { Deliverer, Told } from './deliver.ts'
import { isAnsweredAt } from './response-url.ts'

const NETWORK_MS = 5000
const NOTHING: Told = { told: true, how: 'nothing_to_say' }

/** Changes the answer that asked its requester for the key. Slack takes this for half an hour; afterwards there is nothing to be said there. */
export async function tellAnswer(of: Deliverer, view: RequestView, page: string, before: MessageRow): Promise<Told> {
  if (view.state === 'checking' || view.state === 'awaiting_requester' || !isAnsweredAt(of.answersAt, before.channel))
    return NOTHING
  const message = answeredMessage(view, page)
  const shown = digestOfText(JSON.stringify(message))
  if (before.shown === shown) return { told: true, how: 'unchanged' }
  const body = JSON.stringify({ response_type: 'ephemeral', replace_original: true, ...message })
  const headers = { 'content-type': 'application/json' }
  try {
    const signal = AbortSignal.timeout(NETWORK_MS)
    const answer = await fetch(before.channel, { method: 'POST', headers, body, redirect: 'error', signal })
    if (answer.status >= 500 || answer.status === 429) return passing(`http_${answer.status}`)
    if (!answer.ok) return NOTHING
  } catch {
    return passing('silent')
  }
  await keepMessage(of.ctx.db, { ...before, shown })
  return { told: true, how: 'updated' }
}

const passing = (code: string): Told => ({ told: false, method: 'response_url', trouble: { is: 'passing', code } })

/** Whether somebody who was asked may still be reminded. */
export const isDue = (view: RequestView, person: PersonId): boolean =>
  view.state === 'awaiting_approvers' && !view.held && !view.decisions.some(({ by }) => by.id === person)

/** Takes away a reminder that is over; its row stays, so that nobody is reminded twice. */
export async function takeAway(of: Caller, before: MessageRow): Promise<Told> {
  const { channel, ts } = before
  if (ts === '') return NOTHING
  const deleted = await call(of, 'chat.delete', (client) => client.chat.delete({ channel, ts }))
  const gone =
    deleted.ok ||
    codeInVain(deleted.setback) !== undefined ||
    ('trouble' in deleted.setback && deleted.setback.trouble.is === 'gone')
  if (!deleted.ok && !gone) return deleted.setback
  await keepMessage(of.ctx.db, { ...before, ts: '', shown: 'over' })
  return { told: true, how: 'updated' }
}
