// `countersign runbooks check [folder]`: the same loading as at the issuer's start, before anybody deploys it. Exit code 0 when the folder can
// be published, 1 when not; `--json` gives the problems to an editor or a pipeline.

import type { Kinds } from '../runbooks/kinds.ts'
import { loadRuleSet } from '../runbooks/load.ts'
import { printProblems } from '../runbooks/print-problems.ts'
import type { Problem } from '../runbooks/problem.ts'

export type CheckOptions = { readonly json: boolean; readonly kinds: Kinds }
/** Where the report goes, and whether it may be coloured. */
export type CheckOutput = { readonly write: (text: string) => unknown; readonly colour?: boolean }

/**
 * What `--json` writes, one object. Members may be added; none changes its meaning while `v` is 1. `files` are all that were looked at, sorted;
 * `problems` stand in reading order, with lines and columns from 1, a column counting UTF-16 units, and `quote` the line as written.
 */
export type CheckReport = {
  readonly v: 1
  /** Whether the folder can be published. */
  readonly ok: boolean
  readonly files: readonly string[]
  readonly problems: readonly Problem[]
}

/** Checks a folder and writes the report; gives the exit code. */
export async function runbooksCheck(dir: string, { json, kinds }: CheckOptions, out: CheckOutput): Promise<0 | 1> {
  const loaded = await loadRuleSet(dir, kinds)
  const problems = loaded.ok ? [] : loaded.problems
  if (json) {
    // Escaped to ASCII: the text of a hostile file must not act on whoever reads the report.
    const report: CheckReport = { v: 1, ok: loaded.ok, files: loaded.files, problems }
    out.write(`${ascii(JSON.stringify(report, null, 2))}\n`)
    return loaded.ok ? 0 : 1
  }
  out.write(`${printProblems(loaded.files, problems, out.colour ?? false).trimEnd()}\n\n`)
  if (loaded.ok) {
    const { offers, people, targets } = loaded.ruleSet
    out.write(
      `${counted(offers.length, 'action')}, ${counted(targets.length, 'target')} and ${counted(people.length, 'person', 'people')} can be published.\n`,
    )
    return 0
  }
  const wrong = new Set(problems.map(({ file }) => file)).size
  out.write(`${counted(problems.length, 'problem')} in ${counted(wrong, 'file')}; nothing would be published.\n`)
  return 1
}

const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`

const ascii = (json: string): string =>
  json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
