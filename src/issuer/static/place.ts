// This browser as the place where a credential is needed: a signing key and an encryption key for each request, made here, kept in IndexedDB, their
// private halves not to be read by anybody. Whoever wants the credential must sign with the one and open with the other, so it cannot be had
// anywhere else (DESIGN section 3).

import { encodeBase64url } from '../../domain/base64url.ts'
import { type P256Key, thumbprintBytes } from '../../domain/keys.ts'
import { sha256 } from './ceremony.ts'

const DATABASE = 'countersign'
const STORE = 'places'
/** Longer than any request with its lease can last. */
const KEPT_MS = 8 * 86_400_000

type Kept = { readonly sign: CryptoKeyPair; readonly encrypt: CryptoKeyPair; readonly madeAt: number }
export type Place = {
  readonly keys: Kept
  readonly holder: { readonly sign: P256Key; readonly encrypt: P256Key }
  /** Thumbprints by which claims and the page name the place. */
  readonly signThumbprint: string
  readonly encryptThumbprint: string
}

/** The keys of this browser for a request, if it made any. */
export async function findPlace(intent: string): Promise<Place | undefined> {
  const database = await open()
  const kept = await done<Kept | undefined>(database.transaction(STORE).objectStore(STORE).get(intent))
  return kept && describe(kept)
}

/** The keys of this browser for a request, made now if there are none. */
export async function makePlace(intent: string): Promise<Place> {
  const found = await findPlace(intent)
  if (found) return found
  const [sign, encrypt] = await Promise.all([
    crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']),
    crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits']),
  ])
  const kept: Kept = { sign, encrypt, madeAt: Date.now() }
  const store = (await open()).transaction(STORE, 'readwrite').objectStore(STORE)
  forgetOld(store)
  await done(store.put(kept, intent))
  return describe(kept)
}

function forgetOld(store: IDBObjectStore): void {
  const walk = store.openCursor()
  walk.onsuccess = () => {
    const cursor = walk.result
    if (!cursor) return
    if ((cursor.value as Kept).madeAt < Date.now() - KEPT_MS) cursor.delete()
    cursor.continue()
  }
}

async function describe(keys: Kept): Promise<Place> {
  const [sign, encrypt] = await Promise.all([publicKey(keys.sign), publicKey(keys.encrypt)])
  return { keys, holder: { sign, encrypt }, signThumbprint: await thumbprint(sign), encryptThumbprint: await thumbprint(encrypt) }
}

async function publicKey(pair: CryptoKeyPair): Promise<P256Key> {
  const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', pair.publicKey)
  return { kty: 'EC', crv: 'P-256', x, y }
}

const thumbprint = async (key: P256Key): Promise<string> => encodeBase64url(await sha256(thumbprintBytes(key)))

function open(): Promise<IDBDatabase> {
  const asked = indexedDB.open(DATABASE, 1)
  asked.onupgradeneeded = () => asked.result.createObjectStore(STORE)
  return done(asked)
}

const done = <T>(asked: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result)
    asked.onerror = () => reject(asked.error ?? new Error('this browser keeps nothing'))
  })
