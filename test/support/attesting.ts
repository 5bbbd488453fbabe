// A maker of security keys in tests: a root, an authority below it, and batches of keys whose certificates say the model. Its keys are the software
// authenticator's, attested for as a real maker's are; each part can be bent.

import { createSign } from 'node:crypto'
import type { AttestationModel } from '../../src/domain/attestation.ts'
import type { CborValue, Twist } from '../../src/sandbox/authenticator.ts'
import { certificate, type Made, newKeys, type Wanted } from './certificates.ts'

export const MODEL = '0123abcd-4567-89ab-cdef-0123456789ab'
export const bytesOfAaguid = (aaguid: string): Buffer => Buffer.from(aaguid.replaceAll('-', ''), 'hex')

export type Maker = { readonly root: Made; readonly authority: Made; readonly leaf: Made }

const BATCH = { C: 'SE', O: 'Example Keys', OU: 'Authenticator Attestation', CN: 'Example batch 7' }

/** A maker; what is given bends its certificates. */
export function newMaker(over: { root?: Partial<Wanted>; authority?: Partial<Wanted>; leaf?: Partial<Wanted> } = {}): Maker {
  const root = certificate({ subject: { O: 'Example Keys', CN: 'Root' }, keys: newKeys(), authority: true, ...over.root })
  const authority = certificate({
    subject: { O: 'Example Keys', CN: 'Batches' },
    keys: newKeys(),
    issuer: root,
    authority: true,
    ...over.authority,
  })
  return { root, authority, leaf: newLeaf(authority, over.leaf) }
}

/** The certificate of a batch of keys. */
export const newLeaf = (issuer: Made, over: Partial<Wanted> = {}): Made =>
  certificate({ subject: BATCH, keys: newKeys(), issuer, authority: false, aaguid: bytesOfAaguid(MODEL), ...over })

/** The model as it stands in attestation.yaml. */
export const modelOf = (maker: Pick<Maker, 'root'>, over: Partial<AttestationModel> = {}): AttestationModel => ({
  aaguid: MODEL,
  name: 'Example Key 5',
  source: 'own',
  roots: [maker.root.pem],
  reports: [],
  ...over,
})

export type Bent = {
  readonly chain?: readonly Made[]
  readonly alg?: number
  readonly fmt?: string
  /** Signs these bytes in place of what there is to sign. */
  readonly over?: Uint8Array
  readonly more?: readonly (readonly [string, CborValue])[]
}

/** The twist by which a key of this maker registers. */
export function attestedBy(
  { leaf, authority }: Maker,
  { chain = [leaf, authority], alg = -7, fmt = 'packed', over, more = [] }: Bent = {},
): Twist {
  const signature = (signed: Uint8Array): Buffer =>
    createSign('sha256')
      .update(over ?? signed)
      .sign((chain[0] ?? leaf).keys.privateKey)
  return {
    aaguid: bytesOfAaguid(MODEL),
    attest: (signed) => ({
      fmt,
      statement: new Map<string, CborValue>([
        ['alg', alg],
        ['sig', signature(signed)],
        ['x5c', chain.map(({ der }) => der)],
        ...more,
      ]),
    }),
  }
}
