// Builds elements. Text reaches the page only as text: there is no way here to turn a string into markup.

export type Child = Node | string | null | undefined | false
export interface Attributes {
  readonly class?: string
  readonly on?: Readonly<Record<string, (event: Event) => void>>
  readonly [name: string]: string | number | boolean | undefined | Readonly<Record<string, (event: Event) => void>>
}

/** An element with attributes, listeners (`on`) and children; false and absent attributes are left out. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'on') {
      for (const [event, listener] of Object.entries(value as Record<string, (event: Event) => void>))
        element.addEventListener(event, listener)
    } else if (value === true) element.setAttribute(name, '')
    else if (value !== false && value !== undefined) element.setAttribute(name, String(value))
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false))
  return element
}

/** A person's sign: initials on their colour. */
export function avatar(name: string, colour: string, square = false): HTMLElement {
  const words = name.split(/\s+/)
  const initials = `${words[0]?.[0] ?? '?'}${words.length > 1 ? (words.at(-1)?.[0] ?? '') : ''}`
  const sign = el('span', { class: square ? 'avatar square' : 'avatar', 'aria-hidden': 'true' }, initials)
  sign.style.backgroundColor = colour
  return sign
}

let count = 0
/** An id for `aria-…` and `for`, unique on the page. */
export const uniqueId = (): string => `x${++count}`

/** Links may lead to the web or to mail, nowhere else; anything else is shown as the text it is. */
export function safeHref(url: string): string | undefined {
  const parsed = URL.parse(url)
  return parsed && ['https:', 'http:', 'mailto:'].includes(parsed.protocol) ? parsed.href : undefined
}
export function link(url: string, label: string): Node {
  const href = safeHref(url)
  return href === undefined
    ? document.createTextNode(label)
    : el('a', { href, target: '_blank', rel: 'noopener noreferrer' }, label)
}
