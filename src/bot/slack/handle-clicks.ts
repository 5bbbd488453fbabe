// Buttons on a request's messages. A button holds the request's id and nothing else; who may do what is read anew, and decided by the issuer. Everybody
// who presses one is told what came of it or why not, where only they see it.

import type { App, BlockAction, ButtonAction } from '@slack/bolt'
import { ANSWER_PLACE } from '../../commands/places.ts'
import { approversOf } from '../../commands/reach.ts'
import { newId } from '../../crypto.ts'
import { keepMessage } from '../../db/bot-queries/messages.ts'
import { dropReminder } from '../../db/bot-queries/reminders.ts'
import { findRequestFacts } from '../../db/bot-queries/request-facts.ts'
import { openViews } from '../../db/bot-queries/views.ts'
import type { RuleSet } from '../../domain/action.ts'
import { ID, type PersonId } from '../../domain/ids.ts'
import { refusalWords } from '../../domain/words.ts'
import { askAfter } from '../ask-after.ts'
import { pageOf } from '../own-work.ts'
import { type RequestView, viewRequest } from '../request-view.ts'
import { wishAndWait } from '../wishes.ts'
import { actions, button, type Message } from './blocks.ts'
import { EXPLAIN_BUTTON } from './handle-objection.ts'
import { openForm } from './open-form.ts'
import { say, tellOne } from './say.ts'
import type { SlackSide } from './side.ts'

const WISHES = {
  'request.cancel': 'cancel',
  'request.object': 'object',
  'request.lift': 'lift',
  'request.return': 'return',
} as const
const AFTER = { 'request.again': 'again', 'request.same': 'same' } as const

type Press = BlockAction<ButtonAction>

export function handleClicks(bolt: App, side: SlackSide): void {
  const { db } = side.ctx
  const answer = (body: BlockAction, message: Message) => tellOne(side, bodyOf(body), body.user.id, message)

  bolt.action<Press>({ action_id: 'request.open', type: 'block_actions' }, async ({ body, action, ack }) => {
    await ack()
    const admitted = await admit(side, body)
    if (!admitted.ok) return answer(body, side.no.message(admitted.words))
    const { person, published } = admitted
    const facts = await findRequestFacts(db, requestOf(action))
    if (!facts) return answer(body, side.no.message(refusalWords({ reason: 'unknown_request' })))
    await dropReminder(db, facts.request.id, person.id, side.ctx.now())
    return answer(body, await link(side, published.ruleSet, viewRequest(facts, published.ruleSet, side.teamIds), person.id))
  })

  for (const [action_id, kind] of Object.entries(WISHES)) {
    bolt.action<Press>({ action_id, type: 'block_actions' }, async ({ body, action, ack }) => {
      await ack()
      const admitted = await admit(side, body)
      if (!admitted.ok) return answer(body, side.no.message(admitted.words))
      const request = requestOf(action)
      if (!(await findRequestFacts(db, request)))
        return answer(body, side.no.message(refusalWords({ reason: 'unknown_request' })))
      const came = await wishAndWait(side.ctx, { kind, person: admitted.person.id, request })
      if (!came.ok) return answer(body, side.no.message(came.words))
      const why = kind === 'object' ? [actions(button(EXPLAIN_BUTTON, 'Say why', { value: came.wish }))] : []
      return answer(body, say(came.words, why))
    })
  }

  for (const [action_id, how] of Object.entries(AFTER)) {
    bolt.action<Press>({ action_id, type: 'block_actions' }, async ({ body, action, ack }) => {
      await ack()
      const admitted = await admit(side, body)
      if (!admitted.ok) return answer(body, side.no.message(admitted.words))
      const { person, published } = admitted
      const begun = await askAfter(db, published.ruleSet, person.id, { id: requestOf(action), how })
      if (!begun.ok) return answer(body, side.no.message(refusalWords(begun.refusal)))
      return openForm(side, { ...bodyOf(body), user_id: body.user.id }, body.trigger_id, admitted, {
        id: newId(),
        ...begun.begun,
      })
    })
  }

  // Link buttons open their page by themselves. That somebody has looked is why they are not reminded; and only now can the answer that holds the
  // button be changed later, because only a press gives an address for that.
  bolt.action<Press>({ action_id: /^link\./, type: 'block_actions' }, async ({ body, action, ack }) => {
    await ack()
    const request = requestOf(action)
    const { container, response_url } = body
    const admitted = request === '' ? undefined : await admit(side, body)
    if (!admitted?.ok) return
    await dropReminder(db, request, admitted.person.id, side.ctx.now())
    const facts = await findRequestFacts(db, request)
    const own = facts?.request.requester === admitted.person.id
    if (own && action.action_id === 'link.confirm' && container['is_ephemeral'] === true && response_url)
      await keepMessage(db, { request_id: request, place: ANSWER_PLACE, channel: response_url, ts: '', shown: '' })
  })
}

const bodyOf = (body: BlockAction): Record<string, unknown> => body as unknown as Record<string, unknown>

const admit = (side: SlackSide, body: BlockAction) =>
  side.gate.admit({ team: body.user.team_id ?? body.team?.id ?? '', user: body.user.id })

const requestOf = ({ value }: ButtonAction): string => (value !== undefined && ID.test(value) ? value : '')

/** The presser's own link, for those who have something to do or to see there. */
async function link(side: SlackSide, set: RuleSet, view: RequestView, person: PersonId): Promise<Message> {
  const requester = view.requester.id === person
  const concerned =
    requester || set.administrators.includes(person) || approversOf(set, view.action, view.requester.id).includes(person)
  if (!concerned)
    return side.no.message(refusalWords({ reason: 'not_an_approver', groups: view.needed.map(({ group }) => group) }))
  const [own] = await openViews(side.ctx.db, view.id, [person], newId, side.ctx.now())
  if (!own) throw new TypeError(`no link of ${person} to ${view.id} was made`)
  const words = requester
    ? 'Your request. Its page is yours alone.'
    : 'Read it in full there. What you decide is signed with your key.'
  const label = requester || view.state !== 'awaiting_approvers' ? 'Open' : 'Review & decide'
  return say(words, [actions(button('link.open', label, { url: pageOf(side.issuerUrl, own.id), style: 'primary' }))])
}
