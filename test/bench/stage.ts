// A whole Countersign with many people, and the life of a request step by step, for benchmarks. Each lane has a requester and an approver of its own,
// with keys enrolled through the real chain, because a key that signs twice at once is refused as a copy. Authenticators and places belong to other
// machines: the time for which they hold this one's event loop is counted, so that it can be taken off.

import { generateKeyPairSync, sign as signBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { acceptStatement } from '../../src/commands/accept-statement.ts'
import { adoptProposals } from '../../src/commands/adopt-proposals.ts'
import { claimCredential } from '../../src/commands/claim-credential.ts'
import { proposeRequest } from '../../src/commands/propose-request.ts'
import { giveBack } from '../../src/commands/revoke-grant.ts'
import { thumbprint } from '../../src/crypto.ts'
import { encodeBase64url } from '../../src/domain/base64url.ts'
import { type Canonical, canonicalBytes } from '../../src/domain/canonical.ts'
import type { Statement } from '../../src/domain/statement.ts'
import { type Tag, tagged } from '../../src/domain/tags.ts'
import { makeNonce } from '../../src/passkeys/nonce.ts'
import { enrolPeople, signWith } from '../../src/sandbox/enrol-people.ts'
import { type KeyRing, openKeyRing } from '../../src/sandbox/key-ring.ts'
import { publicKey } from '../support/p256.ts'
import { openWorld } from '../support/world.ts'
import type { Hooks } from './measure.ts'

const ENROLLED_AT_ONCE = 16
export const STEPS = ['propose', 'adopt', 'confirm', 'decide', 'claim', 'give back'] as const
export type Step = (typeof STEPS)[number]
/** Stands around the server's part of a step, to time or to count it. */
export type Around = <T>(step: Step, work: () => Promise<T>) => Promise<T>
export const plainly: Around = (_step, work) => work()
export type Lane = { readonly asker: Signer; readonly approver: Signer }
type Signer = { readonly person: string; readonly id: string; readonly passkey: string }

/** Opens a world with `count` lanes. */
export async function openStage(hooks: Hooks, count: number) {
  const world = await openWorld(hooks)
  const { ctx, bot } = world
  // In memory: keeping a file with each tap would hold this machine for longer than the tap itself.
  const own = openKeyRing({ rpId: ctx.roots.rp_id, origin: ctx.roots.issuer })
  const ring: KeyRing = { ...own, assert: (id, challenge) => own.assert(id, challenge) ?? world.ring.assert(id, challenge) }
  const names = Array.from({ length: count }, (_, lane) => [`asker-${lane}`, `approver-${lane}`] as const)
  addPeople(join(world.runbooksDir, 'directory.yaml'), names)
  await world.issuer.reload()
  const people = names.flat()
  for (let at = 0; at < people.length; at += ENROLLED_AT_ONCE)
    await enrolPeople(ctx, ring, people.slice(0, at + ENROLLED_AT_ONCE))
  const { passkeys } = await ctx.chain()
  const signer = (person: string): Signer => {
    const [id = ''] = ring.idsOf(person)
    const passkey = [...passkeys.values()].find((known) => known.passkey.id === id)?.passkey.thumbprint
    if (passkey === undefined) throw new Error(`${person} has no enrolled key`)
    return { person, id, passkey }
  }
  const lanes: Lane[] = names.map(([asker, approver]) => ({ asker: signer(asker), approver: signer(approver) }))
  const elsewhere = { ms: 0 }
  const client = <T>(work: () => T): T => {
    const began = performance.now()
    const made = work()
    elsewhere.ms += performance.now() - began
    return made
  }
  const sign = ({ id, passkey, person }: Signer, body: Record<string, unknown>) =>
    client(() => {
      const nonce = makeNonce(ctx.nonceKey, ctx.now())
      return signWith(ring, id, { v: 1, realm: ctx.realm, nonce, signer: { person, passkey }, ...body } as unknown as Statement)
    })
  const adopt = inRounds(() => adoptProposals(ctx))

  /** One life, from the proposal to the credential and, if wanted, its return. */
  async function live({ asker, approver }: Lane, around: Around, returned = false): Promise<void> {
    const server = async <T extends { readonly ok: boolean }>(step: Step, work: () => Promise<T>): Promise<T & { ok: true }> => {
      const outcome = await around(step, work)
      if (!outcome.ok) throw new Error(`${step} was refused: ${JSON.stringify(outcome)}`)
      return outcome as T & { ok: true }
    }
    const place = client(newPlace)
    const proposed = await server('propose', () =>
      proposeRequest(bot, {
        person: asker.person,
        action: 'service.restart',
        parameters: { service: 'payments-api' },
        reason: 'INC-4211: payments time out',
      }),
    )
    const intents = [proposed.intentDigest]
    await around('adopt', adopt)
    const confirmation = sign(asker, { kind: 'request', role: 'requester', decision: 'confirm', intents, holder: place.holder })
    await server('confirm', () => acceptStatement(ctx, confirmation))
    const approval = sign(approver, { kind: 'decide', role: 'approver', decision: 'approve', intents })
    await server('decide', () => acceptStatement(ctx, approval))
    const about = () => ({
      v: 1,
      realm: ctx.realm,
      intent: proposed.intentDigest,
      holder: thumbprint(place.holder.sign),
      nonce: makeNonce(ctx.nonceKey, ctx.now()),
    })
    const claim = client(() =>
      place.sign('claim', { ...about(), encrypt: thumbprint(place.holder.encrypt), number: 1, material: { kind: 'jwt' } }),
    )
    await server('claim', () => claimCredential(ctx, { claim: claim.text, signature: claim.signature }))
    if (!returned) return
    const back = client(() => place.sign('giveBack', { ...about(), decision: 'return' }))
    await server('give back', () => giveBack(ctx, { giveBack: back.text, signature: back.signature }))
  }
  return { world, lanes, live, elsewhere }
}

function addPeople(path: string, names: readonly (readonly [string, string])[]): void {
  type Directory = { people: Record<string, unknown>; groups: Record<string, string[]> }
  const directory = parse(readFileSync(path, 'utf8')) as Directory
  for (const [asker, approver] of names) {
    for (const person of [asker, approver]) directory.people[person] = { name: person, slack: [] }
    directory.groups['on-call']?.push(asker)
    directory.groups['service-owners']?.push(approver)
  }
  writeFileSync(path, stringify(directory))
}

/** Runs `work` in rounds, as a clockwork does: whoever calls waits for a round that began after the call. */
function inRounds(work: () => Promise<unknown>): () => Promise<void> {
  let running: Promise<unknown> | undefined
  let next: Promise<void> | undefined
  const begin = async (): Promise<void> => {
    await running
    next = undefined
    running = work()
    await running
  }
  return () => (next ??= begin())
}

/** A place where a credential is needed, with synchronous signatures. */
export function newPlace() {
  const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const [signing, encryption] = [pair(), pair()]
  return {
    holder: { sign: publicKey(signing.publicKey), encrypt: publicKey(encryption.publicKey) },
    sign: (tag: Tag, message: Canonical) => {
      const bytes = canonicalBytes(message)
      const signature = signBytes('sha256', tagged(tag, bytes), { key: signing.privateKey, dsaEncoding: 'ieee-p1363' })
      return { text: encodeBase64url(bytes), signature: encodeBase64url(signature) }
    },
  }
}
