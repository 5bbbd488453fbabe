// A mistake in a file that people write by hand: where it is, what is wrong, how to mend it. Loading collects all of them; none stops the
// search for the next. `quote` is the line as written, so that a terminal can show it: it may hold anything, also escape sequences.

/** Lines and columns count from 1; a column counts UTF-16 units, as editors do. */
export type Problem = {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly what: string
  readonly mend: string
  readonly quote: string
}

const byName = new Intl.Collator('en')

/** Problems in the order in which a person mends them: by file, then from top to bottom. */
export const inReadingOrder = (problems: readonly Problem[]): readonly Problem[] =>
  problems.toSorted((a, b) => byName.compare(a.file, b.file) || a.line - b.line || a.column - b.column)
