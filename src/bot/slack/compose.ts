// The form in which a request is asked: a choice of action, and inputs that follow the chosen one. Pure: what the rules allow and what was typed go in,
// a view comes out. A block's id names the action it belongs to, so that a value never slips from one action's input into another's of the same name.

import type { types } from '@slack/bolt'
import { leaseChoices, REASON_LENGTH } from '../../commands/judge-proposal.ts'
import type { After } from '../../commands/propose-request.ts'
import { type Action, actionName, type Parameter, type RuleSet } from '../../domain/action.ts'
import { durationWords } from '../../domain/words.ts'
import { type Block, clip, note, plain } from './blocks.ts'
import { wayIn } from './say-no.ts'

export const COMPOSE = 'request.compose'
const MOST_ACTIONS = 100
/** `plain_text_input` takes no more. */
const LONGEST_INPUT = 3000

export type Draft = {
  /** The id the request will have: the same form submitted twice is one request. */
  readonly id: string
  readonly action?: string | undefined
  readonly parameters?: { readonly [name: string]: unknown } | undefined
  readonly reason?: string | undefined
  readonly leaseSeconds?: number | undefined
  /** A sentence above the inputs: why the form opened instead of what was typed. */
  readonly says?: string | undefined
  /** The request that this one is asked after. */
  readonly after?: After | undefined
}

/** The form; `offers` are the actions this person may ask for, at least one. */
export function composeView(offers: RuleSet['offers'], draft: Draft, publicUrl: string): types.View {
  const chosen = offers.find(({ action }) => actionName(action) === draft.action)?.action
  const blocks: Block[] = [
    ...(draft.says === undefined ? [] : [note(draft.says)]),
    chooseAction(offers, chosen),
    ...(chosen ? chosenBlocks(chosen, draft) : [note('The next fields follow from the action.')]),
    reasonInput(draft.reason),
    wayIn(publicUrl),
  ]
  return {
    type: 'modal',
    callback_id: COMPOSE,
    private_metadata: JSON.stringify({ id: draft.id, ...(draft.after && { after: draft.after }) }),
    title: { type: 'plain_text', text: 'Ask for access' },
    close: { type: 'plain_text', text: 'Close' },
    submit: { type: 'plain_text', text: 'Next' },
    blocks,
  }
}

export const parameterBlock = (action: string, name: string): string => `${action}/${name}`
export const leaseBlock = (action: string): string => `lease/${action}`

function chooseAction(offers: RuleSet['offers'], chosen: Action | undefined): Block {
  // A chosen action always stands in the list, however many there are.
  const shown = offers.slice(0, MOST_ACTIONS)
  const named =
    shown.some(({ action }) => action === chosen) || !chosen
      ? shown
      : [...shown.slice(1), ...offers.filter((o) => o.action === chosen)]
  const groups = [...Map.groupBy(named, ({ action }) => action.runbook)].map(([runbook, of]) => ({
    label: plain(runbook, 75),
    options: of.map(({ action }) => option(action.title, actionName(action))),
  }))
  const hidden = offers.length - named.length
  return {
    type: 'input',
    block_id: 'action',
    dispatch_action: true,
    label: plain('What do you need?', 2000),
    ...(hidden > 0 && { hint: plain(`${hidden} more are not listed here: type /elevate and the action’s name.`, 2000) }),
    element: {
      type: 'static_select',
      action_id: 'action.choose',
      placeholder: plain('Choose an action', 150),
      option_groups: groups,
      ...(chosen && { initial_option: option(chosen.title, actionName(chosen)) }),
    },
  }
}

function chosenBlocks(action: Action, draft: Draft): Block[] {
  const full = actionName(action)
  const approvals = action.rules.approvals.map(({ group, count }) => `${count} of ${group}`).join(', ')
  return [
    note(`${full} on ${action.credential.target}. Approved by ${approvals}.`),
    ...action.parameters.map((parameter) => parameterInput(full, parameter, draft.parameters?.[parameter.name])),
    leaseInput(action, draft.leaseSeconds),
  ]
}

function parameterInput(action: string, parameter: Parameter, given: unknown): Block {
  const hint = [parameter.help, parameter.personal ? 'Personal: shown only on the signing page.' : '']
    .filter((text) => text !== '')
    .join(' ')
  return {
    type: 'input',
    block_id: parameterBlock(action, parameter.name),
    label: plain(parameter.label, 2000),
    ...(hint !== '' && { hint: plain(hint, 2000) }),
    element: inputOf(parameter, typeof given === 'string' ? given : undefined),
  }
}

function inputOf(parameter: Parameter, given: string | undefined): types.InputBlock['element'] {
  const action_id = 'value'
  switch (parameter.type) {
    case 'enum': {
      const options = parameter.values.map((value) => option(value, value))
      const initial = options.find(({ value }) => value === given)
      return { type: 'static_select', action_id, options, ...(initial && { initial_option: initial }) }
    }
    case 'integer': {
      const { minimum, maximum } = parameter
      const initial = given !== undefined && /^-?[0-9]{1,16}$/.test(given) ? { initial_value: given } : {}
      return {
        type: 'number_input',
        action_id,
        is_decimal_allowed: false,
        min_value: String(minimum),
        max_value: String(maximum),
        ...initial,
      }
    }
    case 'boolean': {
      const options = [option('Yes', 'true'), option('No', 'false')]
      const initial = options.find(({ value }) => value === given)
      return { type: 'radio_buttons', action_id, options, ...(initial && { initial_option: initial }) }
    }
    case 'string': {
      const most = Math.min(parameter.max_length, LONGEST_INPUT)
      const initial = given ? { initial_value: clip(given, most) } : {}
      return { type: 'plain_text_input', action_id, max_length: most, ...initial }
    }
  }
}

function leaseInput(action: Action, given: number | undefined): Block {
  const asked = given !== undefined && given >= 30 && given <= action.lease.maximum_seconds ? [given] : []
  const choices = [...new Set([...leaseChoices(action), ...asked])].sort((a, b) => a - b)
  const options = choices.map((seconds) => option(durationWords(seconds), String(seconds)))
  const initial = options.find(({ value }) => value === String(asked[0] ?? action.lease.default_seconds))
  return {
    type: 'input',
    block_id: leaseBlock(actionName(action)),
    label: plain('For how long?', 2000),
    hint: plain('The time starts when you claim the credential.', 2000),
    element: { type: 'static_select', action_id: 'value', options, ...(initial && { initial_option: initial }) },
  }
}

const reasonInput = (given: string | undefined): Block => ({
  type: 'input',
  block_id: 'reason',
  label: plain('Why?', 2000),
  hint: plain('Those who decide read this here and on the signing page.', 2000),
  element: {
    type: 'plain_text_input',
    action_id: 'value',
    multiline: true,
    min_length: REASON_LENGTH.min,
    max_length: REASON_LENGTH.max,
    ...(given ? { initial_value: clip(given, REASON_LENGTH.max) } : {}),
  },
})

const option = (text: string, value: string) => ({ text: plain(text, 75), value })
