// Fetches a credential and gives it back: messages signed by this browser's key for the request. A repeated claim of the same number brings the same
// ciphertext, which only this browser opens.

import { encodeBase64url } from '../../domain/base64url.ts'
import { canonicalBytes } from '../../domain/canonical.ts'
import { type Claim, type GiveBack, type Material, material } from '../../domain/claim.ts'
import { read } from '../../domain/shape.ts'
import { tagged } from '../../domain/tags.ts'
import { begin } from './ceremony.ts'
import type { Place } from './place.ts'
import { post } from './post.ts'
import { Stopped } from './say.ts'
import { unseal } from './unseal.ts'

/** Claims credential `number` of an intent and opens it. */
export async function claim(intent: string, kind: string, number: number, place: Place): Promise<string> {
  const { realm, nonce } = await begin('claim')
  const message: Claim = {
    v: 1,
    realm,
    intent,
    holder: place.signThumbprint,
    encrypt: place.encryptThumbprint,
    nonce,
    number,
    material: materialFor(kind),
  }
  const bytes = canonicalBytes(message)
  const { ciphertext } = await post<{ ciphertext: string }>('/v1/claims', {
    claim: encodeBase64url(bytes),
    signature: await signed(place, tagged('claim', bytes)),
  })
  return unseal(ciphertext, place.keys.encrypt.privateKey)
}

/** "I'm done". */
export async function giveBack(intent: string, place: Place): Promise<void> {
  const { realm, nonce } = await begin('claim')
  const message: GiveBack = { v: 1, realm, intent, holder: place.signThumbprint, nonce, decision: 'return' }
  const bytes = canonicalBytes(message)
  await post('/v1/revocations', { giveBack: encodeBase64url(bytes), signature: await signed(place, tagged('giveBack', bytes)) })
}

const signed = async (place: Place, bytes: Uint8Array<ArrayBuffer>): Promise<string> =>
  encodeBase64url(new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, place.keys.sign.privateKey, bytes)))

/** What a kind needs from the holder. Kinds whose secret half is made at the place cannot be fetched by a browser. */
function materialFor(kind: string): Material {
  const found = read(material, { kind })
  if (found.ok) return found.value
  throw new Stopped('other_place', 'This kind of credential is fetched in a terminal. Confirm once more and name the terminal.')
}
