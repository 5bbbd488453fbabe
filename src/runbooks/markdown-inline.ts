// Inline marks of the Markdown subset: code spans, strong, emphasis, links. A link is http or https and carries its host, which the page shows
// beside the text: a text that names one place must not lead to another unseen. Images, autolinks without brackets and HTML stay text. One pass
// with a stack; a mark that finds no partner is text.

export type Inline =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'code'; readonly text: string }
  | { readonly type: 'strong' | 'emphasis'; readonly children: readonly Inline[] }
  | { readonly type: 'link'; readonly href: string; readonly host: string; readonly children: readonly Inline[] }

type Mark = '**' | '*' | '_' | '['
type Frame = { readonly mark: Mark | undefined; readonly children: Inline[] }

const MAX_OPEN = 8
const MAX_URL = 1000
const WORD = /[\p{L}\p{N}]/u
const PUNCTUATION = /[!-/:-@[-`{-~]/

/** The inline tree of one paragraph, heading or cell. */
export function readInline(text: string): readonly Inline[] {
  const root: Frame = { mark: undefined, children: [] }
  const open: Frame[] = [root]
  const ticks = backtickRuns(text)
  const top = (): Frame => open.at(-1) ?? root
  const put = (inline: Inline) => append(top().children, inline)
  let at = 0

  const codeSpan = (): boolean => {
    const length = runLength(text, at)
    const end = ticks.get(length)?.find(at + length)
    if (end === undefined) return false
    const inner = text.slice(at + length, end).replaceAll('\n', ' ')
    const padded = inner.startsWith(' ') && inner.endsWith(' ') && inner.trim() !== ''
    put({ type: 'code', text: padded ? inner.slice(1, -1) : inner })
    at = end + length
    return true
  }
  const closeLink = (): boolean => {
    if (top().mark !== '[' || text[at + 1] !== '(') return false
    const found = /^[^\s()<>]{1,1000}(?=\))/.exec(text.slice(at + 2, at + 3 + MAX_URL))
    const link = found && safeLink(found[0])
    if (!link) return false
    const { children } = open.pop() ?? root
    put({ type: 'link', ...link, children })
    at += found[0].length + 3
    return true
  }
  const bracketed = (): boolean => {
    const found = /^<(https?:\/\/[^\s<>]{1,1000})>/.exec(text.slice(at, at + MAX_URL + 12))
    const link = found?.[1] ? safeLink(found[1]) : undefined
    if (!found?.[1] || !link) return false
    put({ type: 'link', ...link, children: [{ type: 'text', text: found[1] }] })
    at += found[0].length
    return true
  }
  const emphasis = (mark: Mark): boolean => {
    const [before = ' ', after = ' '] = [text[at - 1], text[at + mark.length]]
    const inWord = mark === '_' && WORD.test(before) && WORD.test(after)
    if (top().mark === mark && before.trim() !== '' && !inWord && top().children.length > 0) {
      const { children } = open.pop() ?? root
      put({ type: mark === '**' ? 'strong' : 'emphasis', children })
    } else if (after.trim() !== '' && !inWord && open.length <= MAX_OPEN && open.every((frame) => frame.mark !== mark)) {
      open.push({ mark, children: [] })
    } else return false
    at += mark.length
    return true
  }
  const startLink = (): boolean => {
    if (open.length > MAX_OPEN || open.some(({ mark }) => mark === '[')) return false
    open.push({ mark: '[', children: [] })
    at++
    return true
  }
  const escaped = (): boolean => {
    if (!PUNCTUATION.test(text[at + 1] ?? '')) return false
    put({ type: 'text', text: text[at + 1] ?? '' })
    at += 2
    return true
  }

  while (at < text.length) {
    const plain = nextMark(text, at)
    if (plain > at) put({ type: 'text', text: text.slice(at, plain) })
    at = plain
    if (at >= text.length) break
    if (marked()) continue
    // A mark without meaning here; a whole run of backticks, so that none of them is tried again.
    const length = text[at] === '`' ? runLength(text, at) : 1
    put({ type: 'text', text: text.slice(at, at + length) })
    at += length
  }
  while (open.length > 1) unopen(open)
  return root.children

  function marked(): boolean {
    switch (text[at]) {
      case '\\':
        return escaped()
      case '`':
        return codeSpan()
      case '<':
        return bracketed()
      case '[':
        return startLink()
      case ']':
        // A bracket that closes no link gives its opening back as text, so that the next one can open.
        return closeLink() || (top().mark === '[' && unopen(open))
      case '_':
        return emphasis('_')
      default:
        return (text[at + 1] === '*' && emphasis('**')) || emphasis('*')
    }
  }
}

/** Gives the innermost open mark back as text; false, because nothing was read by it. */
function unopen(open: Frame[]): false {
  const frame = open.pop()
  const below = open.at(-1)
  if (!frame || !below) return false
  append(below.children, { type: 'text', text: frame.mark ?? '' })
  for (const child of frame.children) append(below.children, child)
  return false
}

/** Neighbouring texts become one, so that giving marks back costs no more than what they enclose. */
function append(children: Inline[], inline: Inline): void {
  const last = children.at(-1)
  if (inline.type === 'text' && last?.type === 'text')
    children[children.length - 1] = { type: 'text', text: last.text + inline.text }
  else if (inline.type !== 'text' || inline.text !== '') children.push(inline)
}

/** An http or https link without user name, and the host it leads to. */
function safeLink(written: string): { href: string; host: string } | undefined {
  const url = /^https?:\/\//i.test(written) ? URL.parse(written) : null
  if (!url || url.username || url.password || url.host === '') return undefined
  return { href: url.href, host: url.host }
}

function nextMark(text: string, from: number): number {
  const mark = /[\\`<[\]_*]/g
  mark.lastIndex = from
  return mark.exec(text)?.index ?? text.length
}

function runLength(text: string, at: number): number {
  let end = at
  while (text[end] === '`') end++
  return end - at
}

/** Where runs of exactly n backticks stand, each list walked forward once: an unmatched run costs nothing twice. */
function backtickRuns(text: string): Map<number, { find: (from: number) => number | undefined }> {
  const places = Map.groupBy(text.matchAll(/`+/g), ([run]) => run.length)
  return new Map(
    [...places].map(([length, runs]) => {
      let next = 0
      const find = (from: number): number | undefined => {
        while ((runs[next]?.index ?? from) < from) next++
        return runs[next]?.index
      }
      return [length, { find }]
    }),
  )
}
