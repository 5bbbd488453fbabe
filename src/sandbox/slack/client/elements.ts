// Elements that a person acts on, as the browser's own controls: buttons, menus, selects, radio buttons, checkboxes, text, number and date inputs.

import type { Block, Element, Entered, Option } from '../wire.ts'
import { combobox } from './combobox.ts'
import { type Child, el, safeHref, uniqueId } from './dom.ts'
import { menu } from './menu.ts'
import { act, currentValue, type Described, entered, type Surface } from './surface.ts'
import { textNodes, unknown } from './text.ts'

export function elementNode(surface: Surface, block: Block, element: Element, described: Described = {}): HTMLElement {
  switch (element.type) {
    case 'button':
      return button(surface, block, element)
    case 'overflow':
      return menu({ label: '⋯', name: 'More actions', class: 'button overflow', action: element.action_id }, () =>
        (element.options ?? []).map((option) => ({
          label: option.text.text,
          about: option.description?.text,
          href: option.url === undefined ? undefined : safeHref(option.url),
          choose: () => void act(surface, block, element, option.value),
        })),
      )
    case 'static_select':
    case 'users_select':
      return select(surface, block, element, described)
    case 'external_select':
      return combobox(surface, block, element, described)
    case 'radio_buttons':
      return choices(surface, block, element, 'radio', described)
    case 'checkboxes':
    case 'multi_static_select':
      return choices(surface, block, element, 'checkbox', described)
    case 'plain_text_input':
    case 'number_input':
    case 'email_text_input':
    case 'url_text_input':
    case 'datepicker':
      return input(surface, block, element, described)
    default:
      return unknown(element.type)
  }
}

function button(surface: Surface, block: Block, element: Element): HTMLElement {
  const words = typeof element.text === 'object' ? textNodes(element.text, surface.names) : []
  const attributes = {
    class: `button ${element.style ?? ''}`,
    'aria-label': element.accessibility_label,
    'data-action': element.action_id,
  }
  const href = element.url === undefined ? undefined : safeHref(element.url)
  if (href !== undefined) {
    // The address opens at once, as a link does; the app is told beside it.
    const click = () =>
      void act({ ...surface, onTrouble: () => undefined }, block, { ...element, confirm: undefined } as never, null)
    return el(
      'a',
      { ...attributes, href, target: '_blank', rel: 'noopener', on: { click } },
      ...words,
      el('span', { class: 'out', 'aria-hidden': 'true' }, '↗'),
    )
  }
  // Not `disabled`, which would take the focus from whoever has no mouse.
  const pressed = async () => {
    if (node.ariaBusy === 'true') return
    node.ariaBusy = 'true'
    await act(surface, block, element, null)
    node.ariaBusy = null
  }
  const node = el('button', { ...attributes, type: 'button', on: { click: () => void pressed() } }, ...words)
  return node
}

function select(surface: Surface, block: Block, element: Element, described: Described): HTMLElement {
  const current = currentValue(surface, block, element)
  const option = (value: string, label: string) => {
    const node = el('option', { value }, label)
    node.selected = value === current
    return node
  }
  const plain = (options: readonly Option[]) => options.map((each) => option(each.value, each.text.text))
  const people = () => surface.people.filter((each) => !each.bot && !each.deactivated).map((each) => option(each.id, each.name))
  const groups = element.option_groups?.map((group) => el('optgroup', { label: group.label.text }, ...plain(group.options)))
  const node = el(
    'select',
    {
      ...naming(element, described),
      on: { change: () => void entered(surface, block, element, node.value === '' ? null : node.value) },
    },
    option('', element.placeholder?.text ?? 'Choose…'),
    ...(element.type === 'users_select' ? people() : (groups ?? plain(element.options ?? []))),
  )
  return node
}

function choices(
  surface: Surface,
  block: Block,
  element: Element,
  type: 'radio' | 'checkbox',
  described: Described,
): HTMLElement {
  const current = currentValue(surface, block, element)
  const chosen = new Set(Array.isArray(current) ? (current as string[]) : typeof current === 'string' ? [current] : [])
  const name = uniqueId()
  const options = element.options ?? element.option_groups?.flatMap((group) => group.options) ?? []
  const boxes = options.map((option) => {
    const box = el('input', {
      type,
      name,
      value: option.value,
      on: { change: () => void entered(surface, block, element, collect()) },
    })
    box.checked = chosen.has(option.value)
    const about = option.description && el('span', { class: 'quiet' }, ...textNodes(option.description, surface.names))
    const words: Child[] = [el('span', {}, ...textNodes(option.text, surface.names)), about]
    return { box, node: el('label', { class: 'choice' }, box, el('span', { class: 'choice-words' }, ...words)) }
  })
  const collect = (): Entered => {
    const values = boxes.filter(({ box }) => box.checked).map(({ box }) => box.value)
    return type === 'radio' ? (values[0] ?? null) : values
  }
  const role = type === 'radio' ? 'radiogroup' : 'group'
  const attributes = {
    class: 'choices',
    role,
    'aria-label': described.label ?? element.placeholder?.text,
    'aria-describedby': described.describedBy,
  }
  return el('div', attributes, ...boxes.map(({ node }) => node))
}

function input(surface: Surface, block: Block, element: Element, described: Described): HTMLElement {
  const attributes = {
    ...naming(element, described),
    placeholder: element.placeholder?.text,
    autocomplete: 'off',
    maxlength: element.max_length,
    autofocus: element.focus_on_load === true,
  }
  const types: Record<string, string> = { datepicker: 'date', email_text_input: 'email', url_text_input: 'url' }
  const numeric = element.type === 'number_input' ? { inputmode: element.is_decimal_allowed ? 'decimal' : 'numeric' } : {}
  const node: HTMLInputElement | HTMLTextAreaElement = element.multiline
    ? el('textarea', { ...attributes, rows: 4 })
    : el('input', { ...attributes, ...numeric, type: types[element.type] ?? 'text' })
  const current = currentValue(surface, block, element)
  node.value = typeof current === 'string' ? current : ''
  const value = () => (node.value === '' ? null : node.value)
  node.addEventListener('input', () => {
    void entered(surface, block, element, value())
    if (triggers(block, element).includes('on_character_entered')) dispatch()
  })
  let timer: number | undefined
  const dispatch = () => {
    window.clearTimeout(timer)
    timer = window.setTimeout(() => void act(surface, block, element, value()), 300)
  }
  node.addEventListener('keydown', (event) => {
    const { key, shiftKey, isComposing } = event as KeyboardEvent
    if (key !== 'Enter' || shiftKey || isComposing || !triggers(block, element).includes('on_enter_pressed')) return
    event.preventDefault()
    void act(surface, block, element, value())
  })
  return node
}

const triggers = (block: Block, element: Element): readonly string[] =>
  block.dispatch_action ? (element.dispatch_action_config?.trigger_actions_on ?? ['on_enter_pressed']) : []

function naming(element: Element, described: Described) {
  const label = described.id === undefined ? (described.label ?? element.placeholder?.text ?? element.action_id) : undefined
  return { id: described.id, 'aria-label': label, 'aria-describedby': described.describedBy, 'data-action': element.action_id }
}
