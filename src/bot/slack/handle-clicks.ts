// Buttons on a request's messages. A button holds the request's id and nothing else; who may do what is read anew, and decided by the issuer. Everybody
// who presses one is told what came of it or why not, where only they see it.

import type { App, BlockAction, ButtonAction } from '@slack/bolt'
import { approversOf } from '../../commands/plan-deliveries.ts'
import { newId } from '../../crypto.ts'
import { findRequestFacts } from '../../db/bot-queries/request-facts.ts'
import { openViews } from '../../db/bot-queries/views.ts'
import type { RuleSet } from '../../domain/action.ts'
import { ID, type PersonId } from '../../domain/ids.ts'
import { refusalWords } from '../../domain/words.ts'
import { pageOf } from '../own-work.ts'
import { type RequestView, viewRequest } from '../request-view.ts'
import { wishAndWait } from '../wishes.ts'
import { actions, button, type Message } from './blocks.ts'
import { say, tellOne } from './say.ts'
import type { SlackSide } from './side.ts'

const WISHES = {
  'request.cancel': 'cancel',
  'request.object': 'object',
  'request.lift': 'lift',
  'request.return': 'return',
} as const

export function handleClicks(bolt: App, side: SlackSide): void {
  const answer = (body: BlockAction, message: Message) =>
    tellOne(side, body as unknown as Record<string, unknown>, body.user.id, message)
  const open = async (body: BlockAction, id: string): Promise<Message> => {
    const admitted = await admit(side, body)
    if (!admitted.ok) return say(admitted.words)
    const { person, published } = admitted
    const facts = await findRequestFacts(side.ctx.db, id)
    if (!facts) return say(refusalWords({ reason: 'unknown_request' }))
    return link(side, published.ruleSet, viewRequest(facts, published.ruleSet, side.teamIds), person.id)
  }

  bolt.action<BlockAction<ButtonAction>>({ action_id: 'request.open', type: 'block_actions' }, async ({ body, action, ack }) => {
    await ack()
    await answer(body, await open(body, requestOf(action)))
  })

  for (const [action_id, kind] of Object.entries(WISHES)) {
    bolt.action<BlockAction<ButtonAction>>({ action_id, type: 'block_actions' }, async ({ body, action, ack }) => {
      await ack()
      const admitted = await admit(side, body)
      if (!admitted.ok) return answer(body, say(admitted.words))
      const request = requestOf(action)
      const facts = await findRequestFacts(side.ctx.db, request)
      if (!facts) return answer(body, say(refusalWords({ reason: 'unknown_request' })))
      return answer(body, say(await wishAndWait(side.ctx, { kind, person: admitted.person.id, request })))
    })
  }
}

const admit = (side: SlackSide, body: BlockAction) =>
  side.gate.admit({ team: body.user.team_id ?? body.team?.id ?? '', user: body.user.id })

const requestOf = ({ value }: ButtonAction): string => (value !== undefined && ID.test(value) ? value : '')

/** The presser's own link, for those who have something to do or to see there. */
async function link(side: SlackSide, set: RuleSet, view: RequestView, person: PersonId): Promise<Message> {
  const requester = view.requester.id === person
  const concerned =
    requester || set.administrators.includes(person) || approversOf(set, view.action, view.requester.id).includes(person)
  if (!concerned) return say(refusalWords({ reason: 'not_an_approver', groups: view.needed.map(({ group }) => group) }))
  const [own] = await openViews(side.ctx.db, view.id, [person], newId, side.ctx.now())
  if (!own) throw new TypeError(`no link of ${person} to ${view.id} was made`)
  const words = requester
    ? 'Your request. Its page is yours alone.'
    : 'Read it in full there. What you decide is signed with your key.'
  const label = requester || view.state !== 'awaiting_approvers' ? 'Open' : 'Review & decide'
  return say(words, [actions(button('link.open', label, { url: pageOf(side.issuerUrl, own.id), style: 'primary' }))])
}
