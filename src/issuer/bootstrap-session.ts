// The registrations of a bootstrap, in memory alone: one link for each person, ten minutes, one key. A key counts when its owner has proved to hold it
// (bootstrap-proof.ts); whose key it truly is, only the comparing of words can tell. Hostile: who finds a link, who opens the link of another,
// and who sends anything twice.

import { randomBytes } from 'node:crypto'
import { decodeBase64url } from '../domain/base64url.ts'
import type { Passkey } from '../domain/directory.ts'
import type { Refusal } from '../domain/refusal.ts'
import { type Registered, registrationOptions, verifyRegistration } from '../passkeys/ceremony.ts'
import { registrationRefusal } from '../passkeys/needed-keys.ts'
import { judgeNonce, makeNonce } from '../passkeys/nonce.ts'
import type { LiveAssertion, LiveRegistration } from '../passkeys/response.ts'
import type { BootstrapPlan, Named } from './bootstrap-plan.ts'
import { judgeProof, readRegister } from './bootstrap-proof.ts'

/** What is wrong with a link, beside what can be wrong with a registration. */
export type LinkRefusal = { readonly reason: 'link_unknown' | 'link_over' | 'link_used' | 'link_of_another' }
type No = { readonly ok: false; readonly refusal: Refusal | LinkRefusal }
type Seat = Named & {
  readonly token: string
  draft: Registered | undefined
  root: Passkey | undefined
  readonly taken: PromiseWithResolvers<Passkey>
}
export type BootstrapSession = ReturnType<typeof openBootstrapSession>

/** Opens the links of a plan until `deadline`. */
export function openBootstrapSession(plan: BootstrapPlan, now: () => Date, deadline: Date) {
  const { realm, rpId, issuerUrl: origin } = plan
  const nonceKey = randomBytes(32)
  const spent = new Set<string>()
  const seats: readonly Seat[] = plan.people.map((person) => ({
    ...person,
    token: randomBytes(32).toString('base64url'),
    draft: undefined,
    root: undefined,
    taken: Promise.withResolvers(),
  }))

  const seatOf = (token: string | undefined): { readonly ok: true; readonly seat: Seat } | No => {
    const seat = seats.find((each) => each.token === token)
    if (!seat) return no({ reason: 'link_unknown' })
    return now() > deadline ? no({ reason: 'link_over' }) : { ok: true, seat }
  }
  const openSeat = (token: string | undefined, person: string): ReturnType<typeof seatOf> => {
    const found = seatOf(token)
    if (!found.ok) return found
    if (found.seat.id !== person) return no({ reason: 'link_of_another' })
    return found.seat.root ? no({ reason: 'link_used' }) : found
  }
  const spend = (nonce: string): { readonly ok: true } | No => {
    const judged = judgeNonce(nonceKey, nonce, now())
    if (!judged.ok) return no(judged.refusal)
    if (spent.has(nonce)) return no({ reason: 'nonce_used' })
    spent.add(nonce)
    return { ok: true }
  }
  const newNonce = (): string => makeNonce(nonceKey, now())

  return {
    realm,
    /** Each person's link, and the promise of the key that was registered by it. */
    links: seats.map(({ id, name, token, taken }) => ({ person: { id, name }, token, taken: taken.promise })),
    seatOf,

    begin: async (token: string | undefined, person: string) => {
      const found = openSeat(token, person)
      if (!found.ok) return found
      const nonce = newNonce()
      const challenge = decodeBase64url(nonce) ?? new Uint8Array()
      const { id, name } = found.seat
      const about = { rpId, rpName: 'Countersign', realm, person: id, personName: name }
      const creation = await registrationOptions({ ...about, challenge, known: [], accept: plan.needed(id).accept })
      return { ok: true, begun: { realm, nonce, rpId, signer: id, creation } } as const
    },

    register: async (
      token: string | undefined,
      input: { readonly person: string; readonly nonce: string; readonly attestation: LiveRegistration },
    ) => {
      const found = openSeat(token, input.person)
      if (!found.ok) return found
      const spending = spend(input.nonce)
      if (!spending.ok) return spending
      const expectedChallenge = decodeBase64url(input.nonce) ?? new Uint8Array()
      const needed = plan.needed(found.seat.id)
      const response = input.attestation
      const checked = await verifyRegistration({ response, expectedChallenge, origin, rpId, ...needed, now: now() })
      if (!checked.ok) return no(registrationRefusal(checked.reason, needed))
      const { id, key, thumbprint } = checked.registered
      if (seats.some(({ draft }) => draft && (draft.id === id || draft.thumbprint === thumbprint)))
        return no({ reason: 'already_enrolled' })
      found.seat.draft = checked.registered
      return { ok: true, made: { id, key, thumbprint, nonce: newNonce() } } as const
    },

    prove: async (token: string | undefined, input: { readonly statement: string; readonly response: LiveAssertion }) => {
      const register = readRegister(input.statement, realm)
      if (!register.ok) return register
      const { statement } = register.read
      const found = openSeat(token, statement.signer.person)
      if (!found.ok) return found
      const { seat } = found
      if (!seat.draft) return no({ reason: 'unknown_registration' })
      const spending = spend(statement.nonce)
      if (!spending.ok) return spending
      const proof = await judgeProof(plan, seat.draft, register.read, input.response)
      if (!proof.ok) return proof
      // Looked at once more: another answer may have come while this one was verified.
      if (seat.root) return no({ reason: 'link_used' })
      seat.root = proof.root
      seat.taken.resolve(proof.root)
      return proof
    },
  }
}

const no = (refusal: Refusal | LinkRefusal): No => ({ ok: false, refusal })
