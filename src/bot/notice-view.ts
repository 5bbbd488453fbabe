// One change of keys, roles or rules as people are told of it: plain data, read from what the issuer wrote. Signatures are not judged here, and nothing that
// the issuer has not told is guessed.

import { DOUBT_MS, UNHEARD } from '../commands/plan-notices.ts'
import type { Untold } from '../db/bot-queries/deliveries.ts'
import {
  findEverHeld,
  findLiveBy,
  findToldChange,
  findToldKeys,
  isTurnedDown,
  type ToldChange,
  type ToldKey,
} from '../db/bot-queries/notices.ts'
import { findRequestFacts } from '../db/bot-queries/request-facts.ts'
import type { RuleSet } from '../domain/action.ts'
import { keysInDoubt, keysNamed, type Signer, signersOf } from '../domain/concerned.ts'
import { type DirectoryChange, type Role, readDirectoryChange } from '../domain/directory.ts'
import type { PersonId } from '../domain/ids.ts'
import type { Gain } from '../runbooks/gain.ts'
import { type Named, nameOf, type RequestView, viewRequest } from './request-view.ts'
import type { SlackSide } from './slack/side.ts'

const MOST_LIVE = 10

/** A key in a message: its owner's name for it, and the beginning of its thumbprint. */
export type KeyView = {
  readonly owner: Named
  readonly nickname: string
  readonly short: string
  readonly standing: 'active' | 'suspended' | 'revoked' | 'held'
}
/** What somebody may say was not his doing, as the button holds it. */
export type Doubtable = `change/${number}` | `change/${number}/${number}` | `registration/${string}`
/** `at` in seconds since 1970; `doubt` is there when the reader may press "This was not me". */
type Common = { readonly at: number; readonly doubt?: Doubtable | undefined }

export type ChangeView = Common & {
  readonly is: 'change'
  readonly sequence: number
  readonly operation: DirectoryChange['operation']
  readonly signers: readonly Named[]
  readonly byOwner: boolean
  /** The OpenID provider that vouched in the place of administrators. */
  readonly provider: string | undefined
  readonly keys: readonly KeyView[]
  readonly given: readonly { readonly person: Named; readonly roles: readonly Role[]; readonly effect: 'grant' | 'withdraw' }[]
  /** From when the keys may approve, when that is later. */
  readonly approvesFrom: number | undefined
  readonly about: string | undefined
  readonly named: readonly PersonId[]
}
export type NoticeView =
  | ChangeView
  | (Common & { readonly is: 'waits'; readonly by: Named; readonly operation: string; readonly people: readonly Named[] })
  | (Common & {
      readonly is: 'registration'
      readonly person: Named
      readonly nickname: string
      readonly short: string
      readonly standing: 'waits' | 'enrolled' | 'turned_down'
      readonly by: Named | undefined
    })
  | (Common & {
      readonly is: 'held'
      readonly person: Named
      readonly sequence: number
      readonly keys: readonly KeyView[]
      /** Keys in doubt that sign all the same, since administrators could not go without them. */
      readonly spared: readonly KeyView[]
      readonly live: readonly RequestView[]
    })
  | (Common & {
      readonly is: 'released'
      readonly person: Named
      readonly keys: readonly KeyView[]
      readonly by: 'owner' | 'directory'
    })
  | (Common & { readonly is: 'alarm'; readonly holds: number })
  | (Common & { readonly is: 'disagreement'; readonly person: Named; readonly registering: boolean })
  | (Common & { readonly is: 'standstill'; readonly person: Named; readonly keys: readonly KeyView[] })
  | (Common & { readonly is: 'era'; readonly era: number; readonly roots: readonly Named[] })
  | (Common & { readonly is: 'unheard'; readonly channel: string; readonly why: string })
  | (Common & { readonly is: 'rules'; readonly gain: Gain; readonly countsFrom: number; readonly name: (id: PersonId) => Named })

type Of = Pick<SlackSide, 'ctx' | 'teamIds'>

