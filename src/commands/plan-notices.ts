// Who hears of a change of keys, roles or rules: whom it concerns, by direct message; the administrators; the channel that `directory.yaml` names. What comes
// soon after other news is gathered for administrators and channel, so that a change of two hundred keys is not two hundred messages; what
// is held, and alarms, never wait. The bot can hide all of it, which SECURITY.md says: the log, on the issuer's side, is what cannot be hidden.

import type { Transaction } from 'kysely'
import { insertNews, type Planned, type Untold } from '../db/bot-queries/deliveries.ts'
import {
  endAllSessions,
  endSessionsOf,
  findOwnMessages,
  findRegistrationMessages,
  findToldChange,
  findToldKeys,
  type Place,
  type ToldMessage,
  wasToldSince,
} from '../db/bot-queries/notices.ts'
import type { Schema } from '../db/schema.ts'
import type { RuleSet } from '../domain/action.ts'
import { keysNamed, peopleNamed, signersOf } from '../domain/concerned.ts'
import { readDirectoryChange } from '../domain/directory.ts'
import type { PersonId } from '../domain/ids.ts'
import type { Gain } from '../runbooks/gain.ts'
import { isReworded } from '../runbooks/lowering.ts'
import type { BotContext } from './context.ts'
import { idOfNews } from './id-of-news.ts'
import { adminPlace, gatheredSubject, ownPlace, securityPlace, subjectOf } from './notice-places.ts'
import { transact } from './transact.ts'

const MINUTE_MS = 60_000
/** As long as somebody may say that a change was not his doing. */
export const DOUBT_MS = 7 * 86_400_000
export const UNHEARD = 'security.unheard'
const AGAIN = 'notice.again'

/**
 * Who hears: `own` are those it concerns; `urgent` is never gathered; `again` have messages that may say less or more by now; of the keys `settled` whoever
 * was told that they wait must not read so any more.
 */
type Hearers = {
  readonly own?: readonly PersonId[]
  readonly all?: boolean
  readonly channels?: readonly (string | undefined)[]
  readonly urgent?: boolean
  readonly again?: readonly PersonId[]
  readonly settled?: readonly string[]
}

/** The deliveries of one piece of news that is about no request. */
export async function planNotices(trx: Transaction<Schema>, set: RuleSet, row: Untold, now: Date): Promise<Planned[]> {
  const { about, place } = row.payload
  if (row.topic === AGAIN) return typeof about === 'string' && typeof place === 'string' ? [{ kind: 'slack', about, place }] : []
  const heard = await whoHears(trx, set, row)
  const { own = [], all = false, channels = [set.security_channel], urgent = false, again = [], settled = [] } = heard
  const subject = subjectOf(row.id)
  const direct = new Set(own)
  const shared = all
    ? [
        ...set.administrators.filter((person) => !direct.has(person)).map(adminPlace),
        ...new Set(channels.flatMap((channel) => (channel ? [securityPlace(channel)] : []))),
      ]
    : []
  const since = new Date(now.getTime() - DOUBT_MS)
  for (const person of again) await tellAgain(trx, row, await findOwnMessages(trx, ownPlace(person), since), now)
  if (settled.length > 0) await tellAgain(trx, row, await findRegistrationMessages(trx, settled, since), now)
  const gathered = await Promise.all(
    shared.map(async (place) => (urgent ? { place, about: subject } : gather(trx, place, subject, now))),
  )
  const planned = [...[...direct].map((person) => ({ place: ownPlace(person), about: subject })), ...gathered]
  return planned.map((each) => ({ kind: 'slack', ...each }))
}

/** What was told before may say less by now, or offer what is done: each such message is looked at again, as news of its own. */
async function tellAgain(trx: Transaction<Schema>, { id }: Untold, told: readonly ToldMessage[], now: Date): Promise<void> {
  const rows = told
    .filter(({ about }) => about !== subjectOf(id))
    .map(({ about, place }) => ({
      id: idOfNews(`${AGAIN} ${id} ${about} ${place}`),
      topic: AGAIN,
      request_id: null,
      payload: JSON.stringify({ about, place }),
      created_at: now,
    }))
  await insertNews(trx, rows)
}

