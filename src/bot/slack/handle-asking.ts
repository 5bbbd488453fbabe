// Asking: `/elevate` with and without arguments, the shortcut, the form that follows the chosen action, and its submission. Each is answered with the
// next step or with every reason why not. A complete command proposes at once; anything missing opens the form with what was typed.

import type { App, types } from '@slack/bolt'
import type { Published } from '../../commands/context.ts'
import { type Asked, offersFor, type Problem } from '../../commands/judge-proposal.ts'
import { FORM_PLACE } from '../../commands/plan-deliveries.ts'
import { proposeRequest } from '../../commands/propose-request.ts'
import { newId, sha256 } from '../../crypto.ts'
import { keepMessage } from '../../db/bot-queries/messages.ts'
import { actionName, findOffer, type Person } from '../../domain/action.ts'
import { idFrom } from '../../domain/ids.ts'
import { refusalWords } from '../../domain/words.ts'
import { pageOf } from '../own-work.ts'
import { readCommand, type Typed } from './command-text.ts'
import { COMPOSE, composeView, type Draft } from './compose.ts'
import { errorsOf, readComposed } from './compose-values.ts'
import { confirmMessage, confirmView, sayView } from './confirm.ts'
import { findViewLimits } from './limits.ts'
import { ephemeral, say, tellOne } from './say.ts'
import type { SlackSide } from './side.ts'

const USAGE = 'Type /elevate to choose from a list, or /elevate runbook.action name=value reason="…" lease=15m.'

export function handleAsking(bolt: App, side: SlackSide): void {
  const { ctx, gate } = side

  bolt.command('/elevate', async ({ command, ack }) => {
    const answer = (words: string) => ack(ephemeral(say(words)))
    const admitted = await gate.admit({ team: command.team_id, user: command.user_id })
    if (!admitted.ok) return answer(admitted.words)
    const { person, published } = admitted
    const read = readCommand(command.text ?? '')
    if (!read.ok) return answer(`${read.problem} ${USAGE}`)
    if (read.typed.action === 'help') return answer(helpWords(published, person))
    if (wantsForm(published, read.typed)) {
      await ack()
      return openForm(side, command, command.trigger_id, admitted, { id: newId(), ...read.typed })
    }
    // One typed line is one request, also when it is taken up twice.
    const id = idFrom(sha256(new TextEncoder().encode(`command ${command.trigger_id}`)))
    const { action = '', parameters, reason = '', leaseSeconds } = read.typed
    const outcome = await proposeRequest(ctx, { id, person: person.id, action, parameters, reason, leaseSeconds })
    if (!outcome.ok) return answer(problemWords(outcome.problems))
    return ack(ephemeral(confirmMessage(outcome, titleOf(published, action), pageOf(side.issuerUrl, outcome.viewId))))
  })

  bolt.shortcut('request.open', async ({ shortcut, ack }) => {
    await ack()
    const team = shortcut.user.team_id ?? shortcut.team?.id ?? ''
    const admitted = await gate.admit({ team, user: shortcut.user.id })
    if (!admitted.ok) return tellOne(side, {}, shortcut.user.id, say(admitted.words))
    return openForm(side, { user_id: shortcut.user.id }, shortcut.trigger_id, admitted, { id: newId() })
  })

  bolt.action({ action_id: 'action.choose', type: 'block_actions' }, async ({ body, ack, client }) => {
    await ack()
    const { view, user } = body
    if (!view) return
    const admitted = await gate.admit({ team: user.team_id ?? body.team?.id ?? '', user: user.id })
    const composed = readComposed(view)
    const next = admitted.ok
      ? formOf(side, admitted, { id: composed.id, ...composed.asked, reason: composed.asked?.reason || undefined })
      : sayView('Not possible', admitted.words)
    await client.views.update({ view_id: view.id, hash: view.hash, view: next }).catch((error: unknown) => {
      // Somebody who chose again before this arrived has a newer view, whose own update follows.
      side.log.info({ error: error instanceof Error ? error.message : 'unknown' }, 'a form was not updated')
    })
  })

  bolt.view(COMPOSE, async ({ body, view, ack }) => {
    const admitted = await gate.admit({ team: body.user.team_id ?? body.team?.id ?? '', user: body.user.id })
    if (!admitted.ok) return ack({ response_action: 'update', view: sayView('Not possible', admitted.words) })
    const { person, published } = admitted
    const { id, asked } = readComposed(view)
    if (!asked) return ack({ response_action: 'errors', errors: { action: 'Choose what you need.' } })
    const outcome = await proposeRequest(ctx, { id, person: person.id, ...asked })
    if (outcome.ok) {
      await keepMessage(ctx.db, { request_id: outcome.requestId, place: FORM_PLACE, channel: view.id, ts: '', shown: '' })
      const shown = confirmView(outcome, titleOf(published, asked.action), pageOf(side.issuerUrl, outcome.viewId))
      return ack({ response_action: 'update', view: shown })
    }
    const errors = errorsOf(asked.action, outcome.problems)
    if (!errors) return ack({ response_action: 'update', view: sayView('Not possible', problemWords(outcome.problems)) })
    const there = new Set(view.blocks.map(({ block_id }) => block_id))
    if (Object.keys(errors).every((block) => there.has(block))) return ack({ response_action: 'errors', errors })
    // Submitted before the chosen action's inputs had arrived: they come now, with what is wrong above them.
    const next = formOf(side, admitted, { id, ...asked, says: problemWords(outcome.problems) })
    return ack({ response_action: 'update', view: next })
  })
}