/** Reads one piece of news for a reader; undefined when there is nothing (any more) to tell. */
export async function viewNotice(
  of: Of,
  set: RuleSet,
  row: Untold,
  reader: PersonId | undefined,
): Promise<NoticeView | undefined> {
  const { topic, payload } = row
  const { db } = of.ctx
  const name = (id: PersonId) => nameOf(set, id, of.teamIds)
  const at = seconds(row.created_at.getTime())
  const text = (member: string) => (typeof payload[member] === 'string' ? payload[member] : '')
  const texts = (member: string) =>
    Array.isArray(payload[member]) ? payload[member].filter((each) => typeof each === 'string') : []
  const number = (member: string) => (typeof payload[member] === 'number' ? payload[member] : 0)
  const keysOf = async (thumbprints: readonly string[]) =>
    (await findToldKeys(db, { thumbprints })).map((key) => keyView(key, name))
  switch (topic) {
    case 'directory.changed': {
      const stored = await findToldChange(db, { era: eraOf(payload), sequence: number('sequence') })
      return stored && viewChange(of, stored, payload, name, reader)
    }
    case 'directory.waits': {
      const subjects = texts('subjects')
      const owners = (await findToldKeys(db, { thumbprints: subjects })).map(({ person }) => person)
      const people = [...new Set([...owners, ...subjects.filter((id) => set.people.some((person) => person.id === id))])]
      return { is: 'waits', at, by: name(text('by')), operation: text('operation'), people: people.map(name) }
    }
    case 'passkey.changed': {
      const thumbprint = text('thumbprint')
      const [[enrolled], turned] = await Promise.all([
        findToldKeys(db, { thumbprints: [thumbprint] }),
        isTurnedDown(db, thumbprint),
      ])
      const standing = enrolled ? 'enrolled' : turned ? 'turned_down' : 'waits'
      const own = reader === text('person')
      const doubt = standing === 'waits' && own ? (`registration/${thumbprint}` as const) : undefined
      const by = text('by') === '' ? undefined : name(text('by'))
      const nickname = text('nickname')
      return { is: 'registration', at, person: name(text('person')), nickname, short: shortOf(thumbprint), standing, by, doubt }
    }
    case 'passkey.held': {
      const [held, spared] = [texts('passkeys'), text('spared') === '' ? [] : [text('spared')]]
      const [keys, stay] = [await keysOf(held), await keysOf(spared)]
      const live = await liveBy(of, set, [...held, ...spared])
      return { is: 'held', at, person: name(text('person')), sequence: number('sequence'), keys, spared: stay, live }
    }
    case 'passkey.released': {
      const by = text('by') === 'owner' ? 'owner' : 'directory'
      return { is: 'released', at, person: name(text('person')), keys: await keysOf([text('passkey')]), by }
    }
    case 'alarm.raised':
      switch (payload['alarm']) {
        case 'verifiers_disagree':
          return { is: 'disagreement', at, person: name(text('person')), registering: text('kind') === 'register' }
        case 'counter_stood_still':
          return { is: 'standstill', at, person: name(text('person')), keys: await keysOf([text('passkey')]) }
        default:
          return { is: 'alarm', at, holds: number('holds') }
      }
    case 'roots.pinned':
      return { is: 'era', at, era: number('era'), roots: texts('people').map(name) }
    case UNHEARD:
      return { is: 'unheard', at, channel: text('channel'), why: text('why') }
    case 'rules.published': {
      const gain = payload['gain'] as Gain | undefined
      return gain && { is: 'rules', at, gain, countsFrom: seconds(number('counts_from')), name }
    }
    default:
      return undefined
  }
}

