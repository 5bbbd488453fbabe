// "This was not me": somebody says in Slack that a change of the directory about a key or a role of his, or one signed in his name, was not his doing, or
// that a key which waits is not his. That needs no key, since it only stops: the keys are held and sign nothing until another key of his
// (lift-hold.ts) or the directory itself says otherwise; a key that waits is turned down. Whoever owns Slack can press for everybody, so many holds
// at once are an alarm, none of it gives anything, and the directory can be changed after it (DESIGN section 1).

import {
  addHold,
  countHolds,
  endSessionsBy,
  findChange,
  findDoubts,
  findTouchedByKeys,
  liftHolds,
  lockHolds,
  lockPasskeys,
  noteAlarm,
  type StoredChange,
} from '../db/holds.ts'
import { endRegistration } from '../db/registrations.ts'
import { addWishOutcome, isHeeded, type WishRow } from '../db/wishes.ts'
import type { Signer } from '../domain/concerned.ts'
import type { DirectoryChange } from '../domain/directory.ts'
import type { Digest } from '../domain/ids.ts'
import type { Refusal } from '../domain/refusal.ts'
import { type ChainState, findPasskey } from '../evidence/chain-state.ts'
import { boundWish } from './bound-entries.ts'
import type { IssuerContext } from './context.ts'
import { findDoubted, findSpared } from './find-doubted.ts'
import { transact, type Work } from './transact.ts'

const DAYS = 7
const DAY_MS = 86_400_000
/** More holds than this within ten minutes are an alarm: that many people are not surprised at once, but whoever owns Slack could be all of them. */
export const MOST_HOLDS = 3
const ALARM_WINDOW_MS = 600_000
/** How often others may sign with the keys in doubt between our look at them and our locks, before we give up until the next round. */
const MOST_TRIES = 5

/** Decides one such wish. */
export async function heedNotMe(ctx: IssuerContext, wish: WishRow): Promise<void> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const done = await tryNotMe(ctx, wish)
    if (done === undefined) continue
    if (done.holds !== undefined)
      ctx.log.error(
        { alarm: 'many_holds', holds: done.holds },
        'many people say at once that a change of the directory was not their doing: somebody may sign in others’ names, or own Slack',
      )
    if (done.spared !== undefined)
      ctx.log.error(
        { alarm: 'administrator_in_doubt', person: wish.person, passkey: done.spared },
        'an administrator says that a change was not his doing, and the directory cannot go without his key: suspend it, or find out who owns Slack',
      )
    return
  }
}

/** One try; undefined when one of the keys was used between the look and the locks. */
async function tryNotMe(ctx: IssuerContext, wish: WishRow): Promise<Done | undefined> {
  const { era } = ctx.roots
  const { person } = wish
  // A change of an earlier era has given nobody anything that lasts.
  const isOfNow = wish.sequence !== null && (wish.era ?? 1) === era
  const found = isOfNow ? await findChange(ctx.db, era, wish.sequence ?? 0) : undefined
  const of = { person, since: new Date(ctx.now().getTime() - DAYS * DAY_MS) }
  const seen = found ? await findDoubted(ctx, ctx.db, found, of) : []
  // What these keys gave is locked before they are held: a claim comes before the hold, or sees it.
  const requests = await findTouchedByKeys(ctx.db, seen)
  return transact(ctx, requests, async (work): Promise<Done | undefined> => {
    const { trx } = work
    const alarmedAt = await lockHolds(trx)
    if (await isHeeded(trx, wish.id)) return {}
    const doubted = found ? await findDoubted(ctx, trx, found, of) : []
    await lockPasskeys(trx, doubted)
    const touched = await findTouchedByKeys(trx, doubted)
    if (touched.some((request) => !requests.includes(request))) return undefined
    const about = { era, sequence: wish.sequence ?? 0, person }
    const done =
      wish.registration !== null
        ? await turnDown(work, wish.registration, person)
        : await hold(ctx, work, about, { found, doubted, alarmedAt })
    const bound = done.refusal ? await boundWish(trx, person, work.now) : 'recorded'
    const added = await addWishOutcome(trx, wish.id, done.refusal?.reason ?? 'done', work.now)
    if (added && done.refusal && bound !== 'kept') {
      const { reason } = done.refusal
      work.record('wish.refused', { actor: person }, { v: 1, wish: wish.kind, reason, ...(bound === 'last' && { last: true }) })
      if (bound === 'recorded') work.tell('wish.refused', undefined, { wish: wish.id, person, refusal: done.refusal })
    }
    return done
  })
}

/** `holds`: how many there were in ten minutes, when that is an alarm; `spared`: a key in doubt that is not held, which is one, too. */
type Done = { readonly refusal?: Refusal; readonly holds?: number; readonly spared?: Digest }

