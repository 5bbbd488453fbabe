// A surface is where blocks stand and are acted on: a message, the modal on top, the home. It keeps what was entered and not yet sent, asks before a
// press that wants confirming, and shows what went wrong in place.

import type { ActOutcome, Block, Element, Entered, PersonView, Place, State, StateValue } from '../wire.ts'
import type { Api } from './api.ts'
import { askConfirm } from './confirm.ts'
import type { Names } from './text.ts'

export interface Surface {
  readonly place: Place
  readonly api: Api
  readonly names: Names
  readonly people: readonly PersonView[]
  /** What the server holds. */
  readonly values: State
  /** What was entered here since, by `block/action`. */
  readonly entered: Map<string, Entered>
  readonly errors: Readonly<Record<string, string>>
  readonly onTrouble: (words: string) => void
}

export const keyOf = (block: Block, element: Element): string => `${block.block_id}/${element.action_id}`

/** What an element shows now: what was entered last, else what the server holds. */
export function currentValue(surface: Surface, block: Block, element: Element): Entered {
  const local = surface.entered.get(keyOf(block, element))
  return local === undefined ? enteredOf(surface.values[block.block_id]?.[element.action_id], element) : local
}

function enteredOf(value: StateValue | undefined, element: Element): Entered {
  if (!value || value.type !== element.type)
    return element.initial_value ?? element.initial_option?.value ?? element.initial_options?.map((each) => each.value) ?? null
  if (value.selected_options) return value.selected_options.map((option) => option.value)
  return value.value ?? value.selected_option?.value ?? value.selected_date ?? value.selected_user ?? null
}

/** Keeps an entry; the app hears of it only where Slack would tell it. */
export async function entered(surface: Surface, block: Block, element: Element, value: Entered): Promise<void> {
  surface.entered.set(keyOf(block, element), value)
  const silent = block.type === 'input' && !block.dispatch_action && surface.place.kind !== 'message'
  const onEnterOnly = TYPED.has(element.type)
  if (!silent && !onEnterOnly) await act(surface, block, element, value)
}

const TYPED = new Set(['plain_text_input', 'number_input', 'email_text_input', 'url_text_input'])

/** Sends an act, after its confirmation. In a modal what was entered goes first, so that the app sees the whole form. */
export async function act(surface: Surface, block: Block, element: Element, value: Entered): Promise<ActOutcome> {
  if (element.confirm && !(await askConfirm(element.confirm, surface.names))) return { ok: true }
  surface.onTrouble('')
  if (surface.place.kind === 'modal') await sendEntered(surface)
  const outcome = await surface.api.press(surface.place, block.block_id, element.action_id, value)
  if (!outcome.ok) surface.onTrouble(outcome.error ?? 'That did not work.')
  return outcome
}

/** Hands everything entered in a modal to the server. */
export async function sendEntered(surface: Surface): Promise<ActOutcome> {
  return surface.entered.size === 0 ? { ok: true } : surface.api.fill(Object.fromEntries(surface.entered))
}

/** What names and describes an element: the label and hint of its input block. */
export interface Described {
  readonly id?: string
  readonly describedBy?: string | undefined
  readonly label?: string
}
