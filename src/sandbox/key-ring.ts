// The simulated security keys of the sandbox's people, kept as plain JSON: whoever reads this file can sign as any of them, which is what a sandbox
// is for. They are real WebAuthn authenticators in all but hardware: what they sign is verified like anybody's. Their realm is `sandbox:`, and no
// other realm takes what it signs.

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { thumbprint } from '../crypto.ts'
import { encodeBase64url } from '../domain/base64url.ts'
import type { Passkey } from '../domain/directory.ts'
import { userHandle } from '../passkeys/user-handle.ts'
import {
  type AuthenticationJSON,
  type Ceremony,
  create,
  get,
  type RegistrationJSON,
  type SoftPasskey,
  type SoftPublicKey,
} from './authenticator.ts'

type Held = { readonly person: string; readonly passkey: SoftPasskey }
export type Site = { readonly rpId: string; readonly origin: string }

export type KeyRing = {
  /** Makes a key for a person and answers a registration ceremony with it. */
  readonly create: (
    person: string,
    challenge: string,
    userHandle: string,
  ) => { readonly id: string; readonly key: SoftPublicKey; readonly response: RegistrationJSON }
  /** Answers an authentication ceremony with a key by its id, or undefined when it is not on this ring. */
  readonly assert: (id: string, challenge: string) => AuthenticationJSON | undefined
  /** The ids of a person's keys, oldest first. */
  readonly idsOf: (person: string) => readonly string[]
  /** Whether a key of this id is on the ring. */
  readonly has: (id: string) => boolean
}

/** Opens the ring in a file, or in memory when there is none. */
export function openKeyRing(site: Site, path?: string): KeyRing {
  let held: Held[] = read(path)
  const keep = (next: Held[]): void => {
    held = next
    if (path === undefined) return
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(`${path}.new`, `${JSON.stringify(held, null, 2)}\n`, { mode: 0o600 })
    renameSync(`${path}.new`, path)
  }
  const ceremony = (challenge: string): Ceremony => ({ ...site, challenge })
  return {
    create: (person, challenge, userHandle) => {
      const made = create({ ...ceremony(challenge), userHandle })
      keep([...held, { person, passkey: made.passkey }])
      return { id: made.passkey.id, key: made.key, response: made.response }
    },
    assert: (id, challenge) => {
      const found = held.find(({ passkey }) => passkey.id === id)
      if (!found) return undefined
      const answer = get(found.passkey, ceremony(challenge))
      keep(held.map((each) => (each === found ? { ...found, passkey: answer.passkey } : each)))
      return answer.response
    },
    idsOf: (person) => held.filter((each) => each.person === person).map(({ passkey }) => passkey.id),
    has: (id) => held.some(({ passkey }) => passkey.id === id),
  }
}

function read(path: string | undefined): Held[] {
  if (path === undefined) return []
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Held[]
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

/** A root key for a new realm: made on the ring, to be written into `trust-roots.json`. */
export function makeRoot(ring: KeyRing, realm: string, person: string): Passkey {
  const { id, key } = ring.create(person, encodeBase64url(new Uint8Array(32)), encodeBase64url(userHandle(realm, person)))
  return { person, id, key, thumbprint: thumbprint(key), device_bound: true }
}
