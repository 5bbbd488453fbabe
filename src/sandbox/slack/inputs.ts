// Inputs of messages and views: what a person may put in, what Slack would send as `state.values`, and what it would refuse before the app sees
// anything. A person can choose only what was offered; a client that says otherwise is told so.

import { elementsOf, optionsOf } from './block-kit.ts'
import type { Block, Element, Entered, Option, State, StateValue } from './wire.ts'

const TEXTS = new Set(['plain_text_input', 'number_input', 'email_text_input', 'url_text_input'])
const ONE_OF = new Set(['static_select', 'external_select', 'radio_buttons'])
const SOME_OF = new Set(['checkboxes', 'multi_static_select'])

/** Whether an element holds a value, rather than only being pressed. */
export const isStateful = (element: Element): boolean =>
  TEXTS.has(element.type) ||
  ONE_OF.has(element.type) ||
  SOME_OF.has(element.type) ||
  ['datepicker', 'users_select'].includes(element.type)

export interface Placed {
  readonly block: Block
  readonly element: Element
}
/** Finds an element by action id, and by block id where one action id stands in several blocks. */
export function findElement(blocks: readonly Block[], actionId: string, blockId?: string): Placed | undefined {
  for (const block of blocks) {
    if (blockId !== undefined && block.block_id !== blockId) continue
    const element = elementsOf(block).find((each) => each.action_id === actionId)
    if (element) return { block, element }
  }
  return undefined
}

/** Finds what a driver calls `key`: an action id, a block id with one element, or `block/action`. */
export function findByKey(blocks: readonly Block[], key: string): Placed | undefined {
  // Both ids may hold slashes themselves.
  for (let slash = key.indexOf('/'); slash > 0; slash = key.indexOf('/', slash + 1)) {
    const exact = findElement(blocks, key.slice(slash + 1), key.slice(0, slash))
    if (exact) return exact
  }
  const block = blocks.find((each) => each.block_id === key)
  const [element] = block ? elementsOf(block) : []
  return findElement(blocks, key) ?? (block && element ? { block, element } : undefined)
}

/** What was entered as Slack's state value, or undefined when the element does not offer it. */
export function enter(element: Element, entered: Entered, offered: readonly Option[]): StateValue | undefined {
  const { type } = element
  const all = [...optionsOf(element), ...offered, ...(element.initial_option ? [element.initial_option] : [])]
  if (SOME_OF.has(type)) {
    const values = entered === null ? [] : typeof entered === 'string' ? [entered] : entered
    const chosen = values.map((value) => all.find((option) => option.value === value))
    return chosen.includes(undefined) ? undefined : { type, selected_options: chosen as Option[] }
  }
  if (entered !== null && typeof entered !== 'string') return undefined
  const value = entered === '' ? null : entered
  if (TEXTS.has(type)) return { type, value }
  if (type === 'datepicker')
    return value === null || /^\d{4}-\d{2}-\d{2}$/.test(value) ? { type, selected_date: value } : undefined
  if (type === 'users_select') return { type, selected_user: value }
  if (!ONE_OF.has(type)) return undefined
  if (value === null) return { type, selected_option: null }
  const option = all.find((each) => each.value === value)
  return option ? { type, selected_option: option } : undefined
}

/** The value an element has before anybody touched it. */
function initial(element: Element): StateValue {
  const { type } = element
  if (SOME_OF.has(type)) return { type, selected_options: element.initial_options ?? [] }
  if (ONE_OF.has(type)) return { type, selected_option: element.initial_option ?? null }
  if (type === 'datepicker') return { type, selected_date: element.initial_date ?? null }
  if (type === 'users_select') return { type, selected_user: element.initial_user ?? null }
  return { type, value: element.initial_value || null }
}

/** `state.values`: what was entered where the same element still stands, else its initial value. */
export function stateOf(blocks: readonly Block[], draft: State): State {
  const state: State = {}
  for (const block of blocks)
    for (const element of elementsOf(block).filter(isStateful)) {
      const kept = draft[block.block_id]?.[element.action_id]
      state[block.block_id] = {
        ...state[block.block_id],
        [element.action_id]: kept?.type === element.type ? kept : initial(element),
      }
    }
  return state
}

/** What keeps a modal from being submitted, by block id: Slack's own check, made before the app is asked. */
export function problemsOf(blocks: readonly Block[], state: State): Record<string, string> {
  const problems: Record<string, string> = {}
  for (const block of blocks) {
    const element = block.element
    const value = element && state[block.block_id]?.[element.action_id]
    const problem = value && problemOf(element, value, block.optional === true)
    if (problem) problems[block.block_id] = problem
  }
  return problems
}

function problemOf(element: Element, value: StateValue, optional: boolean): string | undefined {
  const text = value.value ?? null
  const chosen = value.selected_option ?? value.selected_date ?? value.selected_user ?? value.selected_options?.[0] ?? null
  if (text === null && chosen === null) return optional ? undefined : 'Please complete this required field.'
  if (text === null) {
    const most = element.max_selected_items
    return most !== undefined && (value.selected_options?.length ?? 0) > most ? `Choose at most ${most}.` : undefined
  }
  const length = [...text].length
  if (element.min_length !== undefined && length < element.min_length) return `Must be at least ${element.min_length} characters.`
  if (length > (element.max_length ?? 3000)) return `Must be at most ${element.max_length ?? 3000} characters.`
  if (element.type === 'number_input') return numberProblem(element, text)
  if (element.type === 'email_text_input' && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text))
    return 'Please enter a valid email address.'
  if (element.type === 'url_text_input' && !URL.canParse(text)) return 'Please enter a valid URL.'
  return undefined
}

function numberProblem(element: Element, text: string): string | undefined {
  if (!/^-?\d+(\.\d+)?$/.test(text)) return 'Please enter a number.'
  if (!element.is_decimal_allowed && text.includes('.')) return 'Please enter a whole number.'
  if (element.min_value !== undefined && Number(text) < Number(element.min_value)) return `Must be ${element.min_value} or more.`
  if (element.max_value !== undefined && Number(text) > Number(element.max_value)) return `Must be ${element.max_value} or less.`
  return undefined
}
