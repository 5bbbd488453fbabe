// JSON to the issuer's own doors and back. A refusal comes back as words that the server wrote for the person; a lost connection gets ours.

import { reached, Stopped } from './say.ts'

/** Not (any more) this person's to do, in this state, there, or as it was seen. */
const STALE: ReadonlySet<number> = new Set([403, 409, 410, 412])

/** The answer of a door; anything but a success stops the act. */
export async function post<T>(path: string, body: unknown): Promise<T> {
  return answer(
    fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      cache: 'no-store',
    }),
  )
}

/** Reads a door that changes nothing. */
export const get = async <T>(path: string): Promise<T> => answer(fetch(path, { cache: 'no-store' }))

async function answer<T>(asked: Promise<Response>): Promise<T> {
  const response = await asked.catch(() => {
    reached(false)
    throw new Stopped('offline', 'No connection to Countersign. Try again; nothing is recorded twice.')
  })
  const value = (await response.json().catch(() => ({}))) as { reason?: string; words?: string; reference?: string } & T
  if (response.ok) return value
  const { reason = 'fault', words, reference } = value
  throw new Stopped(
    reason,
    words ?? `Something went wrong here${reference === undefined ? '' : ` (reference ${reference})`}. Try again.`,
    STALE.has(response.status),
  )
}
