// A safe subset of Markdown as a typed tree: headings, paragraphs, lists and quotes (three levels), code, rules, tables, and inline
// marks from markdown-inline.ts. There is no HTML in it and no raw passage: what is not markup is text, and the page escapes text. What this
// file alone holds: no input throws, nothing written is left out of the tree, and time is linear in the length. Pages render the tree.

import { type Inline, readInline } from './markdown-inline.ts'

export type Block =
  | { readonly type: 'heading'; readonly level: number; readonly inline: readonly Inline[] }
  | { readonly type: 'paragraph'; readonly inline: readonly Inline[] }
  | { readonly type: 'code'; readonly language: string; readonly text: string }
  | { readonly type: 'quote'; readonly blocks: readonly Block[] }
  | { readonly type: 'list'; readonly ordered: boolean; readonly start: number; readonly items: readonly (readonly Block[])[] }
  | {
      readonly type: 'table'
      readonly header: readonly (readonly Inline[])[]
      readonly rows: readonly (readonly (readonly Inline[])[])[]
    }
  | { readonly type: 'rule' }

const MAX_DEPTH = 3
// Each pattern is linear: where two repetitions would meet, code below cuts the line first.
const HEADING = /^ {0,3}(#{1,6})(?= |$)/
const FENCE = /^ {0,3}(`{3,}|~{3,})([^`~]*)$/
const RULE = /^ {0,3}(?:(?:\* *){3,}|(?:- *){3,}|(?:_ *){3,})$/
const QUOTE = /^ {0,3}> ?/
const ITEM = /^( *)(?:([-*+])|([0-9]{1,9})[.)]) +(?=\S)/

/** The tree of a text. */
export const parseMarkdown = (text: string): readonly Block[] => readBlocks(text.replaceAll('\r\n', '\n').split('\n'), 0)

function readBlocks(lines: readonly string[], depth: number): Block[] {
  const blocks: Block[] = []
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] ?? ''
    if (line.trim() === '') at++
    else {
      const read = readBlock(lines, at, depth)
      blocks.push(read.block)
      at = read.next
    }
  }
  return blocks
}

type ReadBlock = { readonly block: Block; readonly next: number }

function readBlock(lines: readonly string[], at: number, depth: number): ReadBlock {
  const line = lines[at] ?? ''
  const heading = HEADING.exec(line)
  if (heading) {
    const inline = readInline(headingText(line.slice(heading[0].length).trim()))
    return { block: { type: 'heading', level: heading[1]?.length ?? 1, inline }, next: at + 1 }
  }
  const fence = fenceOf(line)
  if (fence) return readFence(lines, at, fence)
  if (RULE.test(line)) return { block: { type: 'rule' }, next: at + 1 }
  if (depth < MAX_DEPTH && QUOTE.test(line)) {
    const next = endOf(lines, at, (each) => QUOTE.test(each))
    const inner = lines.slice(at, next).map((each) => each.replace(QUOTE, ''))
    return { block: { type: 'quote', blocks: readBlocks(inner, depth + 1) }, next }
  }
  if (depth < MAX_DEPTH && ITEM.test(line)) return readList(lines, at, depth)
  if (isTable(lines, at)) return readTable(lines, at)
  const next = Math.max(
    at + 1,
    endOf(lines, at, (each, index) => index === at || !beginsOther(lines, index, each, depth)),
  )
  const text = lines.slice(at, next).map((each) => each.trim())
  return { block: { type: 'paragraph', inline: readInline(text.join('\n')) }, next }
}

/** Without the number signs that may close a heading. */
function headingText(text: string): string {
  let end = text.length
  while (text[end - 1] === '#') end--
  return end === 0 || text[end - 1] === ' ' ? text.slice(0, end).trim() : text
}

type Fence = { readonly mark: string; readonly language: string }

/** A fence names at most its language: more words would be lost, so that such a line is text. */
function fenceOf(line: string): Fence | undefined {
  const [, mark, rest = ''] = FENCE.exec(line) ?? []
  const language = rest.trim()
  return mark === undefined || /\s/.test(language) ? undefined : { mark, language }
}

/** Up to the closing fence of at least the same length, or to the end. */
function readFence(lines: readonly string[], at: number, { mark, language }: Fence): ReadBlock {
  const closes = (line: string) =>
    line.trim().length >= mark.length && line.trim() === (mark[0] ?? '`').repeat(line.trim().length)
  let end = at + 1
  while (end < lines.length && !closes(lines[end] ?? '')) end++
  return { block: { type: 'code', language, text: lines.slice(at + 1, end).join('\n') }, next: end + 1 }
}

/** Items of one kind of mark; a line indented as far as an item's text belongs to that item, and so may hold a list itself. */
function readList(lines: readonly string[], at: number, depth: number): ReadBlock {
  const first = ITEM.exec(lines[at] ?? '')
  const margin = first?.[1]?.length ?? 0
  const ordered = first?.[3] !== undefined
  const items: string[][] = []
  let inner = 0
  let next = at
  for (; next < lines.length; next++) {
    const line = lines[next] ?? ''
    const item = ITEM.exec(line)
    const indent = line.search(/\S/)
    const begins = items.length === 0 || (indent >= margin && indent < inner && (item?.[3] !== undefined) === ordered)
    if (item && begins) {
      inner = item[0].length
      items.push([line.slice(inner)])
    } else if (indent === -1 ? belongs(lines, next + 1, inner) : indent >= inner) items.at(-1)?.push(line.slice(inner))
    else if (indent === -1 || beginsOther(lines, next, line, depth) || (lines[next - 1] ?? '').trim() === '') break
    // A paragraph that goes on without its indent.
    else items.at(-1)?.push(line.trim())
  }
  const block: Block = {
    type: 'list',
    ordered,
    start: Number(first?.[3] ?? 1),
    items: items.map((each) => readBlocks(each, depth + 1)),
  }
  return { block, next: Math.max(next, at + 1) }
}

/** Whether an empty line is followed by something of the same list: one empty line is allowed, two end it. */
const belongs = (lines: readonly string[], at: number, inner: number): boolean => {
  const line = lines[at] ?? ''
  return line.search(/\S/) >= inner || ITEM.test(line)
}

const cells = (line: string): string[] => line.trim().replace(/^\|/, '').replace(/\|$/, '').split('|')

const isTable = (lines: readonly string[], at: number): boolean => {
  const [header = '', delimiters = ''] = [lines[at], lines[at + 1]]
  return (
    header.includes('|') &&
    cells(delimiters).every((cell) => /^:?-+:?$/.test(cell.trim())) &&
    cells(header).length === cells(delimiters).length
  )
}

function readTable(lines: readonly string[], at: number): ReadBlock {
  const next = endOf(lines, at + 2, (line) => line.includes('|'))
  const read = (line: string) => cells(line).map((cell) => readInline(cell.trim()))
  return { block: { type: 'table', header: read(lines[at] ?? ''), rows: lines.slice(at + 2, next).map(read) }, next }
}

/** Whether a line ends the paragraph before it. */
const beginsOther = (lines: readonly string[], at: number, line: string, depth: number): boolean =>
  line.trim() === '' ||
  HEADING.test(line) ||
  fenceOf(line) !== undefined ||
  RULE.test(line) ||
  (depth < MAX_DEPTH && (QUOTE.test(line) || ITEM.test(line))) ||
  isTable(lines, at)

function endOf(lines: readonly string[], from: number, goesOn: (line: string, index: number) => boolean): number {
  let end = from
  while (end < lines.length && goesOn(lines[end] ?? '', end)) end++
  return end
}
