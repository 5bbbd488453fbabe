// What `countersign doctor` prints: a line for each part, sentences for what is wrong, and at the end how much of it; or the same as one JSON object.

import type { Finding } from '../findings.ts'
import { withoutSecrets } from '../logger.ts'

type Examined = { readonly process: string; readonly findings: readonly Finding[] }
export type PrintOptions = { readonly json: boolean; readonly colour: boolean }

/** What `--json` writes. Members may be added; none changes its meaning while `v` is 1. */
export type DoctorReport = {
  readonly v: 1
  readonly ok: boolean
  readonly parts: readonly {
    readonly process: string
    readonly part: string
    readonly ok: boolean
    /** What is well, or the sentences of what is wrong, each with its mend. */
    readonly words: readonly string[]
  }[]
}

/** The report, and whether all is well. */
export function printFindings(
  examined: readonly Examined[],
  { json, colour }: PrintOptions,
): { readonly ok: boolean; readonly text: string } {
  const parts = examined.flatMap(({ process, findings }) =>
    findings.map(({ part, well, problems }) => {
      const ok = problems.length === 0
      return { process, part, ok, words: (ok ? [well ?? ''] : problems).map(withoutSecrets) }
    }),
  )
  const wrong = parts.filter(({ ok }) => !ok).flatMap(({ words }) => words).length
  const report: DoctorReport = { v: 1, ok: wrong === 0, parts }
  if (json) return { ok: report.ok, text: `${JSON.stringify(report, null, 2)}\n` }
  const width = Math.max(...parts.map(({ part }) => part.length))
  const mark = (ok: boolean) => (colour ? `\u001b[${ok ? 32 : 31}m${ok ? 'well ' : 'WRONG'}\u001b[0m` : ok ? 'well ' : 'WRONG')
  const lines = Object.entries(Object.groupBy(parts, ({ process }) => process)).map(([process, own = []]) => {
    const told = own.flatMap(({ part, ok, words }) =>
      words.map((each) => `  ${mark(ok)}  ${part.padEnd(width)}  ${each.replaceAll('\n', '\n  ')}`),
    )
    return `${process}\n${told.join('\n')}\n`
  })
  const end = wrong === 0 ? 'All is well.' : wrong === 1 ? 'One thing is wrong.' : `${wrong} things are wrong.`
  return { ok: report.ok, text: `${lines.join('\n')}\n${end}\n` }
}
