// What tests of credential kinds start from: one sample right per row of the table, keys in a folder of their own, and a mint's input.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { credentialId, type MintInput, type OpenedRight } from '../../src/credentials/kind.ts'
import { digestOf } from '../../src/crypto.ts'
import type { Material } from '../../src/domain/claim.ts'
import { type IssuerKeys, loadOrCreateKeys } from '../../src/issuer/keys.ts'

export const REALM = 'sandbox:00000000000000000000000001'
export const INTENT = digestOf('intent', new TextEncoder().encode('an intent'))
export const NOON = Date.parse('2026-03-01T12:00:00Z') / 1000

type Sample = { readonly right: OpenedRight; readonly material: Material }
/** One sample for every kind; the contract test fails for a kind without one. */
export const samples: ReadonlyMap<string, Sample> = new Map([
  [
    'jwt',
    {
      right: {
        kind: 'jwt',
        target: 'ops-api',
        settings: { audience: 'https://ops.example', url: 'https://ops.example/api' },
        grants: {
          scope: ['services.restart'],
          resource: { service: 'payments-api' },
          use: { method: 'POST', path: ['services', 'payments-api', 'restart'] },
        },
      },
      material: { kind: 'jwt' },
    },
  ],
])

/** The sample of a kind; a fault when there is none. */
export function sampleOf(kind: string): Sample {
  const sample = samples.get(kind)
  if (!sample) throw new TypeError(`no sample of kind ${kind}`)
  return sample
}

/** What a verified claim of the sample gives to the mint. */
export const mintInput = (kind: string, changes: Partial<MintInput> = {}): MintInput => ({
  ...sampleOf(kind),
  id: credentialId(INTENT, 1),
  realm: REALM,
  issuer: 'http://localhost:3001',
  intent: INTENT,
  request: '01hzy3v7kq8m5n4p2r6s9t0wxy',
  runbook: 'payments',
  action: 'restart',
  requester: { id: 'ana', confirmedAt: NOON - 300, deviceBound: true },
  approvals: [{ person: 'bo', at: NOON - 60 }],
  issuedAt: NOON,
  endsAt: NOON + 900,
  ...changes,
})

/** Runs a step in a folder of its own, which is gone afterwards. */
export async function inFolder<T>(step: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-'))
  try {
    return await step(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Fresh keys of the sample realm. */
export const freshKeys = (): Promise<IssuerKeys> =>
  inFolder((folder) => loadOrCreateKeys({ dir: join(folder, 'keys'), realm: REALM, create: true }))
