// What the passkey directory says at a position of its chain, and at every position before: evidence is judged by the keys of
// then and of now. States share one journal that only grows, and each is a view of it up to its own position, so that a thousand
// changes cost a thousand steps and an old state stays what it was; a second branch from an old state gets a journal of its own.
// It judges nothing: callers have.

import type { Passkey } from '../domain/directory.ts'
import type { LostHeads } from '../domain/heads.ts'
import type { Digest, PersonId } from '../domain/ids.ts'

export type PasskeyStatus = 'active' | 'suspended' | 'revoked'
/** `enrolled` and `since` are positions: where the passkey came in, and where its status began. Roots come in at 0. */
export type KnownPasskey = {
  readonly passkey: Passkey
  readonly status: PasskeyStatus
  readonly enrolled: number
  readonly since: number
}
export type ChainState = {
  readonly sequence: number
  readonly head: Digest
  /** By thumbprint. */
  readonly passkeys: ReadonlyMap<Digest, KnownPasskey>
  readonly administrators: ReadonlySet<PersonId>
  readonly journal: Journal
}
/** What one change does. */
export type Effect = {
  readonly enrolled: readonly Passkey[]
  readonly statuses: readonly { readonly thumbprint: Digest; readonly status: PasskeyStatus }[]
  readonly roles: readonly { readonly person: PersonId; readonly holds: boolean }[]
  /** What a recovery says was lost. */
  readonly lost?: LostHeads
}

type Journal = {
  readonly heads: Digest[]
  readonly passkeys: Map<
    Digest,
    { readonly passkey: Passkey; readonly events: { readonly at: number; readonly status: PasskeyStatus }[] }
  >
  readonly roles: Map<PersonId, { readonly at: number; readonly holds: boolean }[]>
  /** Position of the first use of each WebAuthn credential id and each nonce. */
  readonly ids: Map<string, number>
  readonly nonces: Map<string, number>
  readonly losses: { readonly at: number; readonly lost: LostHeads }[]
}

/** The state before the first change: the roots are the administrators. */
export function firstState(head: Digest, roots: readonly Passkey[]): ChainState {
  const journal: Journal = { heads: [], passkeys: new Map(), roles: new Map(), ids: new Map(), nonces: new Map(), losses: [] }
  const roles = roots.map(({ person }) => ({ person, holds: true }))
  write(journal, head, { enrolled: roots, statuses: [], roles }, [])
  return view(journal, 0)
}

/** The state after one more change. The state given stays as it is. */
export function nextState(state: ChainState, head: Digest, effect: Effect, nonces: readonly string[]): ChainState {
  const journal = state.journal.heads.length === state.sequence + 1 ? state.journal : copyUpTo(state)
  write(journal, head, effect, nonces)
  return view(journal, state.sequence + 1)
}

/** The state at an earlier position, or undefined when the chain has not come that far. */
export const stateAt = (state: ChainState, sequence: number): ChainState | undefined =>
  sequence < 0 || sequence > state.sequence ? undefined : sequence === state.sequence ? state : view(state.journal, sequence)

/** A passkey by its thumbprint, as it stands at this state. */
export function findPasskey({ journal, sequence }: ChainState, thumbprint: Digest): KnownPasskey | undefined {
  const known = journal.passkeys.get(thumbprint)
  const first = known?.events[0]
  const last = known?.events.findLast(({ at }) => at <= sequence)
  return known && first && last && { passkey: known.passkey, status: last.status, enrolled: first.at, since: last.at }
}

export const isAdministrator = ({ journal, sequence }: ChainState, person: PersonId): boolean =>
  journal.roles.get(person)?.findLast(({ at }) => at <= sequence)?.holds ?? false

/** Whether a credential id has ever been enrolled, revoked ones included. */
export const knowsId = ({ journal, sequence }: ChainState, id: string): boolean => (journal.ids.get(id) ?? Infinity) <= sequence

/** Whether a statement of the chain has used a nonce. */
export const knowsNonce = ({ journal, sequence }: ChainState, nonce: string): boolean =>
  (journal.nonces.get(nonce) ?? Infinity) <= sequence

/** What was lost last, of all that administrators have signed a recovery for. */
export const lastLoss = ({ journal, sequence }: ChainState): LostHeads | undefined =>
  journal.losses.findLast(({ at }) => at <= sequence)?.lost

function view(journal: Journal, sequence: number): ChainState {
  let passkeys: ReadonlyMap<Digest, KnownPasskey> | undefined
  let administrators: ReadonlySet<PersonId> | undefined
  const state: ChainState = {
    journal,
    sequence,
    head: journal.heads[sequence] ?? '',
    get passkeys() {
      passkeys ??= new Map([...journal.passkeys.keys()].flatMap((key) => pair(key, findPasskey(state, key))))
      return passkeys
    },
    get administrators() {
      administrators ??= new Set([...journal.roles.keys()].filter((person) => isAdministrator(state, person)))
      return administrators
    },
  }
  return state
}

const pair = <K, V>(key: K, value: V | undefined): [K, V][] => (value === undefined ? [] : [[key, value]])

function write(journal: Journal, head: Digest, effect: Effect, nonces: readonly string[]): void {
  const at = journal.heads.push(head) - 1
  for (const passkey of effect.enrolled) {
    journal.passkeys.set(passkey.thumbprint, { passkey, events: [{ at, status: 'active' }] })
    journal.ids.set(passkey.id, at)
  }
  for (const { thumbprint, status } of effect.statuses) journal.passkeys.get(thumbprint)?.events.push({ at, status })
  for (const { person, holds } of effect.roles) journal.roles.set(person, [...(journal.roles.get(person) ?? []), { at, holds }])
  for (const nonce of nonces) journal.nonces.set(nonce, at)
  if (effect.lost) journal.losses.push({ at, lost: effect.lost })
}

function copyUpTo({ journal, sequence }: ChainState): Journal {
  const until = <E extends { readonly at: number }>(events: readonly E[]) => events.filter(({ at }) => at <= sequence)
  const used = (positions: Map<string, number>) => new Map([...positions].filter(([, at]) => at <= sequence))
  const passkeys = [...journal.passkeys].map(([key, { passkey, events }]) => [key, { passkey, events: until(events) }] as const)
  return {
    heads: journal.heads.slice(0, sequence + 1),
    passkeys: new Map(passkeys.filter(([, { events }]) => events.length > 0)),
    roles: new Map([...journal.roles].map(([person, events]) => [person, until(events)])),
    ids: used(journal.ids),
    nonces: used(journal.nonces),
    losses: until(journal.losses),
  }
}
