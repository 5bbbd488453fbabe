// An external select: what it offers is asked of the app while the person types (ARIA combobox with a list). Late answers to earlier letters are
// dropped.

import type { Block, Element, Option } from '../wire.ts'
import { el, uniqueId } from './dom.ts'
import { currentValue, type Described, entered, type Surface } from './surface.ts'

const TYPING_MS = 200

export function combobox(surface: Surface, block: Block, element: Element, described: Described): HTMLElement {
  const listId = uniqueId()
  const list = el('div', {
    class: 'options',
    role: 'listbox',
    id: listId,
    hidden: true,
    'aria-label': described.label ?? 'Choices',
  })
  const field = el('input', {
    id: described.id,
    type: 'text',
    role: 'combobox',
    autocomplete: 'off',
    placeholder: element.placeholder?.text ?? 'Type to search',
    'aria-expanded': 'false',
    'aria-controls': listId,
    'aria-label': described.id === undefined ? (described.label ?? element.placeholder?.text) : undefined,
    'aria-describedby': described.describedBy,
    'data-action': element.action_id,
  })
  field.value = labelOf(surface, block, element)
  let asked = 0
  let timer: number | undefined
  let active = -1
  let last: Option | undefined
  const nodes = () => [...list.querySelectorAll<HTMLElement>('[role=option]:not([aria-disabled])')]
  const show = (open: boolean) => {
    list.hidden = !open
    field.setAttribute('aria-expanded', String(open))
  }
  const mark = (index: number) => {
    active = index
    for (const [at, node] of nodes().entries()) {
      node.setAttribute('aria-selected', String(at === index))
      if (at === index) {
        field.setAttribute('aria-activedescendant', node.id)
        node.scrollIntoView({ block: 'nearest' })
      }
    }
  }
  const choose = (option: Option) => {
    last = option
    field.value = option.text.text
    show(false)
    void entered(surface, block, element, option.value)
  }
  const optionNode = (option: Option) =>
    el(
      'div',
      {
        class: 'option',
        role: 'option',
        id: uniqueId(),
        on: { pointerdown: (event) => event.preventDefault(), click: () => choose(option) },
      },
      el('span', {}, option.text.text),
      option.description ? el('span', { class: 'quiet' }, option.description.text) : null,
    )
  const note = (words: string) => el('div', { class: 'quiet option', role: 'option', 'aria-disabled': 'true' }, words)
  const ask = async (query: string) => {
    if (query.length < (element.min_query_length ?? 3)) return
    asked += 1
    const mine = asked
    list.replaceChildren(note('Searching…'))
    show(true)
    const answer = await surface.api.suggest(surface.place, block.block_id, element.action_id, query)
    if (mine !== asked) return
    const groups = answer.optionGroups.map(({ label, options }) =>
      el(
        'div',
        { role: 'group', 'aria-label': label.text },
        el('div', { class: 'group', 'aria-hidden': 'true' }, label.text),
        ...options.map(optionNode),
      ),
    )
    const found = [...answer.options.map(optionNode), ...groups]
    list.replaceChildren(...(found.length > 0 ? found : [note(answer.ok ? 'Nothing matches.' : (answer.error ?? ''))]))
    mark(found.length > 0 ? 0 : -1)
  }
  const soon = () => {
    window.clearTimeout(timer)
    timer = window.setTimeout(() => void ask(field.value), TYPING_MS)
  }
  field.addEventListener('input', soon)
  const openNow = () => {
    field.select()
    if ((element.min_query_length ?? 3) === 0 && list.hidden) void ask('')
  }
  field.addEventListener('click', openNow)
  field.addEventListener('blur', () => {
    show(false)
    // Half a word is no choice: what stands there is what was chosen.
    field.value = labelOf(surface, block, element, last)
  })
  field.addEventListener('keydown', (event) => {
    const all = nodes()
    if (list.hidden && event.key === 'ArrowDown') return openNow()
    if (list.hidden || all.length === 0) return
    if (event.key === 'ArrowDown') mark((active + 1) % all.length)
    else if (event.key === 'ArrowUp') mark((active - 1 + all.length) % all.length)
    else if (event.key === 'Enter') all[active]?.click()
    else if (event.key === 'Escape') show(false)
    else return
    event.preventDefault()
    event.stopPropagation()
  })
  return el('div', { class: 'combobox' }, field, list)
}

/** What the chosen option is called; `last` is the one chosen here, of which the server may not have heard yet. */
function labelOf(surface: Surface, block: Block, element: Element, last?: Option): string {
  const value = currentValue(surface, block, element)
  const held = surface.values[block.block_id]?.[element.action_id]?.selected_option ?? element.initial_option
  return typeof value === 'string' ? ([held, last].find((each) => each?.value === value)?.text.text ?? value) : ''
}