type Admitted = { readonly person: Person; readonly published: Published }

function formOf(side: SlackSide, { person, published }: Admitted, draft: Draft): types.View {
  const offers = offersFor(published.ruleSet, person.id)
  if (offers.length === 0)
    return sayView('Not possible', 'There is no action you may ask for. An administrator can change that in the runbooks.')
  const view = composeView(offers, draft)
  const problems = findViewLimits(view)
  if (problems.length === 0) return view
  side.log.error({ fault: 'block_kit_limit', problems, action: draft.action }, 'a form is over a limit of Slack')
  return sayView('Not in Slack', `This form is too large for Slack. Ask at ${side.publicUrl}.`)
}

async function openForm(
  side: SlackSide,
  body: Record<string, unknown>,
  trigger: string,
  admitted: Admitted,
  draft: Draft,
): Promise<void> {
  try {
    await side.client.views.open({ trigger_id: trigger, view: formOf(side, admitted, draft) })
  } catch (error) {
    side.log.warn({ error: error instanceof Error ? error.message : 'unknown' }, 'a form could not be opened')
    const user = typeof body['user_id'] === 'string' ? body['user_id'] : ''
    await tellOne(side, body, user, say(`Slack did not open the form in time. Type it again, or ask at ${side.publicUrl}.`))
  }
}

/** Whether something is missing that the form can ask for; names that the action does not have are answered, not dropped. */
function wantsForm({ ruleSet }: Published, typed: Typed): boolean {
  if (typed.action === undefined) return Object.keys(typed.parameters).length === 0
  const action = findOffer(ruleSet, typed.action)?.action
  if (!action) return false
  const names = action.parameters.map(({ name }) => name)
  if (!Object.keys(typed.parameters).every((name) => names.includes(name))) return false
  return typed.reason === undefined || names.some((name) => !Object.hasOwn(typed.parameters, name))
}

const titleOf = ({ ruleSet }: Published, action: Asked['action']): string => findOffer(ruleSet, action)?.action.title ?? action

/** Every problem, one a line. */
const problemWords = (problems: readonly Problem[]): string => problems.map(({ refusal }) => refusalWords(refusal)).join('\n')

function helpWords({ ruleSet }: Published, person: Person): string {
  const names = offersFor(ruleSet, person.id).map(({ action }) => `• ${actionName(action)}: ${action.title}`)
  const listed = names.length === 0 ? 'There is no action you may ask for.' : `You may ask for:\n${names.slice(0, 40).join('\n')}`
  return `${USAGE}\n${listed}`
}
