// Asks targets to end what is being revoked, until each has confirmed or the credential has ended by itself. Every credential has its own due time, kept in
// the database: waits double from one second to a minute, a restart goes on where it was, and a target that is down delays no other. The call crosses the
// network outside any transaction; what came of it is written under the lock of the request. Nothing is given up: after some tries in vain an entry,
// an error in the log and a message tell people, and it is asked on.

import { credentialKinds } from '../credentials/index.ts'
import type { Asked, Ended } from '../credentials/kind.ts'
import { TIMEOUT_MS } from '../credentials/security-event.ts'
import { type CredentialRow, findCredentials, findGrant, type GrantRow, updateCredential } from '../db/grants.ts'
import { type TakenRecall, takeRecalls } from '../db/recalls.ts'
import { findKnown } from '../db/requests.ts'
import { TELL_AFTER_TRIES } from '../domain/grant.ts'
import { readIntent } from '../domain/intent.ts'
import type { IssuerContext } from './context.ts'
import { settleGrant } from './end-grant.ts'
import { transact } from './transact.ts'

const PER_TARGET = 4
const AT_ONCE = 256
const LEASE_MS = TIMEOUT_MS + 10_000
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 60_000

export type Recalls = {
  /** Begins to ask whatever is due, without waiting for the answers; gives how many that were. */
  readonly round: () => Promise<number>
  /** Settles when nobody is being asked any more. */
  readonly idle: () => Promise<void>
  /** Lets go of those that are being asked: they are asked again by whoever runs next. */
  readonly close: () => Promise<void>
}

/** How long after so many tries in vain the next one comes. */
export const waitAfter = (tries: number): number =>
  Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.max(0, Math.min(tries, 30) - 1))

/** Opens the asking of one issuer process. */
export function openRecalls(ctx: IssuerContext): Recalls {
  const ending = new AbortController()
  const asking = new Map<string, { readonly target: string; readonly done: Promise<void> }>()
  const idle = async (): Promise<void> => {
    while (asking.size > 0) await Promise.all([...asking.values()].map(({ done }) => done))
  }
  return {
    round: async () => {
      const free = AT_ONCE - asking.size
      if (free <= 0 || ending.signal.aborted) return 0
      const now = ctx.now().getTime()
      const of = Map.groupBy(asking.values(), ({ target }) => target)
      const busy = [...of].flatMap(([target, all]) => (all.length >= PER_TARGET ? [target] : []))
      const at = { now: new Date(now), until: new Date(now + LEASE_MS), furthest: new Date(now + 2 * LONGEST_WAIT_MS) }
      const taken = await takeRecalls(ctx.db, at, { perTarget: PER_TARGET, all: free, busy })
      for (const each of taken) {
        const done = recallOne(ctx, each, ending.signal)
          .catch((error: unknown) =>
            ctx.log.error({ err: error, credential: each.id }, 'what a target answered could not be kept'),
          )
          .finally(() => asking.delete(each.id))
        asking.set(each.id, { target: each.recall_target ?? '', done })
      }
      return taken.length
    },
    idle,
    close: async () => {
      ending.abort()
      await idle()
    },
  }
}

async function recallOne(ctx: IssuerContext, { id, request_id: request }: TakenRecall, signal: AbortSignal): Promise<void> {
  const asked = await ask(ctx, request, id, signal).catch((error: unknown) => {
    ctx.log.error({ err: error, request, credential: id }, 'a target could not be asked to end a credential')
    return { recall: 'pending', why: 'fault' } as const
  })
  if (signal.aborted && asked?.recall !== 'confirmed') return
  await transact(ctx, [request], async (work) => {
    const row = (await findCredentials(work.trx, request)).find((credential) => credential.id === id)
    // Its own end may have come first, or another issuer's answer.
    if (!asked || row?.state !== 'revoking' || row.recall !== 'pending') return
    if (asked.recall === 'confirmed') {
      await updateCredential(work.trx, id, { recall: 'confirmed', recall_tries: row.recall_tries + 1 })
      await settleGrant(work, request)
      return work.tell('request.changed', request)
    }
    const tries = row.recall_tries + 1
    const due = new Date(work.now.getTime() + waitAfter(tries))
    await updateCredential(work.trx, id, { recall_tries: tries, recall_due_at: due })
    const { why: reason, ...answer } = asked
    const about = { credential: id, target: row.recall_target ?? '', reason, ...answer, tries }
    ctx.log.warn({ request, ...about }, 'a target has not confirmed that a credential is gone')
    if (tries !== TELL_AFTER_TRIES) return
    ctx.log.error(
      { request, ...about },
      'a target does not take the end of a credential: it is asked on until the credential ends',
    )
    const { status } = 'status' in asked ? asked : {}
    const body = { v: 1, credential: id, target: about.target, reason, tries, ...(status === undefined ? {} : { status }) }
    work.record('credential.recall_failed', { request }, body)
    work.tell('request.changed', request)
  })
}

async function ask(ctx: IssuerContext, request: string, id: string, signal: AbortSignal): Promise<Asked | undefined> {
  const known = await findKnown(ctx.db, request)
  const [grant, credentials] = await Promise.all([findGrant(ctx.db, request), findCredentials(ctx.db, request)])
  const row = credentials.find((credential) => credential.id === id)
  const intent = known && readIntent(known.request.intent)
  if (!intent?.ok || !row) throw new Error(`the credential ${id} has no readable intent`)
  const kind = credentialKinds.get(row.kind)
  if (!kind) throw new Error(`no credential kind ${row.kind}`)
  return kind.end(ctx.signer, intent.value.right, endedOf(ctx, row, grant), signal)
}

function endedOf(ctx: IssuerContext, { id, request_id: request, ended_at }: CredentialRow, grant: GrantRow | undefined): Ended {
  const revoked = grant?.ended_reason === 'revoked' && grant.ended_by !== 'issuer'
  return {
    id,
    issuer: ctx.roots.issuer,
    request,
    endedAt: Math.floor((ended_at ?? ctx.now()).getTime() / 1000),
    initiator: grant?.ended_reason === 'returned' ? 'user' : revoked ? 'admin' : 'policy',
  }
}
