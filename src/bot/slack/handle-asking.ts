// Asking: `/elevate` with and without arguments, the shortcut, the form that follows the chosen action, and its submission. Each is answered with the
// next step or with every reason why not. A complete command proposes at once; anything missing opens the form with what was typed.

import type { App } from '@slack/bolt'
import type { Published } from '../../commands/context.ts'
import { offersFor, type Problem } from '../../commands/judge-proposal.ts'
import { FORM_PLACE } from '../../commands/places.ts'
import { type Proposed, proposeRequest } from '../../commands/propose-request.ts'
import { newId, sha256 } from '../../crypto.ts'
import { keepMessage } from '../../db/bot-queries/messages.ts'
import { actionName, findOffer, type Person } from '../../domain/action.ts'
import { idFrom } from '../../domain/ids.ts'
import { refusalWords } from '../../domain/words.ts'
import { pageOf } from '../own-work.ts'
import { whatIsAsked } from '../request-view.ts'
import { readCommand, type Typed } from './command-text.ts'
import { COMPOSE } from './compose.ts'
import { errorsOf, readComposed } from './compose-values.ts'
import { type Confirming, confirmMessage, confirmView } from './confirm.ts'
import { formOf, openForm } from './open-form.ts'
import { ephemeral, say, tellOne } from './say.ts'
import type { SlackSide } from './side.ts'

const USAGE = 'Type /elevate to choose from a list, or /elevate runbook.action name=value reason="…" lease=15m.'

export function handleAsking(bolt: App, side: SlackSide): void {
  const { ctx, gate } = side

  bolt.command('/elevate', async ({ command, ack }) => {
    const answer = (words: string) => ack(ephemeral(side.no.message(words)))
    const admitted = await gate.admit({ team: command.team_id, user: command.user_id })
    if (!admitted.ok) return answer(admitted.words)
    const { person, published } = admitted
    const read = readCommand(command.text ?? '')
    if (!read.ok) return answer(`${read.problem} ${USAGE}`)
    if (read.typed.action === 'help') return ack(ephemeral(say(helpWords(published, person))))
    if (wantsForm(published, read.typed)) {
      await ack()
      return openForm(side, command, command.trigger_id, admitted, { id: newId(), ...read.typed })
    }
    // One typed line is one request, also when it is taken up twice.
    const id = idFrom(sha256(new TextEncoder().encode(`command ${command.trigger_id}`)))
    const { action = '', parameters, reason = '', leaseSeconds } = read.typed
    const outcome = await proposeRequest(ctx, { id, person: person.id, action, parameters, reason, leaseSeconds })
    if (!outcome.ok) return answer(problemWords(outcome.problems))
    return ack(ephemeral(confirmMessage(confirming(side, published, outcome))))
  })

  bolt.shortcut('request.open', async ({ shortcut, ack }) => {
    await ack()
    const team = shortcut.user.team_id ?? shortcut.team?.id ?? ''
    const admitted = await gate.admit({ team, user: shortcut.user.id })
    if (!admitted.ok) return tellOne(side, {}, shortcut.user.id, side.no.message(admitted.words))
    return openForm(side, { user_id: shortcut.user.id }, shortcut.trigger_id, admitted, { id: newId() })
  })

  bolt.action({ action_id: 'action.choose', type: 'block_actions' }, async ({ body, ack, client }) => {
    await ack()
    const { view, user } = body
    if (!view) return
    const admitted = await gate.admit({ team: user.team_id ?? body.team?.id ?? '', user: user.id })
    const composed = readComposed(view)
    const next = admitted.ok
      ? formOf(side, admitted, { ...composed, ...composed.asked, reason: composed.asked?.reason || undefined })
      : side.no.view('Not possible', admitted.words)
    await client.views.update({ view_id: view.id, hash: view.hash, view: next }).catch((error: unknown) => {
      // Somebody who chose again before this arrived has a newer view, whose own update follows.
      side.log.info({ error: error instanceof Error ? error.message : 'unknown' }, 'a form was not updated')
    })
  })

  bolt.view(COMPOSE, async ({ body, view, ack }) => {
    const admitted = await gate.admit({ team: body.user.team_id ?? body.team?.id ?? '', user: body.user.id })
    if (!admitted.ok) return ack({ response_action: 'update', view: side.no.view('Not possible', admitted.words) })
    const { person, published } = admitted
    const { id, after, asked } = readComposed(view)
    if (!asked) return ack({ response_action: 'errors', errors: { action: 'Choose what you need.' } })
    const outcome = await proposeRequest(ctx, { id, after, person: person.id, ...asked })
    if (outcome.ok) {
      await keepMessage(ctx.db, { request_id: outcome.requestId, place: FORM_PLACE, channel: view.id, ts: '', shown: '' })
      return ack({ response_action: 'update', view: confirmView(confirming(side, published, outcome)) })
    }
    const errors = errorsOf(asked.action, outcome.problems)
    if (!errors) return ack({ response_action: 'update', view: side.no.view('Not possible', problemWords(outcome.problems)) })
    const there = new Set(view.blocks.map(({ block_id }) => block_id))
    if (Object.keys(errors).every((block) => there.has(block))) return ack({ response_action: 'errors', errors })
    // Submitted before the chosen action's inputs had arrived: they come now, with what is wrong above them.
    const next = formOf(side, admitted, { id, after, ...asked, says: problemWords(outcome.problems) })
    return ack({ response_action: 'update', view: next })
  })
}

const confirming = (side: SlackSide, { ruleSet }: Published, proposed: Proposed): Confirming => ({
  ...proposed,
  asked: whatIsAsked(ruleSet, proposed.intent),
  confirmBy: proposed.intent.confirm_by,
  page: pageOf(side.issuerUrl, proposed.viewId),
})

/** Whether something is missing that the form can ask for; names that the action does not have are answered, not dropped. */
function wantsForm({ ruleSet }: Published, typed: Typed): boolean {
  if (typed.action === undefined) return Object.keys(typed.parameters).length === 0
  const action = findOffer(ruleSet, typed.action)?.action
  if (!action) return false
  const names = action.parameters.map(({ name }) => name)
  if (!Object.keys(typed.parameters).every((name) => names.includes(name))) return false
  return typed.reason === undefined || names.some((name) => !Object.hasOwn(typed.parameters, name))
}

/** Every problem, one a line. */
const problemWords = (problems: readonly Problem[]): string => problems.map(({ refusal }) => refusalWords(refusal)).join('\n')

function helpWords({ ruleSet }: Published, person: Person): string {
  const names = offersFor(ruleSet, person.id).map(({ action }) => `• ${actionName(action)}: ${action.title}`)
  const listed = names.length === 0 ? 'There is no action you may ask for.' : `You may ask for:\n${names.slice(0, 40).join('\n')}`
  return `${USAGE}\n${listed}`
}