async function hold(
  ctx: IssuerContext,
  work: Work<'issuer'>,
  about: { readonly era: number; readonly sequence: number; readonly person: string },
  of: { readonly found: StoredChange | undefined; readonly doubted: readonly Digest[]; readonly alarmedAt: Date | undefined },
): Promise<Done> {
  const { trx, now, record, tell } = work
  const { found, doubted, alarmedAt } = of
  const { person, sequence } = about
  if (!found) return { refusal: { reason: 'unknown_change' } }
  if (doubted.length === 0) return { refusal: { reason: 'no_key_of_yours' } }
  if (now.getTime() - found.accepted_at.getTime() > DAYS * DAY_MS) return { refusal: { reason: 'change_too_old', days: DAYS } }
  const needed = await findSpared(ctx, trx, person, doubted)
  const added: Digest[] = []
  for (const passkey of doubted)
    if (await addHold(trx, { ...about, passkey, since: now, spared: passkey === needed })) added.push(passkey)
  if (added.length === 0) return { refusal: { reason: 'already_held' } }
  const held = added.filter((passkey) => passkey !== needed)
  const spared = added.find((passkey) => passkey === needed)
  // A thief's sign-ins end also where his key must stay.
  await endSessionsBy(trx, added, person)
  record('passkey.held', { actor: person }, { v: 1, person, sequence, passkeys: held, ...(spared !== undefined && { spared }) })
  tell('passkey.held', undefined, { person, sequence, passkeys: held, ...(spared !== undefined && { spared }) })
  if (spared !== undefined)
    record('alarm.raised', {}, { v: 1, alarm: 'administrator_in_doubt', person, sequence, passkey: spared })
  const done: Done = {
    ...(spared !== undefined && { spared }),
    ...(held.length === 0 && { refusal: { reason: 'administrator_needed' } as const }),
  }
  const since = new Date(now.getTime() - ALARM_WINDOW_MS)
  const holds = await countHolds(trx, since)
  if (holds <= MOST_HOLDS || (alarmedAt && alarmedAt > since)) return done
  await noteAlarm(trx, now)
  record('alarm.raised', {}, { v: 1, alarm: 'many_holds', holds, seconds: ALARM_WINDOW_MS / 1000 })
  tell('alarm.raised', undefined, { alarm: 'many_holds', holds })
  return { ...done, holds }
}

/** A key that waits in somebody's name and is not his; nobody has vouched for it. */
async function turnDown(work: Work<'issuer'>, thumbprint: Digest, person: string): Promise<Done> {
  const ended = await endRegistration(work.trx, thumbprint, work.now, person)
  if (ended === undefined) return { refusal: { reason: 'unknown_registration' } }
  work.record('passkey.rejected', { actor: person }, { v: 1, person, passkey: thumbprint, why: 'not_me' })
  work.tell('passkey.changed', undefined, { person, operation: 'rejected', thumbprint, by: person })
  return {}
}

/** Whose key of these signers is held, if one is: a change that waits for a second signature may hold one of before. No hold comes between the answer and the commit. */
export async function findHeldSigner(trx: Work<'issuer'>['trx'], signers: readonly Signer[]): Promise<string | undefined> {
  await lockHolds(trx)
  const doubts = await findDoubts(trx)
  const inDoubt = ({ passkey, role }: Signer) => doubts.get(passkey) === 'held' || (doubts.has(passkey) && role === 'owner')
  return signers.find(inDoubt)?.person
}

/** Whose key that a change wants compared anew is held: administrators would sign for it without knowing. They suspend and reinstate it. */
export async function findHeldSubject(trx: Work<'issuer'>['trx'], change: DirectoryChange): Promise<string | undefined> {
  if (change.operation !== 'role' || change.passkeys.length === 0) return undefined
  const doubts = await findDoubts(trx)
  return change.passkeys.some((passkey) => doubts.has(passkey)) ? change.person : undefined
}

/**
 * A suspension, a revocation or a reinstatement that administrators signed says what a key is worth: the chain has spoken, and nothing is in doubt any more.
 * Not its owner's own signature, be it an administrator's: that may be the thief's.
 */
export async function liftByChange(
  work: Work<'issuer'>,
  change: DirectoryChange,
  signers: readonly Signer[],
  state: ChainState,
): Promise<void> {
  if (change.operation !== 'suspend' && change.operation !== 'revoke' && change.operation !== 'reinstate') return
  if (signers.length === 0 || signers.some(({ role }) => role !== 'administrator')) return
  const isOwners = (passkey: Digest) => {
    const owner = findPasskey(state, passkey)?.passkey.person
    return signers.some(({ person }) => person === owner)
  }
  const settled = change.passkeys.filter((passkey) => !isOwners(passkey))
  const by = { people: signers.map(({ person }) => person).join(' ') }
  for (const { passkey, person } of await liftHolds(work.trx, settled, by, work.now)) {
    const released = { person, passkey, by: 'directory', sequence: change.sequence }
    work.record('passkey.released', { actor: signers[0]?.person }, { v: 1, ...released })
    work.tell('passkey.released', undefined, released)
  }
}
