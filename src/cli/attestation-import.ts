// `countersign attestation import`: takes what FIDO's metadata says of a few models into attestation.yaml, where people review it like any other rule. It runs
// anywhere, without configuration and without network. What stands there by hand stays; what it would write must be what the issuer would read.

import { createHash } from 'node:crypto'
import { readFile, rename, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { stringify } from 'yaml'
import { readPem } from '../certificates/certificate.ts'
import { AAGUID, type AttestationList, type AttestationModel, compromiseOf, isOverdue, NO_MODELS } from '../domain/attestation.ts'
import { metadataRoots } from '../passkeys/ceremony.ts'
import { type Metadata, modelFrom, readMetadata } from '../passkeys/metadata.ts'
import { EXIT, StartRefused } from '../run.ts'
import { checkAttestation } from '../runbooks/attestation-file.ts'
import { printProblems } from '../runbooks/print-problems.ts'
import { ATTESTATION_FILE } from '../runbooks/read-folder.ts'
import { openSource } from '../runbooks/source.ts'
import { readYaml } from '../runbooks/yaml.ts'
import { readArguments } from './arguments.ts'

const MAX_BLOB_BYTES = 64 * 1024 * 1024
const MAX_LIST_BYTES = 1_048_576
const HEADER = `# Which models of security keys count as hardware, and the certificates of their makers. Entries of \`source: fido\` are renewed by
# \`countersign attestation import\`; add others by hand with \`source: own\`. docs/attestation.md says how both are read.
`
const OPTIONS = {
  aaguid: { type: 'string', multiple: true },
  root: { type: 'string', multiple: true },
  out: { type: 'string' },
} as const

/** Imports, and says what came of it; StartRefused with every problem otherwise. */
export async function attestationImport(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  out: { readonly write: (text: string) => unknown },
  now: Date,
): Promise<void> {
  const { values, positionals } = readArguments('attestation', args, OPTIONS, 2)
  const [verb, blobFile] = positionals
  if (verb !== 'import' || blobFile === undefined)
    throw new StartRefused(['say `countersign attestation import BLOB.jwt --aaguid UUID …`'], EXIT.usage)
  const asked = (values.aaguid ?? []).map((text) => text.toLowerCase())
  refuseIf(asked.filter((text) => !AAGUID.test(text)).map((text) => `--aaguid ${text.slice(0, 60)}: this is no AAGUID`))
  const listFile = values.out ?? join(env['RUNBOOKS_DIR'] ?? 'runbooks', ATTESTATION_FILE)
  const roots = (await Promise.all((values.root ?? []).map((file) => readText(file, MAX_LIST_BYTES)))).map(({ text }) => text)
  const pinned = (roots.length > 0 ? roots : metadataRoots()).map((pem) => readPem(pem))
  const certificates = pinned.flatMap((each) => each ?? [])
  refuseIf(pinned.includes(undefined) ? ['--root: not every file is a certificate in PEM'] : [])
  const { bytes, text: blob } = await readText(blobFile, MAX_BLOB_BYTES)
  const before = await readList(listFile)
  const read = await readMetadata(blob.trim(), certificates, now)
  if (!read.ok) throw new StartRefused([`${blobFile}: it ${read.problem}`])
  const next = merge(before, read.value, asked, createHash('sha256').update(bytes).digest('hex'))
  await writeList(listFile, next)
  out.write(report(listFile, next, now))
}

/** The list renewed out of the metadata: what was imported before, and what is asked for now. */
function merge(before: AttestationList, metadata: Metadata, asked: readonly string[], sha256: string): AttestationList {
  const own = before.models.filter(({ source }) => source === 'own')
  const imported = before.models.filter(({ source }) => source === 'fido').map(({ aaguid }) => aaguid)
  const wanted = [...new Set([...imported, ...asked])]
  const read = wanted.map((aaguid) => ({ aaguid, model: modelFrom(metadata, aaguid) }))
  const have = before.metadata?.number ?? 0
  refuseIf([
    ...(wanted.length === 0 ? ['name the models that you accept: --aaguid UUID, once for each'] : []),
    ...(metadata.number < have
      ? [`the metadata is number ${metadata.number}, older than number ${have} that is imported: take the newest`]
      : []),
    ...own
      .filter(({ aaguid }) => asked.includes(aaguid))
      .map(({ aaguid }) => `${aaguid}: it stands there by hand; remove that entry first`),
    ...read.flatMap(({ aaguid, model }) => (model.ok ? [] : [`${aaguid}: it ${model.problem}`])),
  ])
  const models = read.flatMap(({ model }): AttestationModel[] => (model.ok ? [model.value] : []))
  return { metadata: { number: metadata.number, next_update: metadata.nextUpdate, sha256 }, models: [...models, ...own] }
}

async function readList(file: string): Promise<AttestationList> {
  const there = await stat(file).catch(() => undefined)
  return there ? parseList(file, (await readText(file, MAX_LIST_BYTES)).bytes) : NO_MODELS
}

/** A list by the very reading of the issuer. */
function parseList(file: string, bytes: Uint8Array): AttestationList {
  const { source, problems } = openSource(basename(file), bytes, MAX_LIST_BYTES)
  const { yaml, problems: inYaml } = source ? readYaml(source, 0, source.text.length) : { problems: [] }
  const { list, problems: inList } = yaml ? checkAttestation(yaml) : { problems: [] }
  const all = [...problems, ...inYaml, ...inList]
  if (!list || all.length > 0) throw new StartRefused([`${file} has mistakes:\n${printProblems([basename(file)], all, false)}`])
  return list
}

async function writeList(file: string, list: AttestationList): Promise<void> {
  const bytes = Buffer.from(`${HEADER}${stringify(list, { lineWidth: 0, aliasDuplicateObjects: false })}`)
  parseList(file, bytes)
  // Whoever reads it meanwhile reads the old one or the new one.
  await writeFile(`${file}.new`, bytes)
  await rename(`${file}.new`, file)
}

function report(file: string, list: AttestationList, now: Date): string {
  const { metadata, models } = list
  const lines = models.map((model) => {
    const forbidden = compromiseOf(model)
    return `  ${model.aaguid}  ${model.name}${forbidden ? ` (NOT accepted: ${forbidden.status})` : ''}`
  })
  const late = isOverdue(list, now) ? `The metadata was to be renewed by ${metadata?.next_update}: take a newer file.\n` : ''
  return `wrote ${file}\n${lines.join('\n')}\n${late}Review it, then have the issuer read its runbooks again (SIGHUP).\n`
}

async function readText(file: string, most: number): Promise<{ readonly bytes: Buffer; readonly text: string }> {
  try {
    const { size } = await stat(file)
    if (size > most) throw new StartRefused([`${file} is larger than ${most} bytes`])
    const bytes = await readFile(file)
    return { bytes, text: bytes.toString('utf8') }
  } catch (error) {
    if (error instanceof StartRefused) throw error
    throw new StartRefused([`${file} cannot be read`])
  }
}

function refuseIf(problems: readonly string[]): void {
  if (problems.length > 0) throw new StartRefused(problems)
}
