// What the passkey directory says at a position of its chain, and at every position before: evidence is judged by the keys of
// then and of now. States share one journal that only grows, and each is a view of it up to its own position, so that a thousand
// changes cost a thousand steps and an old state stays what it was; a second branch from an old state gets a journal of its own.
// It judges nothing: callers have.

import { type Passkey, ROLES, type Role, type TrustRoots } from '../domain/directory.ts'
import type { LostHeads } from '../domain/heads.ts'
import type { Digest, PersonId } from '../domain/ids.ts'

export type PasskeyStatus = 'active' | 'suspended' | 'revoked'
/**
 * `enrolled` and `since` are positions: where the passkey came in, and where its status began; roots come in at 0. `enrolledAt` is when the issuer
 * took it, in ms. `inFull` says that as many administrators as the directory asks for have compared its words: no other key serves a role.
 */
export type KnownPasskey = {
  readonly passkey: Passkey
  readonly status: PasskeyStatus
  readonly inFull: boolean
  /** Who let it in while it is not in full: it may be theirs, so they approve nothing that it asks for. */
  readonly letInBy: readonly PersonId[]
  readonly enrolled: number
  readonly enrolledAt: number
  readonly since: number
}
export type ChainState = {
  /** Whose roots it begins with; each era has a chain of its own. */
  readonly era: number
  readonly sequence: number
  readonly head: Digest
  /** By thumbprint. */
  readonly passkeys: ReadonlyMap<Digest, KnownPasskey>
  readonly administrators: ReadonlySet<PersonId>
  readonly journal: Journal
}
/** What one change does; a member that is missing does nothing. */
export type Effect = {
  readonly enrolled?: readonly { readonly passkey: Passkey; readonly inFull: boolean; readonly letInBy: readonly PersonId[] }[]
  readonly statuses?: readonly { readonly thumbprint: Digest; readonly status: PasskeyStatus }[]
  /** Keys that from now on serve roles. */
  readonly inFull?: readonly Digest[]
  readonly roles?: readonly { readonly person: PersonId; readonly role: Role; readonly holds: boolean }[]
  readonly endorsed?: Digest
  readonly provider?: { readonly issuer: string; readonly clientId: string; readonly holds: boolean }
  /** What a recovery says was lost. */
  readonly lost?: LostHeads
}
/** Where a change stands: its head, when the issuer took it (ms), and the nonces of its statements. */
export type Place = { readonly head: Digest; readonly acceptedAt: number; readonly nonces: readonly string[] }

type Held = { readonly at: number; readonly holds: boolean }[]
type Journal = {
  readonly era: number
  readonly heads: Digest[]
  readonly times: number[]
  readonly passkeys: Map<
    Digest,
    {
      readonly passkey: Passkey
      readonly letInBy: readonly PersonId[]
      readonly events: { readonly at: number; readonly status: PasskeyStatus }[]
      inFullSince: number
    }
  >
  readonly keysOf: Map<PersonId, Digest[]>
  readonly roles: { readonly [R in Role]: Map<PersonId, Held> }
  /** By `client issuer`. */
  readonly providers: Map<string, Held>
  readonly endorsed: Map<Digest, number>
  /** Position of the first use of each WebAuthn credential id and each nonce. */
  readonly ids: Map<string, number>
  readonly nonces: Map<string, number>
  readonly losses: { readonly at: number; readonly lost: LostHeads }[]
}

/** The state before the first change of an era: the roots hold every role, and `pinned_at` is when they came in. `head` is their digest. */
export function firstState(head: Digest, { era, pinned_at, roots }: TrustRoots): ChainState {
  const journal: Journal = {
    era,
    heads: [],
    times: [],
    passkeys: new Map(),
    keysOf: new Map(),
    roles: { administrator: new Map(), approver: new Map(), auditor: new Map() },
    providers: new Map(),
    endorsed: new Map(),
    ids: new Map(),
    nonces: new Map(),
    losses: [],
  }
  const roles = roots.flatMap(({ person }) => ROLES.map((role) => ({ person, role, holds: true })))
  const enrolled = roots.map((passkey) => ({ passkey, inFull: true, letInBy: [] }))
  write(journal, { head, acceptedAt: pinned_at * 1000, nonces: [] }, { enrolled, roles })
  return view(journal, 0)
}

