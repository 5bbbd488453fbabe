// One file as text with places in it: bytes to text, offsets to lines. What this file alone holds: a text that goes on from here is UTF-8
// without byte-order mark, in NFC, of bounded size, with `\n` as its only line end, and every character of it shows.

import { findUnseenInText } from '../domain/visible.ts'
import type { Problem } from './problem.ts'

export type Source = {
  readonly file: string
  readonly text: string
  /** The problem at an offset of the text. */
  readonly at: (offset: number, what: string, mend: string) => Problem
}

const MAX_UNSEEN = 5

/** The text of a file, or what keeps it from being read. */
export function openSource(file: string, bytes: Uint8Array, maxBytes: number): { source?: Source; problems: Problem[] } {
  const whole = (what: string, mend: string): { problems: Problem[] } => ({
    problems: [{ file, line: 1, column: 1, what, mend, quote: '' }],
  })
  if (bytes.length > maxBytes)
    return whole(`is ${bytes.length} bytes long, more than ${maxBytes}`, 'split it, or move long explanations elsewhere')
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf)
    return whole('begins with a byte-order mark', 'save it as UTF-8 without byte-order mark')
  let decoded: string
  try {
    decoded = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return whole('is not UTF-8', 'save it as UTF-8')
  }
  // Git on Windows checks out CRLF; the published text is the same from every machine.
  const source = sourceOf(file, decoded.replaceAll('\r\n', '\n'))
  return { source, problems: [...unseenIn(source), ...notNormal(source)] }
}

function sourceOf(file: string, text: string): Source {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  const at = (offset: number, what: string, mend: string): Problem => {
    const inside = Math.max(0, Math.min(offset, text.length))
    let line = 0
    for (let high = starts.length; line < high - 1; ) {
      const middle = (line + high) >> 1
      if ((starts[middle] ?? 0) <= inside) line = middle
      else high = middle
    }
    const start = starts[line] ?? 0
    const end = text.indexOf('\n', start)
    const quote = text.slice(start, end === -1 ? text.length : end)
    return { file, line: line + 1, column: inside - start + 1, what, mend, quote }
  }
  return { file, text, at }
}

function unseenIn(source: Source): Problem[] {
  const found: Problem[] = []
  for (let from = 0; found.length < MAX_UNSEEN; ) {
    const unseen = findUnseenInText(source.text.slice(from))
    if (!unseen) break
    found.push(
      source.at(
        from + unseen.index,
        `holds ${unseen.name}, a character that does not show`,
        'remove it: what people read must be all there is',
      ),
    )
    from += unseen.index + 1
  }
  return found
}

function notNormal(source: Source): Problem[] {
  const normal = source.text.normalize('NFC')
  if (normal === source.text) return []
  let offset = 0
  while (source.text[offset] === normal[offset]) offset++
  return [
    source.at(offset, 'holds a letter that is not in Unicode normal form NFC', 'type the letter anew, or save the file in NFC'),
  ]
}
