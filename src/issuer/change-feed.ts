// Tells waiting pages that a request changed, and nothing else: they then ask anew. One poll of the outbox for all who wait, none while nobody does;
// the outbox row commits with the change, so whatever a page hears of it finds. Commits may come a little out of order, so each poll looks back.

import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import { findChanges } from '../db/issuer-queries/find-changes.ts'
import type { Schema } from '../db/schema.ts'

const POLL_MS = 40
const LOOK_BACK_MS = 5_000

export type ChangeFeed = {
  /** Calls `tell` at each change of a request until the answer is called. A change of the last seconds is told at once. */
  readonly follow: (request: string, tell: () => void) => () => void
  readonly close: () => void
}

type Follower = { readonly tell: () => void; heard: ReadonlySet<string> }

/** A feed over the issuer's outbox. */
export function openChangeFeed(db: Kysely<Schema>, now: () => Date, log: Logger): ChangeFeed {
  const followers = new Map<string, Set<Follower>>()
  let timer: NodeJS.Timeout | undefined

  /** Tells followers what they have not heard. A request changes a dozen times in its life, so what was heard may be kept. */
  const look = async (requests: readonly string[], at: (request: string) => Iterable<Follower>): Promise<void> => {
    try {
      const changes = await findChanges(db, requests, new Date(now().getTime() - LOOK_BACK_MS))
      for (const [request, found] of Map.groupBy(changes, ({ request }) => request)) {
        const ids = new Set(found.map(({ id }) => id))
        for (const follower of at(request)) {
          const isNews = !ids.isSubsetOf(follower.heard)
          follower.heard = follower.heard.union(ids)
          if (isNews) follower.tell()
        }
      }
    } catch (error) {
      log.warn({ err: error }, 'waiting pages could not be told')
    }
  }
  const poll = async (): Promise<void> => {
    await look([...followers.keys()], (request) => followers.get(request) ?? [])
    timer = followers.size > 0 && timer !== undefined ? setTimeout(poll, POLL_MS) : undefined
  }

  return {
    follow: (request, tell) => {
      const follower: Follower = { tell, heard: new Set() }
      const others = followers.get(request) ?? new Set()
      followers.set(request, others.add(follower))
      void look([request], () => (others.has(follower) ? [follower] : []))
      timer ??= setTimeout(poll, POLL_MS)
      return () => {
        others.delete(follower)
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
