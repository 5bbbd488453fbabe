// The formats that authors write as JSON Schema, for editors and pipelines: made from the schemas by which the loader reads, so that the two
// cannot differ in form. They say less than the loader, never something else: names across files, templates, patterns and rules that nobody can
// satisfy are `runbooks check`'s.

import { z } from 'zod'
import { attestationFile } from './attestation-file.ts'
import type { Kinds } from './kinds.ts'
import { directory, frontMatter, targets, writtenAction } from './schema.ts'

/** The schemas by file name. What a kind of credential takes stands there as a variant of its own. */
export function jsonSchemas(kinds: Kinds): { readonly [file: string]: object } {
  const rows = [...kinds].map(([kind, { settings, grants }]) => ({ kind: z.literal(kind), settings, grants }))
  const anAction = oneOf(rows.map(({ kind, grants }) => writtenAction.extend({ kind, grants: grants.describe(aboutGrants) })))
  const aTarget = oneOf(rows.map(({ kind, settings }) => targets.valueType.extend({ kind, settings })))
  const actions = z.record(frontMatter.shape.actions.keyType, anAction).meta({ minProperties: 1 })
  return {
    'runbook.json': asJson('The front matter of a runbook', frontMatter.extend({ actions })),
    'directory.json': asJson('directory.yaml: who is who', directory),
    'attestation.json': asJson('attestation.yaml: which models of keys count as hardware', attestationFile),
    'targets.json': asJson('targets.yaml: what credentials are for', z.record(targets.keyType, aTarget)),
  }
}

const aboutGrants = writtenAction.shape.grants.description ?? ''

function oneOf(variants: readonly z.ZodObject[]): z.ZodType {
  const [first, ...others] = variants
  if (!first) throw new TypeError('a deployment without any kind of credential')
  return others.length === 0 ? first : z.union([first, ...others])
}

/** Draft 7: what editors know best. */
const asJson = (title: string, schema: z.ZodType): object => ({
  title: `${title} (Countersign)`,
  ...z.toJSONSchema(schema, { target: 'draft-7', io: 'input' }),
})
