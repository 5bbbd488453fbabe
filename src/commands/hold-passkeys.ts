// "This was not me": somebody says in Slack that a change of the directory about a key or a role of his, or one signed in his name, was not his doing, or
// that a key which waits is not his. That needs no key, since it only stops: the keys are held and sign nothing until another key of his
// (lift-hold.ts) or the directory itself says otherwise; a key that waits is turned down. Whoever owns Slack can press for everybody, so many holds
// at once are an alarm, and none of it gives anything (DESIGN section 1).

import {
  addHold,
  countHolds,
  endSessionsBy,
  findChange,
  findHeld,
  findTouchedByKeys,
  liftHolds,
  lockHolds,
  noteAlarm,
  type StoredChange,
} from '../db/holds.ts'
import { endRegistration } from '../db/registrations.ts'
import { addWishOutcome, isHeeded, type WishRow } from '../db/wishes.ts'
import { keysInDoubt, type Signer, signersOf } from '../domain/concerned.ts'
import { type DirectoryChange, readDirectoryChange } from '../domain/directory.ts'
import type { Digest } from '../domain/ids.ts'
import type { Refusal } from '../domain/refusal.ts'
import { passkeysOf } from '../evidence/chain-state.ts'
import { boundWish } from './bound-refusals.ts'
import type { IssuerContext } from './context.ts'
import { transact, type Work } from './transact.ts'

const DAYS = 7
const DAY_MS = 86_400_000
/** More holds than this within ten minutes are an alarm: that many people are not surprised at once, but whoever owns Slack could be all of them. */
export const MOST_HOLDS = 3
const ALARM_WINDOW_MS = 600_000

/** Decides one such wish. */
export async function heedNotMe(ctx: IssuerContext, wish: WishRow): Promise<void> {
  const { era } = ctx.roots
  // A change of an earlier era has given nobody anything that lasts.
  const isOfNow = wish.sequence !== null && (wish.era ?? 1) === era
  const found = isOfNow ? await findChange(ctx.db, era, wish.sequence ?? 0) : undefined
  const doubted = found && (await doubtedBy(ctx, found, wish.person))
  // What these keys gave is locked before they are held: a claim comes before the hold, or sees it.
  const requests = doubted && doubted.length > 0 ? await findTouchedByKeys(ctx.db, doubted) : []
  const alarm = await transact(ctx, requests, async (work) => {
    if (await isHeeded(work.trx, wish.id)) return undefined
    const done =
      wish.registration !== null
        ? await turnDown(work, wish.registration, wish.person)
        : await hold(work, { era, sequence: wish.sequence ?? 0 }, wish.person, found, doubted ?? [])
    const bound = done.refusal ? await boundWish(work.trx, wish.person, work.now) : 'recorded'
    const added = await addWishOutcome(work.trx, wish.id, done.refusal?.reason ?? 'done', work.now)
    if (added && done.refusal && bound !== 'kept') {
      const { reason } = done.refusal
      work.record(
        'wish.refused',
        { actor: wish.person },
        { v: 1, wish: wish.kind, reason, ...(bound === 'last' && { last: true }) },
      )
      if (bound === 'recorded')
        work.tell('wish.refused', undefined, { wish: wish.id, person: wish.person, refusal: done.refusal })
    }
    return done.holds
  })
  if (alarm !== undefined)
    ctx.log.error(
      { alarm: 'many_holds', holds: alarm },
      'many people say at once that a change of the directory was not their doing: somebody may sign in others’ names, or own Slack',
    )
}

/** The keys of a person that a stored change puts in doubt, as far as they are active. */
async function doubtedBy(ctx: IssuerContext, { change, link }: StoredChange, person: string): Promise<readonly Digest[]> {
  const read = readDirectoryChange(change)
  if (!read.ok) throw new TypeError(`a stored change is unreadable at ${read.path}`)
  const active = passkeysOf(await ctx.chain(), person).filter(({ status }) => status === 'active')
  const own = active.map(({ passkey }) => passkey.thumbprint)
  return keysInDoubt(read.value, signersOf(link.statements), person, own).filter((passkey) => own.includes(passkey))
}

/** `holds`: how many there were in ten minutes, when that is an alarm. */
type Done = { readonly refusal?: Refusal; readonly holds?: number }

async function hold(
  work: Work<'issuer'>,
  { era, sequence }: { readonly era: number; readonly sequence: number },
  person: string,
  found: StoredChange | undefined,
  doubted: readonly Digest[],
): Promise<Done> {
  const { trx, now, record, tell } = work
  if (!found) return { refusal: { reason: 'unknown_change' } }
  if (doubted.length === 0) return { refusal: { reason: 'no_key_of_yours' } }
  if (now.getTime() - found.accepted_at.getTime() > DAYS * DAY_MS) return { refusal: { reason: 'change_too_old', days: DAYS } }
  const alarmedAt = await lockHolds(trx)
  const held: Digest[] = []
  for (const passkey of doubted) if (await addHold(trx, { passkey, era, sequence, person, since: now })) held.push(passkey)
  if (held.length === 0) return { refusal: { reason: 'already_held' } }
  await endSessionsBy(trx, held, person)
  record('passkey.held', { actor: person }, { v: 1, person, sequence, passkeys: held })
  tell('passkey.held', undefined, { person, sequence, passkeys: held })
  const since = new Date(now.getTime() - ALARM_WINDOW_MS)
  const holds = await countHolds(trx, since)
  if (holds <= MOST_HOLDS || (alarmedAt && alarmedAt > since)) return {}
  await noteAlarm(trx, now)
  record('alarm.raised', {}, { v: 1, alarm: 'many_holds', holds, seconds: ALARM_WINDOW_MS / 1000 })
  tell('alarm.raised', undefined, { alarm: 'many_holds', holds })
  return { holds }
}

/** A key that waits in somebody's name and is not his; nobody has vouched for it. */
async function turnDown(work: Work<'issuer'>, thumbprint: Digest, person: string): Promise<Done> {
  const ended = await endRegistration(work.trx, thumbprint, work.now, person)
  if (ended === undefined) return { refusal: { reason: 'unknown_registration' } }
  work.record('passkey.rejected', { actor: person }, { v: 1, person, passkey: thumbprint, why: 'not_me' })
  work.tell('passkey.changed', undefined, { person, operation: 'rejected', thumbprint, by: person })
  return {}
}

/** Whose key of these signers is held, if one is: a change that waits for a second signature may hold one of before. */
export async function findHeldSigner(trx: Work<'issuer'>['trx'], signers: readonly Signer[]): Promise<string | undefined> {
  const held = await findHeld(trx)
  return signers.find(({ passkey }) => held.has(passkey))?.person
}

/** A change that administrators signed about a key says what it is worth: the chain has spoken, and nothing is in doubt any more. */
export async function liftByChange(work: Work<'issuer'>, change: DirectoryChange, signers: readonly Signer[]): Promise<void> {
  if (signers.length === 0 || signers.some(({ role }) => role !== 'administrator')) return
  const named = 'passkeys' in change && change.operation !== 'enrol' ? change.passkeys : []
  if (named.length === 0) return
  const by = signers.map(({ person }) => person).join(' ')
  for (const { passkey, person } of await liftHolds(work.trx, named, by, work.now)) {
    work.record(
      'passkey.released',
      { actor: signers[0]?.person },
      { v: 1, person, passkey, by: 'directory', sequence: change.sequence },
    )
    work.tell('passkey.released', undefined, { person, passkey, by: 'directory', sequence: change.sequence })
  }
}