/** The state after one more change. The state given stays as it is. */
export function nextState(state: ChainState, place: Place, effect: Effect): ChainState {
  const journal = state.journal.heads.length === state.sequence + 1 ? state.journal : copyUpTo(state)
  write(journal, place, effect)
  return view(journal, state.sequence + 1)
}

/** The state at an earlier position, or undefined when the chain has not come that far. */
export const stateAt = (state: ChainState, sequence: number): ChainState | undefined =>
  sequence < 0 || sequence > state.sequence ? undefined : sequence === state.sequence ? state : view(state.journal, sequence)

/** When the issuer took the last change of this state, in ms. */
export const acceptedAt = ({ journal, sequence }: ChainState): number => journal.times[sequence] ?? 0

/** A passkey by its thumbprint, as it stands at this state. */
export function findPasskey({ journal, sequence }: ChainState, thumbprint: Digest): KnownPasskey | undefined {
  const known = journal.passkeys.get(thumbprint)
  const first = known?.events[0]
  const last = known?.events.findLast(({ at }) => at <= sequence)
  return (
    known &&
    first &&
    last && {
      passkey: known.passkey,
      status: last.status,
      inFull: known.inFullSince <= sequence,
      letInBy: known.inFullSince <= sequence ? [] : known.letInBy,
      enrolled: first.at,
      enrolledAt: journal.times[first.at] ?? 0,
      since: last.at,
    }
  )
}

/**
 * Where a key came to serve an approver, and when the issuer took that (ms): the latest of its enrolment, of its being in full and of the role that its
 * owner holds without a break since. Undefined where one of these is missing. A suspension that was taken back is no break: nobody gained by it.
 */
export function servesFrom(
  { journal, sequence }: ChainState,
  { person, thumbprint }: Pick<Passkey, 'person' | 'thumbprint'>,
): { readonly sequence: number; readonly at: number } | undefined {
  const known = journal.passkeys.get(thumbprint)
  const roles = journal.roles.approver.get(person)?.filter(({ at }) => at <= sequence) ?? []
  const role = roles[roles.findLastIndex(({ holds }) => !holds) + 1]?.at ?? Infinity
  // Nothing is in full before it is enrolled.
  const from = Math.max(known?.inFullSince ?? Infinity, role)
  return from <= sequence ? { sequence: from, at: journal.times[from] ?? 0 } : undefined
}

/** A person's passkeys at this state, whatever their status. */
export const passkeysOf = (state: ChainState, person: PersonId): KnownPasskey[] =>
  (state.journal.keysOf.get(person) ?? []).flatMap((thumbprint) => findPasskey(state, thumbprint) ?? [])

/** Whether the chain gives a person a role. It says nothing about the rules, which can take it from him. */
export const holdsRole = ({ journal, sequence }: ChainState, person: PersonId, role: Role): boolean =>
  isHeld(journal.roles[role].get(person), sequence)

export const isAdministrator = (state: ChainState, person: PersonId): boolean => holdsRole(state, person, 'administrator')

/** Whether people who only ask may be enrolled by this provider. */
export const takesProvider = ({ journal, sequence }: ChainState, issuer: string, clientId: string): boolean =>
  isHeld(journal.providers.get(`${clientId} ${issuer}`), sequence)

/** Whether administrators have signed for all that a rule set gives. */
export const isEndorsed = ({ journal, sequence }: ChainState, ruleSet: Digest): boolean =>
  (journal.endorsed.get(ruleSet) ?? Infinity) <= sequence

/** Whether a credential id has ever been enrolled, revoked ones included. */
export const knowsId = ({ journal, sequence }: ChainState, id: string): boolean => (journal.ids.get(id) ?? Infinity) <= sequence

/** Whether a statement of the chain has used a nonce. */
export const knowsNonce = ({ journal, sequence }: ChainState, nonce: string): boolean =>
  (journal.nonces.get(nonce) ?? Infinity) <= sequence

