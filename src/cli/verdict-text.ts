// A verdict on a terminal: the account of the receipt in two columns, wrapped to the screen, with or without colour. What people and runbooks wrote is
// hostile here too: everything that would move the cursor, change colours or turn the direction of the line is spelt out.

import { findUnseenInText, spelt } from '../domain/visible.ts'
import type { Account, Line, Section } from '../evidence/receipt-account.ts'

export type VerdictScreen = { readonly colour: boolean; readonly columns: number }

const MARK = { valid: '✓', unproven: '!', not_valid: '✗' } as const
const PAINT = { valid: '1;32', unproven: '1;33', not_valid: '1;31' } as const
const NARROWEST = 48
const WIDEST = 100
const LABEL = 14
const INDENT = 2

/** The text of an account. */
export function verdictText(account: Account, { colour, columns }: VerdictScreen): string {
  const width = Math.max(NARROWEST, Math.min(WIDEST, columns))
  const paint = (code: string, text: string): string => (colour && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text)
  const head = paint(PAINT[account.verdict], `${MARK[account.verdict]} ${account.headline}`)
  const means = wrap(account.means, width - INDENT).map((line) => `${' '.repeat(INDENT)}${line}`)
  return `${[head, ...means, ...account.sections.flatMap((section) => ['', ...sectionLines(section, width, paint)])].join('\n')}\n`
}

type Paint = (code: string, text: string) => string

function sectionLines({ heading, rows, prose }: Section, width: number, paint: Paint): string[] {
  const stacked = rows.some(({ label }) => spelt(label).length > LABEL)
  const lines = rows.flatMap(({ label, lines }) => {
    const left = INDENT + (stacked ? 2 : LABEL + 2)
    const body = lines.flatMap((line) => written(line, width - left, paint)).map((line) => `${' '.repeat(left)}${line}`)
    const name = paint('2', spelt(label))
    if (stacked) return [...wrap(spelt(label), width - INDENT).map((line) => `${' '.repeat(INDENT)}${paint('2', line)}`), ...body]
    const [first = '', ...rest] = body
    return [`${' '.repeat(INDENT)}${name}${' '.repeat(LABEL + 2 - spelt(label).length)}${first.slice(left)}`, ...rest]
  })
  const text = prose === undefined || prose.trim() === '' ? [] : ['', ...proseLines(prose, width, paint)]
  return [paint('1', heading), ...lines, ...text]
}

function written({ text, is }: Line, width: number, paint: Paint): string[] {
  if (is === 'soft' || is === 'missing') return wrap(spelt(text), width).map((line) => paint(is === 'soft' ? '2' : '3', line))
  const [whole = '', ...more] = wrap(is === 'quoted' ? `“${spelt(text)}”` : spelt(text), width)
  // What goes over several lines stands behind a bar, so that none of them can be taken for a line of ours.
  return more.length === 0 ? [whole] : wrap(spelt(text), width - 2).map((line) => `${paint('2', '│')} ${line}`)
}

/** The runbook's text as it was signed, behind a bar as well. */
function proseLines(prose: string, width: number, paint: Paint): string[] {
  const bar = paint('2', '│')
  return prose
    .replace(/\n+$/, '')
    .split('\n')
    .flatMap((line) => indented(findUnseenInText(line) ? spelt(line) : line.replaceAll('\t', '    '), width - INDENT - 2))
    .map((line) => `${' '.repeat(INDENT)}${bar} ${line}`.trimEnd())
}

/** Wraps a line, and keeps how far it stands in: of code and lists that is half of what they say. */
function indented(line: string, width: number): string[] {
  const lead = (/^ */.exec(line)?.[0] ?? '').slice(0, width >> 1)
  return wrap(line.trimStart(), width - lead.length).map((part) => `${lead}${part}`)
}

/** Lines of at most so many characters; a word that is longer is cut. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && [...line].length + 1 + [...word].length > width) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
    for (let letters = [...line]; letters.length > width; letters = [...line]) {
      lines.push(letters.slice(0, width).join(''))
      line = letters.slice(width).join('')
    }
  }
  return [...lines, line]
}
