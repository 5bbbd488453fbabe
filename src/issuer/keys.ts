// The issuer's own keys behind one `sign(alg, kid, bytes)`, so that a key service can take the place of files without anybody noticing. Keys are
// made into a folder that only the issuer's user may enter; private halves leave this file only as signatures. Access tokens, ID tokens, log
// and nonces each have their own key (DESIGN section 4); all problems of a folder are told at once, each naming its file and the mend.

import { sign as signBytes } from 'node:crypto'
import { access, chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Sign, TokenAlgorithm } from '../credentials/jws.ts'
import { ed25519Key } from '../domain/keys.ts'
import { read, type Shaped } from '../domain/shape.ts'
import { StartRefused } from '../run.ts'
import { createKeyFile, openTo, PURPOSES, type PublicJwk, type Purpose, readKeyFile, type SigningKey } from './key-file.ts'

export type LogKey = Shaped<typeof ed25519Key>
export type IssuerKeys = {
  readonly realm: string
  readonly sign: Sign
  readonly accessTokenKid: Readonly<Record<TokenAlgorithm, string>>
  readonly idTokenKid: string
  readonly logKid: string
  /** Public halves for `/jwks.json` and `/oidc/jwks.json`: never mixed. */
  readonly accessTokenKeys: readonly PublicJwk[]
  readonly idTokenKeys: readonly PublicJwk[]
  /** The log's public key as `trust-roots.json` pins it. */
  readonly logKey: LogKey
  readonly nonceKey: Uint8Array
}

const signAsync = promisify(signBytes)
const NAMES = Object.keys(PURPOSES) as Purpose[]
const fileOf = (dir: string, purpose: Purpose): string => join(dir, `${purpose.replaceAll('_', '-')}.json`)

/** Loads the keys of a realm from `dir`. With `create`, keys that are missing are made first; without, a missing key is a problem. */
export async function loadOrCreateKeys(options: {
  readonly dir: string
  readonly realm: string
  readonly create: boolean
}): Promise<IssuerKeys> {
  const { dir, realm, create } = options
  if (create) {
    const made = await mkdir(dir, { recursive: true, mode: 0o700 })
    if (made) await chmod(dir, 0o700)
    await Promise.all(
      NAMES.map(async (purpose) => (await isThere(fileOf(dir, purpose))) || createKeyFile(fileOf(dir, purpose), realm, purpose)),
    )
  }
  const openFolder = realm.startsWith('prod:') ? await openTo(dir) : undefined
  const read = await Promise.all(
    NAMES.map(async (purpose) => [purpose, await readKeyFile(fileOf(dir, purpose), realm, purpose)] as const),
  )
  const problems = [openFolder, ...read.map(([, loaded]) => ('problem' in loaded ? loaded.problem : undefined))]
  const told = problems.filter((problem) => problem !== undefined)
  if (told.length > 0) throw new StartRefused(told)
  const signing = new Map<Purpose, SigningKey>()
  let nonceKey = new Uint8Array()
  for (const [purpose, loaded] of read) {
    if ('problem' in loaded) continue
    if (loaded.kind === 'mac') nonceKey = Uint8Array.from(loaded.bytes)
    else signing.set(purpose, loaded.key)
  }
  return assemble(realm, (purpose) => signing.get(purpose) ?? lost(purpose), nonceKey)
}

function assemble(realm: string, keyOf: (purpose: Purpose) => SigningKey, nonceKey: Uint8Array): IssuerKeys {
  const rs256 = keyOf('access_token_rs256')
  const es256 = keyOf('access_token_es256')
  const idToken = keyOf('id_token')
  const log = keyOf('log')
  const byKid = new Map([rs256, es256, idToken, log].map((key) => [key.kid, key]))
  return {
    realm,
    sign: async (alg, kid, bytes) => {
      const key = byKid.get(kid)
      if (key?.alg !== alg) throw new TypeError(`no key ${kid} for ${alg}`)
      const signed = await signAsync(alg === 'Ed25519' ? null : 'sha256', bytes, { key: key.private, dsaEncoding: 'ieee-p1363' })
      return Uint8Array.from(signed)
    },
    accessTokenKid: { RS256: rs256.kid, ES256: es256.kid },
    idTokenKid: idToken.kid,
    logKid: log.kid,
    accessTokenKeys: [rs256.public, es256.public],
    idTokenKeys: [idToken.public],
    logKey: logKey(log.public),
    nonceKey,
  }
}

function logKey({ kty, crv, x }: PublicJwk): LogKey {
  const found = read(ed25519Key, { kty, crv, x })
  if (!found.ok) throw new TypeError(`the log's key at ${found.path} ${found.problem}`)
  return found.value
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

const lost = (purpose: Purpose): never => {
  throw new TypeError(`the key for ${purpose} was not loaded`)
}
