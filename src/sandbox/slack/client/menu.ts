// A button that opens a list of choices: overflow menus, shortcuts. Arrow keys move, Escape closes and gives the focus back.

import { type Child, el } from './dom.ts'

export interface MenuItem {
  readonly label: Child
  readonly about?: string | undefined
  readonly href?: string | undefined
  readonly choose: () => void
}

export function menu(
  button: { readonly label: Child; readonly name: string; readonly class: string; readonly action?: string },
  items: () => readonly MenuItem[],
): HTMLElement {
  const toggle = el(
    'button',
    {
      class: button.class,
      type: 'button',
      'aria-haspopup': 'menu',
      'aria-expanded': 'false',
      'aria-label': button.name,
      'data-action': button.action,
    },
    button.label,
  )
  const wrapper = el('div', { class: 'menu-wrapper' }, toggle)
  let open: HTMLElement | undefined
  const close = (focus: boolean) => {
    open?.remove()
    open = undefined
    toggle.setAttribute('aria-expanded', 'false')
    document.removeEventListener('pointerdown', outside)
    if (focus) toggle.focus()
  }
  const outside = (event: Event) => {
    if (!wrapper.contains(event.target as Node)) close(false)
  }
  const move = (event: Event) => {
    const { key } = event as KeyboardEvent
    const all = [...(open?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])]
    const at = all.indexOf(document.activeElement as HTMLElement)
    if (key === 'Escape') close(true)
    else if (key === 'ArrowDown') all[(at + 1) % all.length]?.focus()
    else if (key === 'ArrowUp') all.at(at - 1)?.focus()
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  toggle.addEventListener('click', () => {
    if (open) return close(true)
    const entries = items().map(({ label, about, href, choose }) => {
      const content = [el('span', {}, label), about ? el('span', { class: 'quiet' }, about) : null]
      const on = {
        click: () => {
          close(true)
          choose()
        },
      }
      return href === undefined
        ? el('button', { role: 'menuitem', type: 'button', on }, ...content)
        : el('a', { role: 'menuitem', href, target: '_blank', rel: 'noopener noreferrer', on }, ...content)
    })
    open = el('div', { class: 'menu', role: 'menu', on: { keydown: move } }, ...entries)
    wrapper.append(open)
    toggle.setAttribute('aria-expanded', 'true')
    document.addEventListener('pointerdown', outside)
    entries[0]?.focus()
  })
  return wrapper
}
