// Tells waiting pages that a request changed, and nothing else: they then ask anew. One poll of the outbox for all who wait, none while nobody does;
// the outbox row commits with the change, so whatever a page hears of it finds. Commits may come a little out of order, so each poll looks back.

import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import { findChanges } from '../db/issuer-queries/find-changes.ts'
import type { Schema } from '../db/schema.ts'

const POLL_MS = 200
const LOOK_BACK_MS = 5_000

export type ChangeFeed = {
  /** Calls `tell` at each change of a request until the answer is called. A change of the last seconds is told at once. */
  readonly follow: (request: string, tell: () => void) => () => void
  readonly close: () => void
}

/** A feed over the issuer's outbox. */
export function openChangeFeed(db: Kysely<Schema>, now: () => Date, log: Logger): ChangeFeed {
  const followers = new Map<string, Set<() => void>>()
  const seen = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined
  const since = (): Date => new Date(now().getTime() - LOOK_BACK_MS)

  const poll = async (): Promise<void> => {
    try {
      const changes = await findChanges(db, [...followers.keys()], since())
      const fresh = new Set(changes.filter(({ id }) => !seen.has(id)).map(({ request }) => request))
      for (const { id, at } of changes) seen.set(id, at.getTime())
      for (const [id, at] of seen) if (at < now().getTime() - 2 * LOOK_BACK_MS) seen.delete(id)
      for (const request of fresh) for (const tell of followers.get(request) ?? []) tell()
    } catch (error) {
      log.warn({ err: error }, 'waiting pages could not be told')
    }
    timer = followers.size > 0 && timer !== undefined ? setTimeout(poll, POLL_MS) : undefined
  }

  return {
    follow: (request, tell) => {
      const others = followers.get(request) ?? new Set()
      followers.set(request, others.add(tell))
      // What happened between the page's rendering and this call is in no poll's memory of this follower.
      findChanges(db, [request], since()).then(
        (changes) => changes.length > 0 && others.has(tell) && tell(),
        (error: unknown) => log.warn({ err: error }, 'a waiting page could not be told'),
      )
      timer ??= setTimeout(poll, POLL_MS)
      return () => {
        others.delete(tell)
        if (others.size === 0 && followers.get(request) === others) followers.delete(request)
      }
    },
    close: () => {
      clearTimeout(timer)
      timer = undefined
      followers.clear()
    },
  }
}
