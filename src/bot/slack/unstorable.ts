// What JSON can say and the database cannot keep: NUL, and half of a surrogate pair. Slack never sends them by itself, so whoever did is told in words
// beside the field, and nothing is repaired: a value with something cut out would be another value.

import type { No } from './say-no.ts'

const WORDS = 'This holds a character that cannot be kept (NUL, or half of a character). Type it again by hand.'

/** Whether any text in this, names included, cannot be kept. */
export function isUnstorable(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed()
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([name, each]) => isUnstorable(name) || isUnstorable(each))
}

/** The answer to a delivery that holds such a text: words where somebody waits for an answer, nothing where nobody does. */
export function refuseUnstorable(kind: string, body: Record<string, unknown>, no: No): unknown {
  if (kind === 'command') return { response_type: 'ephemeral', ...no.message(WORDS) }
  if (kind !== 'submission') return ''
  const { view } = body as { view?: { state?: { values?: Record<string, unknown> } } }
  const blocks = Object.entries(view?.state?.values ?? {}).flatMap(([block, input]) => (isUnstorable(input) ? [block] : []))
  if (blocks.length === 0 || blocks.some(isUnstorable)) return { response_action: 'update', view: no.view('Not possible', WORDS) }
  return { response_action: 'errors', errors: Object.fromEntries(blocks.map((block) => [block, no.text(WORDS)])) }
}
