// Problems for a terminal: each file, then each problem with its line quoted and a caret under the place. Files may hold anything, so whatever
// does not show is spelt out: a runbook must not be able to move the cursor or turn the text of the one who checks it.

import { spelt } from '../domain/visible.ts'
import type { Problem } from './problem.ts'

const MAX_QUOTE = 120
const BEFORE_CARET = 60
type Style = 'red' | 'green' | 'dim' | 'bold'
const CODES: { readonly [S in Style]: string } = { red: '31', green: '32', dim: '2', bold: '1' }

/** The whole report; `colour` only where a terminal takes it. */
export function printProblems(files: readonly string[], problems: readonly Problem[], colour: boolean): string {
  const style = (name: Style, text: string) => (colour ? `\u001b[${CODES[name]}m${text}\u001b[0m` : text)
  return files
    .map((file) => {
      const own = problems.filter((problem) => problem.file === file)
      if (own.length === 0) return `${style('green', '✓')} ${spelt(file)}\n`
      return `${style('red', '✗')} ${style('bold', spelt(file))}\n${own.map((problem) => printProblem(problem, style)).join('')}\n`
    })
    .join('')
}

function printProblem({ line, column, what, mend, quote }: Problem, style: (name: Style, text: string) => string): string {
  const margin = String(line).padStart(6)
  const { shown, caret } = cut(quote.replaceAll('\t', ' '), column - 1)
  const quoted =
    quote.trim() === ''
      ? ''
      : `${style('dim', `${margin} │`)} ${shown}\n${style('dim', '       │')} ${' '.repeat(caret)}${style('red', '^')}\n`
  return `\n  ${style('dim', `${line}:${column}`)}  ${spelt(what)}\n${quoted}${style('dim', '       →')} ${spelt(mend)}\n`
}

/** A window of the line around the column, spelt out, and where the caret goes under it. */
function cut(quote: string, column: number): { shown: string; caret: number } {
  const from = quote.length > MAX_QUOTE ? Math.max(0, Math.min(column - BEFORE_CARET, quote.length - MAX_QUOTE)) : 0
  const [before, after] = [quote.slice(from, column), quote.slice(Math.max(from, column), from + MAX_QUOTE)].map(spelt)
  const lead = from > 0 ? '…' : ''
  const rest = from + MAX_QUOTE < quote.length ? '…' : ''
  return { shown: `${lead}${before}${after}${rest}`, caret: lead.length + [...(before ?? '')].length }
}
