// The runbooks folder -> the rule set to publish, or every mistake in all files at once. What this file alone holds: bytes come out only when
// no file has a mistake, and reading those bytes back by the closed shape of domain/action.ts gives the same rule set. So a wrong folder
// stops the start instead of half of it being published. DESIGN sections 1 (7) and 4.

import { type RuleSet, ruleSet as ruleSetShape } from '../domain/action.ts'
import { type AttestationList, NO_MODELS } from '../domain/attestation.ts'
import { canonicalBytes, readCanonical } from '../domain/canonical.ts'
import { read } from '../domain/shape.ts'
import { checkAttestation, checkReachable } from './attestation-file.ts'
import { checkAction, type Surroundings } from './check-action.ts'
import { checkDirectory, checkTargets } from './check-directory.ts'
import { readPieces } from './explain.ts'
import type { Kinds } from './kinds.ts'
import { inReadingOrder, type Problem } from './problem.ts'
import { ATTESTATION_FILE, DIRECTORY_FILE, readFolder, TARGETS_FILE } from './read-folder.ts'
import { frontMatter } from './schema.ts'
import { openSource, type Source } from './source.ts'
import { readYaml, type Yaml } from './yaml.ts'

const MAX_TEXT = 20_000
const NOTHING_READ = { directory: undefined, targets: undefined, problems: [] }

export type Loaded =
  | {
      readonly ok: true
      readonly ruleSet: RuleSet
      readonly bytes: Uint8Array<ArrayBuffer>
      /** Beside the rule set, not in it: who verifies later needs to know that a model was proved, not by which certificates. */
      readonly attestation: AttestationList
      readonly files: readonly string[]
    }
  | Unusable
type Unusable = { readonly ok: false; readonly problems: readonly Problem[]; readonly files: readonly string[] }

/** Loads and checks a folder of runbooks. `kinds` are the credential kinds that this deployment can issue. */
export async function loadRuleSet(dir: string, kinds: Kinds): Promise<Loaded> {
  const folder = await readFolder(dir)
  const problems = [...folder.problems]
  const sources = folder.files.flatMap(({ file, bytes, maxBytes }) => {
    const opened = openSource(file, bytes, maxBytes)
    problems.push(...opened.problems)
    return opened.source ? [opened.source] : []
  })
  const found = (name: string) => sources.find(({ file }) => file === name)
  const directoryYaml = readWhole(found(DIRECTORY_FILE), problems)
  const targetsYaml = readWhole(found(TARGETS_FILE), problems)
  const { directory, problems: inDirectory } = directoryYaml ? checkDirectory(directoryYaml) : NOTHING_READ
  const { targets, problems: inTargets } = targetsYaml ? checkTargets(targetsYaml, kinds) : NOTHING_READ
  const attestation = readAttestation(found(ATTESTATION_FILE), problems)
  problems.push(...inDirectory, ...inTargets)
  if (directory && directoryYaml && attestation) problems.push(...checkReachable(directory, attestation, directoryYaml))
  const around = { directory, targets, kinds }
  const offers = sources
    .filter(({ file }) => file.endsWith('.md'))
    .flatMap((source) => readRunbook(source, around, problems))
    .toSorted((a, b) => (fullName(a) < fullName(b) ? -1 : 1))
  const files = [...new Set([...folder.files.map(({ file }) => file), ...problems.map(({ file }) => file)])].toSorted()
  if (problems.length > 0 || !directory || !targets || !attestation)
    return { ok: false, problems: inReadingOrder(problems), files }
  const published = publishable({ v: 1, offers, targets, ...directory, gained: [] })
  return published.ok ? { ...published, attestation, files } : { ...published, files }
}

/** A file that is YAML from end to end. */
function readWhole(source: Source | undefined, problems: Problem[]): Yaml | undefined {
  const { yaml, problems: found } = source ? readYaml(source, 0, source.text.length) : { problems: [] }
  problems.push(...found)
  return yaml
}

/** The list of models; none where there is no such file, undefined where it has mistakes. */
function readAttestation(source: Source | undefined, problems: Problem[]): AttestationList | undefined {
  if (!source) return NO_MODELS
  const yaml = readWhole(source, problems)
  const checked = yaml && checkAttestation(yaml)
  problems.push(...(checked?.problems ?? []))
  return checked?.list
}

function readRunbook(source: Source, around: Surroundings, problems: Problem[]): RuleSet['offers'][number][] {
  const runbook = source.file.slice(0, -'.md'.length)
  const end = source.text.startsWith('---\n') ? source.text.indexOf('\n---\n', 3) : -1
  if (end === -1) {
    const what = source.text.startsWith('---\n') ? 'has front matter without an end' : 'does not begin with front matter'
    problems.push(source.at(0, what, 'begin with a line `---`, the YAML, and another line `---`'))
    return []
  }
  const bodyStart = end + '\n---\n'.length
  const text = source.text.slice(bodyStart).trim()
  if (text === '') problems.push(source.at(end + 1, 'has no text', 'write below the second `---` what a responder must know'))
  if (text.length > MAX_TEXT)
    problems.push(
      source.at(bodyStart, `has ${text.length} characters of text, more than ${MAX_TEXT}`, 'shorten it, or split the runbook'),
    )
  const { yaml, problems: found } = readYaml(source, '---\n'.length, end + 1)
  problems.push(...found)
  if (!yaml) return []
  const { pieces, problems: inForm } = readPieces(frontMatter, yaml, yaml.value)
  problems.push(...inForm)
  return Object.entries(pieces.actions ?? {}).flatMap(([name, written]) => {
    const checked = checkAction(yaml, { runbook, name, text }, written, around)
    problems.push(...checked.problems)
    return checked.action && pieces.channel ? [{ action: checked.action, channel: pieces.channel }] : []
  })
}

const fullName = ({ action }: RuleSet['offers'][number]): string => `${action.runbook}.${action.name}`

/** The bytes that are published; they must read back as the closed shape that everybody else reads. */
function publishable(
  ruleSet: RuleSet,
): { ok: true; ruleSet: RuleSet; bytes: Uint8Array<ArrayBuffer> } | { ok: false; problems: readonly Problem[] } {
  const bytes = canonicalBytes(ruleSet)
  const back = read(ruleSetShape, readCanonical(bytes))
  if (back.ok) return { ok: true, ruleSet: back.value, bytes }
  // What the files' own schemas let pass: the sizes of a whole deployment.
  const [, part, index] = back.path.split('/')
  const runbook = part === 'offers' ? ruleSet.offers[Number(index)]?.action.runbook : undefined
  const file = runbook ? `${runbook}.md` : part === 'targets' ? TARGETS_FILE : DIRECTORY_FILE
  const what = `cannot be published: ${back.path} ${back.problem}`
  return { ok: false, problems: [{ file, line: 1, column: 1, what, mend: 'make it smaller', quote: '' }] }
}
