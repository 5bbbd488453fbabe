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

/**
 * An event without such texts. Of events we use ids alone, and nobody waits for an answer: a name that cannot be kept must not keep it from us that
 * somebody was deactivated.
 */
export function withoutUnstorable<T>(value: T): T {
  if (Array.isArray(value))
    return value.filter((each) => typeof each !== 'string' || !isUnstorable(each)).map(withoutUnstorable) as T
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(
    ([name, each]) => !isUnstorable(name) && (typeof each !== 'string' || !isUnstorable(each)),
  )
  return Object.fromEntries(kept.map(([name, each]) => [name, withoutUnstorable(each)])) as T
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
