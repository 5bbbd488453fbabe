// Blocks as nodes. A kind that this client does not know is shown as an error, never left out.

import type { Block, Element, RichText } from '../wire.ts'
import { type Child, el, uniqueId } from './dom.ts'
import { elementNode } from './elements.ts'
import type { Surface } from './surface.ts'
import { richTextNodes, textNodes, unknown } from './text.ts'

export function blockNodes(surface: Surface, blocks: readonly Block[]): HTMLElement[] {
  return blocks.map((block) => blockNode(surface, block))
}

function blockNode(surface: Surface, block: Block): HTMLElement {
  const { names } = surface
  switch (block.type) {
    case 'section':
      return el(
        'div',
        { class: 'block section' },
        el(
          'div',
          { class: 'section-words' },
          block.text ? el('div', {}, ...textNodes(block.text, names)) : null,
          block.fields
            ? el('div', { class: 'fields' }, ...block.fields.map((field) => el('div', {}, ...textNodes(field, names))))
            : null,
        ),
        block.accessory ? el('div', { class: 'accessory' }, actable(surface, block, block.accessory)) : null,
      )
    case 'header':
      return el(
        'div',
        { class: 'block header', role: 'heading', 'aria-level': '3' },
        ...(block.text ? textNodes(block.text, names) : []),
      )
    case 'divider':
      return el('hr', { class: 'block' })
    case 'context':
      return el('div', { class: 'block context' }, ...(block.elements ?? []).map((part) => contextNode(surface, part as Element)))
    case 'actions':
      return el(
        'div',
        { class: 'block actions' },
        ...(block.elements ?? []).map((part) => actable(surface, block, part as Element)),
      )
    case 'input':
      return inputNode(surface, block)
    case 'rich_text':
      return el('div', { class: 'block' }, ...richTextNodes((block.elements ?? []) as RichText[], names))
    case 'image':
      return image(block.alt_text ?? '', block.title?.text)
    case 'alert':
      return el(
        'div',
        { class: `block alert ${block.level ?? 'default'}`, role: 'note' },
        ...(block.text ? textNodes(block.text, names) : []),
      )
    case 'table':
      return table(surface, block)
    default:
      return el('div', { class: 'block' }, unknown(block.type))
  }
}

const actable = (surface: Surface, block: Block, element: Element): HTMLElement =>
  element.type === 'image' ? image(element.alt_text ?? '') : elementNode(surface, block, element)

/** Nothing is loaded from elsewhere: an image is its description. */
function image(alt: string, title?: string): HTMLElement {
  return el(
    'div',
    { class: 'block image', role: 'img', 'aria-label': alt },
    title ? el('strong', {}, title, ' ') : null,
    `Image: ${alt}`,
  )
}

function contextNode(surface: Surface, part: Element): HTMLElement {
  if (part.type === 'image') return image(part.alt_text ?? '')
  if (typeof part.text !== 'string' || (part.type !== 'mrkdwn' && part.type !== 'plain_text')) return unknown(part.type)
  return el('span', {}, ...textNodes({ ...part, type: part.type, text: part.text }, surface.names))
}

function inputNode(surface: Surface, block: Block): HTMLElement {
  const { element, label, hint } = block
  if (!element || !label) return unknown('input')
  const id = uniqueId()
  const hintId = uniqueId()
  const error = surface.errors[block.block_id]
  const errorId = uniqueId()
  const words = textNodes(label, surface.names)
  const optional = block.optional ? el('span', { class: 'quiet' }, ' (optional)') : null
  const many = ['radio_buttons', 'checkboxes', 'multi_static_select'].includes(element.type)
  const describedBy = [error ? errorId : '', hint ? hintId : ''].filter(Boolean).join(' ') || undefined
  const children: Child[] = [
    many ? el('div', { class: 'label' }, ...words, optional) : el('label', { class: 'label', for: id }, ...words, optional),
    elementNode(surface, block, element, many ? { describedBy, label: label.text } : { id, describedBy, label: label.text }),
    error ? el('div', { class: 'field-error', id: errorId, role: 'alert' }, error) : null,
    hint ? el('div', { class: 'quiet', id: hintId }, ...textNodes(hint, surface.names)) : null,
  ]
  return el('div', { class: error ? 'block input wrong' : 'block input' }, ...children)
}

function table(surface: Surface, block: Block): HTMLElement {
  const cell = (part: RichText): Child[] =>
    part.type === 'rich_text' ? richTextNodes(part.elements ?? [], surface.names) : [part.text ?? '']
  const [head = [], ...body] = block.rows ?? []
  return el(
    'div',
    { class: 'block table', tabindex: '0', role: 'region', 'aria-label': 'Table' },
    el(
      'table',
      {},
      el('thead', {}, el('tr', {}, ...head.map((part) => el('th', { scope: 'col' }, ...cell(part))))),
      el('tbody', {}, ...body.map((row) => el('tr', {}, ...row.map((part) => el('td', {}, ...cell(part)))))),
    ),
  )
}
