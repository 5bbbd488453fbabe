// `trust-roots.json`: what this deployment trusts before it reads anything (realm, origin, rpID, root keys, log key). Written once, at bootstrap
// on the issuer's host, and never over an existing file, whatever the database says; read by issuer, doctor and whoever verifies offline. It
// holds no secret, so everybody may read it. Bad files stop the start with path and mend.

import { createPublicKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { digestOf, thumbprint } from '../crypto.ts'
import { canonicalBytes } from '../domain/canonical.ts'
import { type TrustRoots, trustRoots } from '../domain/directory.ts'
import type { Digest } from '../domain/ids.ts'
import { read } from '../domain/shape.ts'
import { createOnce } from './durable-file.ts'

const MEND = 'restore it from your copy of what `countersign bootstrap` wrote'

/** The digest that change 1 of the passkey directory names as `previous`. */
export const rootsDigest = (roots: TrustRoots): Digest => digestOf('roots', canonicalBytes(roots))

/** Writes the roots, readable by all; throws when the file exists. */
export async function writeTrustRoots(path: string, roots: TrustRoots): Promise<void> {
  mustHold(path, roots)
  if (!(await createOnce(path, `${JSON.stringify(roots, null, 2)}\n`, 0o644)))
    throw new Error(
      `${path} exists: the roots of a deployment are written once. Move the file away only to start over with a new realm.`,
    )
}

/** Reads the roots and checks them in themselves; throws an Error that names file and place. */
export async function readTrustRoots(path: string): Promise<TrustRoots> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new Error(`${path}: cannot be read; \`countersign bootstrap\` writes it on the issuer's host`)
  })
  return mustHold(path, parse(path, text))
}

/** What the running issuer is, to be compared with what the roots pin. */
export type Deployment = Pick<TrustRoots, 'realm' | 'issuer' | 'rp_id' | 'log_key'>

/** Every difference between the roots and the running issuer, as sentences. Any one stops the start. */
export function rootsMisfits(roots: TrustRoots, deployment: Deployment): readonly string[] {
  const pinned: readonly (readonly [string, string, string])[] = [
    ['realm', roots.realm, deployment.realm],
    ['issuer', roots.issuer, deployment.issuer],
    ['rp_id', roots.rp_id, deployment.rp_id],
    ['log_key', roots.log_key.x, deployment.log_key.x],
  ]
  return pinned
    .filter(([, root, own]) => root !== own)
    .map(([name, root, own]) => `trust-roots.json pins ${name} ${root}, but this issuer has ${own}`)
}

function mustHold(path: string, value: unknown): TrustRoots {
  const found = read(trustRoots, value)
  if (!found.ok) throw new Error(`${path}: ${found.path} ${found.problem}; ${MEND}`)
  const roots = found.value
  const host = new URL(roots.issuer).hostname
  // A parent domain as rpID would let every sibling host collect assertions for us.
  if (roots.rp_id !== host) throw new Error(`${path}: /rp_id is not the host of /issuer (${host}); ${MEND}`)
  for (const [index, { key, thumbprint: named }] of roots.roots.entries()) {
    if (thumbprint(key) !== named)
      throw new Error(`${path}: /roots/${index}/thumbprint is not the thumbprint of its key; ${MEND}`)
    if (!isKey(key)) throw new Error(`${path}: /roots/${index}/key is not a usable public key; ${MEND}`)
  }
  for (const member of ['id', 'thumbprint'] as const) {
    if (new Set(roots.roots.map((root) => root[member])).size < roots.roots.length)
      throw new Error(`${path}: /roots names one passkey twice (${member}); ${MEND}`)
  }
  return roots
}

function isKey(key: object): boolean {
  try {
    return createPublicKey({ key: { ...key }, format: 'jwk' }).type === 'public'
  } catch {
    return false
  }
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`${path}: is not JSON; ${MEND}`)
  }
}