async function viewChange(
  { ctx }: Of,
  stored: ToldChange,
  payload: Readonly<Record<string, unknown>>,
  name: (id: PersonId) => Named,
  reader: PersonId | undefined,
): Promise<ChangeView | undefined> {
  const read = readDirectoryChange(stored.change)
  if (!read.ok) return undefined
  const change = read.value
  const signers = signersOf(stored.link.statements)
  const thumbprints =
    change.operation === 'enrol' || !('passkeys' in change)
      ? keysNamed(change, () => undefined).map(({ passkey }) => passkey)
      : change.passkeys
  const known = await findToldKeys(ctx.db, { thumbprints })
  const approvesFrom = typeof payload['approves_from'] === 'number' ? payload['approves_from'] : 0
  const isLate = approvesFrom > stored.accepted_at.getTime()
  const named = [...new Set([...known.map(({ person }) => person), ...(change.operation === 'role' ? [change.person] : [])])]
  return {
    is: 'change',
    at: seconds(stored.accepted_at.getTime()),
    sequence: change.sequence,
    operation: change.operation,
    signers: [...new Set(signers.map(({ person }) => person))].map(name),
    byOwner: signers.some(({ role }) => role === 'owner'),
    provider: typeof payload['provider'] === 'string' ? payload['provider'] : undefined,
    keys: known.map((key) => keyView(key, name)),
    given: rolesGiven(change).map(({ person, roles, effect }) => ({ person: name(person), roles, effect })),
    approvesFrom: isLate ? seconds(approvesFrom) : undefined,
    about: change.operation === 'provider' ? change.issuer : undefined,
    named,
    doubt: reader === undefined ? undefined : await doubtOf(ctx, change, eraOf(payload), signers, stored.accepted_at, reader),
  }
}

function rolesGiven(change: DirectoryChange): { person: PersonId; roles: readonly Role[]; effect: 'grant' | 'withdraw' }[] {
  if (change.operation === 'role') return [{ person: change.person, roles: [change.role], effect: change.effect }]
  if (change.operation !== 'enrol') return []
  return change.passkeys
    .filter(({ roles }) => roles.length > 0)
    .map(({ passkey, roles }) => ({ person: passkey.person, roles, effect: 'grant' as const }))
}

/** What the reader may still say was not his doing; the issuer decides by the same rules. */
async function doubtOf(
  { db, now }: SlackSide['ctx'],
  change: DirectoryChange,
  era: number,
  signers: readonly Signer[],
  acceptedAt: Date,
  reader: PersonId,
): Promise<Doubtable | undefined> {
  if (now().getTime() - acceptedAt.getTime() > DOUBT_MS) return undefined
  const [own, ever] = await Promise.all([
    findToldKeys(db, { person: reader }),
    findEverHeld(db, { era, sequence: change.sequence }),
  ])
  // Also what is held for another change: whoever may release it must have had his key before both.
  const active = own.filter(({ status }) => status === 'active').map(({ thumbprint }) => thumbprint)
  const doubted = keysInDoubt(change, signers, reader, active).filter((key) => active.includes(key) && !ever.has(key))
  if (doubted.length === 0) return undefined
  return era === 1 ? `change/${change.sequence}` : `change/${era}/${change.sequence}`
}

async function liveBy(of: Of, set: RuleSet, passkeys: readonly string[]): Promise<RequestView[]> {
  const live = await findLiveBy(of.ctx.db, passkeys, MOST_LIVE)
  const facts = await Promise.all(live.map((request) => findRequestFacts(of.ctx.db, request)))
  return facts.flatMap((each) => (each ? [viewRequest(each, set, of.teamIds)] : []))
}

const keyView = ({ person, nickname, thumbprint, status, held }: ToldKey, name: (id: PersonId) => Named): KeyView => ({
  owner: name(person),
  nickname,
  short: shortOf(thumbprint),
  standing: held && status === 'active' ? 'held' : status,
})
/** What was told before there were eras is of the first. */
const eraOf = ({ era }: Readonly<Record<string, unknown>>): number => (typeof era === 'number' ? era : 1)
const shortOf = (thumbprint: string): string => thumbprint.slice(0, 8)
const seconds = (ms: number): number => Math.floor(ms / 1000)
