// `attestation.yaml`: which models of security keys count as hardware, with the certificates of their makers. `countersign attestation import` writes it out of
// FIDO's metadata; entries by hand stand beside. It may be missing: then no key counts as hardware, and no tier may ask for that.

import { z } from 'zod'
import { readPem } from '../certificates/certificate.ts'
import type { RuleSet } from '../domain/action.ts'
import { AAGUID, type AttestationList, NO_AAGUID } from '../domain/attestation.ts'
import { findUnseen } from '../domain/visible.ts'
import { readPieces } from './explain.ts'
import type { Problem } from './problem.ts'
import { ATTESTATION_FILE } from './read-folder.ts'
import type { Yaml } from './yaml.ts'

const date = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, 'must be a day like 2026-12-01')

export const attestationFile = z.strictObject({
  metadata: z
    .strictObject({
      number: z.int('must be a whole number').min(1, 'must be at least 1'),
      next_update: date.describe('By this day FIDO publishes newer metadata.'),
      sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits, as sha256sum prints them'),
    })
    .optional()
    .describe('Which file of FIDO’s metadata the models of `source: fido` came out of.'),
  models: z
    .array(
      z.strictObject({
        aaguid: z.string().regex(AAGUID, 'must be an AAGUID in small letters, like ee882879-721c-4913-9775-3dfcce97072a'),
        name: z
          .string()
          .min(1, 'must not be empty')
          .max(200, 'must be at most 200 characters long')
          .refine((text) => findUnseen(text) === undefined, 'must be one line of characters that show')
          .describe('What people are told that they need.'),
        source: z.enum(['fido', 'own']).optional().describe('Who says so: FIDO’s metadata, or you. `own` if not given.'),
        roots: z
          .array(z.string())
          .min(1, 'must list a certificate')
          .max(20, 'must list at most 20 certificates')
          .describe('Certificates in PEM, one to an entry, to which the chains of these keys must lead.'),
        reports: z
          .array(
            z.strictObject({
              status: z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/, 'must be a status of FIDO’s metadata, like REVOKED'),
              date: date.optional(),
            }),
          )
          .max(100, 'must list at most 100 reports')
          .optional()
          .describe('What was reported of the model. Some statuses forbid it: docs/attestation.md lists them.'),
      }),
    )
    .max(200, 'must list at most 200 models'),
})

/** The list, with every mistake in it. */
export function checkAttestation(yaml: Yaml): { list: AttestationList | undefined; problems: Problem[] } {
  const { value, pieces, problems } = readPieces(attestationFile, yaml, yaml.value)
  const models = pieces.models ?? []
  problems.push(
    ...models.flatMap(({ aaguid, source, roots }, index) => {
      const at = ['models', index] as const
      const found: Problem[] = []
      if (aaguid === NO_AAGUID)
        found.push(yaml.at([...at, 'aaguid'], 'the AAGUID of zeros names no model', 'write the AAGUID of the model'))
      if (models.findIndex((each) => each.aaguid === aaguid) < index)
        found.push(yaml.at([...at, 'aaguid'], `\`${aaguid}\` stands twice in \`models\``, 'keep one of the two'))
      if (source === 'fido' && !yaml.has(['metadata']))
        found.push(yaml.at([...at, 'source'], '`fido` without `metadata`', 'import it again, or write `source: own`'))
      for (const [number, root] of roots.entries())
        if (readPem(root)?.length !== 1) found.push(yaml.at([...at, 'roots', number], 'is not one certificate in PEM', MEND_ROOT))
      return found
    }),
  )
  if (!value || problems.length > 0) return { list: undefined, problems }
  const { metadata } = value
  const read = models.map(({ source = 'own', reports = [], ...model }) => ({ ...model, source, reports }))
  return { list: { ...(metadata && { metadata }), models: read }, problems }
}

/** A tier that wants hardware while none is listed: nobody of it could ever enrol a key. */
export function checkReachable({ keys }: Pick<RuleSet, 'keys'>, { models }: AttestationList, yaml: Yaml): Problem[] {
  if (models.length > 0) return []
  return Object.entries(keys.accept)
    .filter(([, accept]) => accept === 'hardware')
    .map(([tier]) =>
      yaml.at(
        ['keys', 'accept', tier],
        `\`${tier}\` need hardware, and no model of it is listed`,
        `list models in ${ATTESTATION_FILE}: countersign help attestation`,
      ),
    )
}

const MEND_ROOT = 'write it as a block: `- |`, then the lines from BEGIN to END CERTIFICATE, indented'
