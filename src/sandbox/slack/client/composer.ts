// Where a person writes. Typing `/` lists the commands there are; after a command its usage stays in sight. Enter sends,
// Shift+Enter breaks the line.

import type { ActOutcome, Command, Shortcut } from '../wire.ts'
import { el, uniqueId } from './dom.ts'
import { menu } from './menu.ts'

export interface ComposerOptions {
  readonly placeholder: string
  readonly commands: readonly Command[]
  readonly shortcuts: readonly Shortcut[]
  readonly send: (text: string) => Promise<ActOutcome>
  readonly useShortcut: (callbackId: string) => Promise<ActOutcome>
}
export interface Composer {
  readonly node: HTMLElement
  /** Writes a text for the person to look at and send. */
  readonly write: (text: string) => void
}

export function composer(options: ComposerOptions): Composer {
  const listId = uniqueId()
  const list = el('div', { class: 'options up', role: 'listbox', id: listId, 'aria-label': 'Commands', hidden: true })
  const usage = el('div', { class: 'usage quiet', 'aria-live': 'polite' })
  const trouble = el('div', { class: 'trouble', role: 'alert' })
  const field = el('textarea', {
    rows: 1,
    placeholder: options.placeholder,
    'aria-label': options.placeholder,
    'aria-haspopup': 'listbox',
    'aria-controls': listId,
    'aria-autocomplete': 'list',
    autocomplete: 'off',
    spellcheck: 'true',
  })
  const sendButton = el(
    'button',
    { class: 'button primary send', type: 'button', disabled: true, on: { click: () => void send() } },
    'Send',
  )
  let active = 0
  let matches: readonly Command[] = []

  const choose = (command: Command) => write(`${command.command} `)
  const write = (text: string) => {
    field.value = text
    field.focus()
    field.setSelectionRange(text.length, text.length)
    look()
  }
  const look = () => {
    const text = field.value
    field.style.height = 'auto'
    field.style.height = `${Math.min(field.scrollHeight, 200)}px`
    sendButton.disabled = text.trim() === ''
    const word = /^\/\S*$/.test(text) ? text : undefined
    matches = word === undefined ? [] : options.commands.filter((each) => each.command.startsWith(word))
    active = 0
    list.replaceChildren(...matches.map(commandNode))
    mark()
    const command = options.commands.find((each) => text.startsWith(`${each.command} `))
    usage.textContent = command ? `${command.command} ${command.usageHint}` : ''
  }
  const commandNode = (command: Command) =>
    el(
      'div',
      {
        class: 'option',
        role: 'option',
        id: uniqueId(),
        on: { pointerdown: (event) => event.preventDefault(), click: () => choose(command) },
      },
      el('span', {}, el('strong', {}, command.command), ` ${command.usageHint}`),
      el('span', { class: 'quiet' }, command.description),
    )
  const mark = () => {
    const nodes = [...list.children]
    list.hidden = nodes.length === 0
    for (const [at, node] of nodes.entries()) node.setAttribute('aria-selected', String(at === active))
    const current = nodes[active]
    if (current) field.setAttribute('aria-activedescendant', current.id)
    else field.removeAttribute('aria-activedescendant')
  }
  const send = async () => {
    const text = field.value.trim()
    if (text === '' || field.readOnly) return
    field.readOnly = true
    trouble.textContent = ''
    const outcome = await options.send(text)
    field.readOnly = false
    if (outcome.ok) write('')
    else trouble.textContent = outcome.error ?? 'That was not sent.'
  }
  field.addEventListener('input', look)
  field.addEventListener('blur', () => {
    list.hidden = true
  })
  field.addEventListener('keydown', (event) => {
    if (event.isComposing) return
    const listed = !list.hidden && matches.length > 0
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (listed && move !== undefined) {
      active = (active + move + matches.length) % matches.length
      mark()
    } else if (listed && (event.key === 'Tab' || (event.key === 'Enter' && matches[active]?.command !== field.value))) {
      const command = matches[active]
      if (command) choose(command)
    } else if (listed && event.key === 'Escape') list.hidden = true
    else if (event.key === 'Enter' && !event.shiftKey) void send()
    else return
    event.preventDefault()
  })
  const offers = () => [
    ...options.shortcuts
      .filter((each) => each.type === 'global')
      .map((each) => ({ label: each.name, about: each.description, choose: () => void use(each.callbackId) })),
    ...options.commands.map((each) => ({ label: each.command, about: each.description, choose: () => choose(each) })),
  ]
  const use = async (callbackId: string) => {
    const outcome = await options.useShortcut(callbackId)
    trouble.textContent = outcome.ok ? '' : (outcome.error ?? '')
  }
  const node = el(
    'div',
    { class: 'composer' },
    trouble,
    el(
      'div',
      { class: 'composer-box' },
      list,
      field,
      el(
        'div',
        { class: 'composer-foot' },
        offers().length > 0 ? menu({ label: '+', name: 'Shortcuts and commands', class: 'tool' }, offers) : null,
        usage,
        sendButton,
      ),
    ),
  )
  return { node, write }
}