/** News soon after others wait for the end of the minute, together. */
async function gather(trx: Transaction<Schema>, place: string, subject: string, now: Date) {
  if (!(await wasToldSince(trx, place, new Date(now.getTime() - MINUTE_MS)))) return { place, about: subject }
  const minute = Math.floor(now.getTime() / MINUTE_MS)
  return { place, about: gatheredSubject(minute), at: new Date((minute + 1) * MINUTE_MS) }
}

async function whoHears(trx: Transaction<Schema>, set: RuleSet, { topic, payload }: Untold): Promise<Hearers> {
  const person = typeof payload['person'] === 'string' ? payload['person'] : ''
  switch (topic) {
    case 'directory.changed': {
      const { people, enrolled } = await concernedBy(trx, {
        era: Number(payload['era'] ?? 1),
        sequence: Number(payload['sequence'] ?? 0),
      })
      return { own: people, all: true, again: people, settled: enrolled }
    }
    case 'directory.waits':
      return { all: true }
    case 'passkey.changed':
      return payload['operation'] === 'registered'
        ? { own: [person], all: true }
        : { all: payload['by'] === person, again: [person], settled: [String(payload['thumbprint'])] }
    case 'passkey.held':
      await endSessionsOf(trx, person)
      return { own: [person], all: true, urgent: true, again: [person] }
    case 'passkey.released':
      return { own: [person], all: true, urgent: true, again: [person] }
    case 'alarm.raised':
      return { own: payload['alarm'] === 'counter_stood_still' ? [person] : [], all: true, urgent: true }
    case UNHEARD:
      return { all: true, urgent: true, channels: [] }
    case 'roots.pinned':
      if (Number(payload['era'] ?? 1) === 1) return {}
      await endAllSessions(trx)
      return { own: set.people.map(({ id }) => id), all: true, urgent: true }
    case 'rules.published': {
      const gain = payload['gain'] as Gain | undefined
      if (!gain || !isNewsworthy(gain)) return {}
      return { own: gainers(gain), all: true, channels: [set.security_channel, gain.security_channel?.was] }
    }
    default:
      return {}
  }
}

/** Whose keys or roles a change is about, and who signed it without being told as an administrator; and the keys that waited for it. */
async function concernedBy(trx: Transaction<Schema>, place: Place) {
  const stored = await findToldChange(trx, place)
  const read = stored && readDirectoryChange(stored.change)
  if (!stored || !read?.ok) return { people: [], enrolled: [] }
  const thumbprints = 'passkeys' in read.value && read.value.operation !== 'enrol' ? read.value.passkeys : []
  const keys = new Map((await findToldKeys(trx, { thumbprints })).map((key) => [key.thumbprint, key.person]))
  const owners = signersOf(stored.link.statements).filter(({ role }) => role === 'owner')
  const people = [...new Set([...peopleNamed(read.value, (key) => keys.get(key)), ...owners.map((owner) => owner.person)])]
  const isNew = read.value.operation === 'enrol' || read.value.operation === 'add'
  return { people, enrolled: isNew ? keysNamed(read.value, () => undefined).map(({ passkey }) => passkey) : [] }
}

/**
 * Whether rules gave somebody something, or made something easier or another. What only says it in other words is told as well, since it waits for nothing;
 * what only took away is in the log.
 */
export const isNewsworthy = (gain: Gain): boolean =>
  !gain.complete ||
  gain.keys ||
  gain.security_channel !== undefined ||
  gain.actions.some(({ change, lowered, members }) => change === 'added' || lowered.length > 0 || isReworded(members)) ||
  [...gain.groups, ...gain.roles, ...gain.accounts].some(({ gained }) => gained.length > 0)

const gainers = (gain: Gain): PersonId[] => [
  ...new Set([
    ...[...gain.groups, ...gain.roles].flatMap(({ gained }) => gained),
    ...gain.accounts.filter(({ gained }) => gained.length > 0).map(({ name }) => name),
  ]),
]

/** Has administrators told, once a day, that the security channel takes no message. */
export const tellUnheard = (ctx: BotContext, channel: string, why: string): Promise<void> =>
  transact(ctx, [], ({ trx, now }) => {
    const id = idOfNews(`${UNHEARD} ${channel} ${now.toISOString().slice(0, 10)}`)
    const payload = JSON.stringify({ channel, why })
    return insertNews(trx, [{ id, topic: UNHEARD, request_id: null, payload, created_at: now }])
  })
