// What was looked at before a process serves, part by part: well, or what is wrong, each sentence with its mend. A start and `countersign doctor` look by
// the same functions; a start refuses whatever is wrong, all of it at once, and the doctor goes on looking at what a start can do without.

import { EXIT, failureOf, StartRefused } from './run.ts'

export type Finding = {
  readonly part: string
  /** What is well, for the doctor; undefined when something is wrong. */
  readonly well?: string
  readonly problems: readonly string[]
  /** Another start may find it well though nobody mended anything. */
  readonly passes?: boolean
}

/** A part that is well. */
export const well = (part: string, words: string): Finding => ({ part, well: words, problems: [] })

/** A part with what is wrong there; well when nothing is. */
export const judged = (part: string, problems: readonly string[], words: string): Finding =>
  problems.length === 0 ? well(part, words) : { part, problems }

/** What `work` gives, and the finding of whether it could; its errors become sentences after the variable that they are about. */
export async function tried<T>(
  part: string,
  variable: string,
  work: () => Promise<T>,
  words: (value: T) => string = () => '',
): Promise<{ readonly value: T | undefined; readonly finding: Finding }> {
  try {
    const value = await work()
    return { value, finding: well(part, words(value)) }
  } catch (error) {
    if (error instanceof TypeError) throw error
    const { problems, code } = failureOf(error)
    const told = problems.map((problem) => `${variable}: ${problem}`)
    return { value: undefined, finding: { part, problems: told, passes: code === EXIT.unavailable } }
  }
}

/** Stops a start with everything that is wrong. */
export function refuseWhatIsWrong(findings: readonly Finding[]): void {
  const wrong = findings.filter(({ problems }) => problems.length > 0)
  if (wrong.length === 0) return
  const code = wrong.every(({ passes }) => passes === true) ? EXIT.unavailable : EXIT.config
  throw new StartRefused(
    wrong.flatMap(({ problems }) => problems),
    code,
  )
}