/** What was lost last, of all that administrators have signed a recovery for. */
export const lastLoss = ({ journal, sequence }: ChainState): LostHeads | undefined =>
  journal.losses.findLast(({ at }) => at <= sequence)?.lost

const isHeld = (events: Held | undefined, sequence: number): boolean =>
  events?.findLast(({ at }) => at <= sequence)?.holds ?? false

function view(journal: Journal, sequence: number): ChainState {
  let passkeys: ReadonlyMap<Digest, KnownPasskey> | undefined
  let administrators: ReadonlySet<PersonId> | undefined
  const state: ChainState = {
    era: journal.era,
    journal,
    sequence,
    head: journal.heads[sequence] ?? '',
    get passkeys() {
      passkeys ??= new Map([...journal.passkeys.keys()].flatMap((key) => pair(key, findPasskey(state, key))))
      return passkeys
    },
    get administrators() {
      administrators ??= new Set([...journal.roles.administrator.keys()].filter((person) => isAdministrator(state, person)))
      return administrators
    },
  }
  return state
}

const pair = <K, V>(key: K, value: V | undefined): [K, V][] => (value === undefined ? [] : [[key, value]])

function write(journal: Journal, { head, acceptedAt: time, nonces }: Place, effect: Effect): void {
  const at = journal.heads.push(head) - 1
  journal.times.push(time)
  for (const { passkey, inFull, letInBy } of effect.enrolled ?? []) {
    const { person, thumbprint, id } = passkey
    journal.passkeys.set(thumbprint, {
      passkey,
      letInBy,
      events: [{ at, status: 'active' }],
      inFullSince: inFull ? at : Infinity,
    })
    journal.keysOf.set(person, [...(journal.keysOf.get(person) ?? []), thumbprint])
    journal.ids.set(id, at)
  }
  for (const { thumbprint, status } of effect.statuses ?? []) journal.passkeys.get(thumbprint)?.events.push({ at, status })
  for (const thumbprint of effect.inFull ?? []) {
    const known = journal.passkeys.get(thumbprint)
    if (known) known.inFullSince = Math.min(known.inFullSince, at)
  }
  for (const { person, role, holds } of effect.roles ?? []) hold(journal.roles[role], person, { at, holds })
  const { provider, endorsed, lost } = effect
  if (provider) hold(journal.providers, `${provider.clientId} ${provider.issuer}`, { at, holds: provider.holds })
  if (endorsed !== undefined) journal.endorsed.set(endorsed, at)
  if (lost) journal.losses.push({ at, lost })
  for (const nonce of nonces) journal.nonces.set(nonce, at)
}

const hold = (table: Map<string, Held>, name: string, event: Held[number]) => table.set(name, [...(table.get(name) ?? []), event])

function copyUpTo({ journal, sequence }: ChainState): Journal {
  const until = <E extends { readonly at: number }>(events: readonly E[]) => events.filter(({ at }) => at <= sequence)
  const used = <K>(positions: Map<K, number>) => new Map([...positions].filter(([, at]) => at <= sequence))
  const held = (table: Map<string, Held>) => new Map([...table].map(([name, events]) => [name, until(events)] as const))
  const passkeys = [...journal.passkeys].flatMap(([key, { passkey, letInBy, events, inFullSince }]) => {
    const kept = until(events)
    return kept.length > 0
      ? [[key, { passkey, letInBy, events: kept, inFullSince: inFullSince <= sequence ? inFullSince : Infinity }] as const]
      : []
  })
  const known = new Map(passkeys)
  return {
    era: journal.era,
    heads: journal.heads.slice(0, sequence + 1),
    times: journal.times.slice(0, sequence + 1),
    passkeys: known,
    keysOf: new Map([...journal.keysOf].map(([person, keys]) => [person, keys.filter((key) => known.has(key))] as const)),
    roles: {
      administrator: held(journal.roles.administrator),
      approver: held(journal.roles.approver),
      auditor: held(journal.roles.auditor),
    },
    providers: held(journal.providers),
    endorsed: used(journal.endorsed),
    ids: used(journal.ids),
    nonces: used(journal.nonces),
    losses: until(journal.losses),
  }
}
