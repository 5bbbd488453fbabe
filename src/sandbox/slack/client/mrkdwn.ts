// Slack's mrkdwn as a tree. Pure, so that tests run it without a browser. What an app has escaped (`&lt;`, `&gt;`, `&amp;`) is text and is never read
// again: `&lt;!channel&gt;` stays the words "<!channel>". Only forms in real angle brackets mention, link or broadcast; an unknown one is shown
// as it is. Slack: "Formatting text for app surfaces".

export type Inline =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'bold' | 'italic' | 'strike'; readonly children: readonly Inline[] }
  | { readonly kind: 'link'; readonly url: string; readonly label: string }
  | { readonly kind: 'user' | 'channel' | 'group'; readonly id: string; readonly label: string | null }
  | { readonly kind: 'broadcast'; readonly range: string }
  | { readonly kind: 'emoji'; readonly name: string }
  | {
      readonly kind: 'date'
      readonly timestamp: number
      readonly format: string
      readonly url: string | null
      readonly fallback: string
    }
export type Line =
  | { readonly kind: 'line' | 'quote'; readonly children: readonly Inline[] }
  | { readonly kind: 'preformatted'; readonly text: string }

/** Decodes the three entities that Slack knows, once. */
export function unescaped(text: string): string {
  return text.replace(/&(lt|gt|amp);/g, (_, name: string) => ({ lt: '<', gt: '>', amp: '&' })[name] ?? '')
}

/** Reads a whole text: fenced code, quotes, lines. `autolink` off: bare addresses stay text (`verbatim`). */
export function parseMrkdwn(text: string, autolink = true): Line[] {
  const lines: Line[] = []
  // A fence that is never closed is text.
  for (const [index, part] of text.split(/```([\s\S]+?)```/).entries()) {
    if (index % 2 === 1) {
      lines.push({ kind: 'preformatted', text: unescaped(withoutBrackets(part)).replace(/^\n|\n$/g, '') })
      continue
    }
    const trimmed = part.replace(index > 0 ? /^\n/ : /^(?!)/, '').replace(/\n$/, '')
    if (trimmed === '' && part !== trimmed) continue
    if (trimmed === '' && index > 0) continue
    for (const line of trimmed.split('\n')) {
      const quoted = /^(?:&gt;|>) ?(.*)$/.exec(line)
      lines.push({ kind: quoted ? 'quote' : 'line', children: parseInline(quoted?.[1] ?? line, autolink) })
    }
  }
  return lines
}

const EMPHASIS: Readonly<Record<string, 'bold' | 'italic' | 'strike'>> = { '*': 'bold', _: 'italic', '~': 'strike' }

/** Reads one line. */
export function parseInline(raw: string, autolink = true): Inline[] {
  const out: Inline[] = []
  let pending = ''
  const flush = () => {
    if (pending !== '') out.push({ kind: 'text', text: unescaped(pending) })
    pending = ''
  }
  for (let at = 0; at < raw.length; ) {
    const found = readAt(raw, at, autolink)
    if (found) {
      flush()
      out.push(found.node)
      at = found.end
    } else {
      pending += raw[at]
      at += 1
    }
  }
  flush()
  return out
}

type Found = { readonly node: Inline; readonly end: number } | undefined

function readAt(raw: string, at: number, autolink: boolean): Found {
  const rest = raw.slice(at)
  const char = raw[at] ?? ''
  const atWord = at === 0 || !/[\p{L}\p{N}]/u.test(raw[at - 1] ?? '')
  if (char === '`') {
    const code = /^`([^`]+)`/.exec(rest)
    return code
      ? { node: { kind: 'code', text: unescaped(withoutBrackets(code[1] ?? '')) }, end: at + code[0].length }
      : undefined
  }
  if (char === '<') {
    const form = /^<([^<>]+)>/.exec(rest)
    const node = form && angle(form[1] ?? '')
    return node ? { node, end: at + form[0].length } : undefined
  }
  if (char === ':') {
    const emoji = /^:([a-z0-9_+-]{2,50}):/.exec(rest)
    return emoji ? { node: { kind: 'emoji', name: emoji[1] ?? '' }, end: at + emoji[0].length } : undefined
  }
  const emphasis = EMPHASIS[char]
  if (emphasis && atWord) {
    const end = closing(raw, at, char)
    if (end > 0) return { node: { kind: emphasis, children: parseInline(raw.slice(at + 1, end), autolink) }, end: end + 1 }
  }
  if (autolink && char === 'h' && atWord) {
    const url = /^https?:\/\/[^\s<>|`]+/.exec(rest)?.[0].replace(/(?:[.,;:!?)*_~]|&gt;|&lt;)+$/, '')
    if (url) return { node: { kind: 'link', url: unescaped(url), label: unescaped(url) }, end: at + url.length }
  }
  return undefined
}

/** Where an emphasis that opens at `at` closes, or -1: tight on both sides, outside code and brackets. */
function closing(raw: string, at: number, char: string): number {
  if (/\s/.test(raw[at + 1] ?? ' ') || raw[at + 1] === char) return -1
  for (let i = at + 2; i < raw.length; i += 1) {
    const skip = /^(?:`[^`]+`|<[^<>]+>)/.exec(raw.slice(i))
    if (skip) i += skip[0].length - 1
    else if (raw[i] === char && !/\s/.test(raw[i - 1] ?? '') && !/[\p{L}\p{N}]/u.test(raw[i + 1] ?? '')) return i
  }
  return -1
}

/** What stands between angle brackets; undefined when Slack knows no such form. */
function angle(form: string): Inline | undefined {
  const bar = form.indexOf('|')
  const head = bar < 0 ? form : form.slice(0, bar)
  const label = bar < 0 ? null : unescaped(form.slice(bar + 1))
  if (/^@[UW][A-Z0-9]+$/.test(head)) return { kind: 'user', id: head.slice(1), label }
  if (/^#[CG][A-Z0-9]+$/.test(head)) return { kind: 'channel', id: head.slice(1), label }
  if (/^!subteam\^[A-Z0-9]+$/.test(head)) return { kind: 'group', id: head.slice(9), label }
  if (/^!(?:here|channel|everyone)$/.test(head)) return { kind: 'broadcast', range: head.slice(1) }
  const date = /^!date\^(\d{1,12})\^([^^]+)(?:\^(.+))?$/.exec(head)
  if (date) {
    const url = date[3] === undefined ? null : unescaped(date[3])
    return { kind: 'date', timestamp: Number(date[1]), format: unescaped(date[2] ?? ''), url, fallback: label ?? '' }
  }
  const url = unescaped(head)
  return /^(?:https?:\/\/|mailto:)/i.test(url) ? { kind: 'link', url, label: label || url.replace(/^mailto:/i, '') } : undefined
}

/** Inside code a form in brackets is shown by its label or address. */
function withoutBrackets(text: string): string {
  return text.replace(/<([^<>|]+)(?:\|([^<>]*))?>/g, (_, head: string, label?: string) => label || head)
}

const DATE_PARTS: Readonly<Record<string, Intl.DateTimeFormatOptions>> = {
  date_num: { year: 'numeric', month: '2-digit', day: '2-digit' },
  date: { year: 'numeric', month: 'long', day: 'numeric' },
  date_short: { year: 'numeric', month: 'short', day: 'numeric' },
  date_long: { weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' },
  time: { hour: '2-digit', minute: '2-digit' },
  time_secs: { hour: '2-digit', minute: '2-digit', second: '2-digit' },
}

/** A `<!date^…>` in the reader's own time; the fallback when the format has no known part. */
export function formatDate(timestamp: number, format: string, fallback: string, now: Date, locale?: string): string {
  const when = new Date(timestamp * 1000)
  if (Number.isNaN(when.getTime()) || !/\{[a-z_]+\}/.test(format)) return fallback
  let known = true
  const text = format.replace(/\{([a-z_]+)\}/g, (_, name: string) => {
    if (name === 'ago') return ago(timestamp - now.getTime() / 1000, locale)
    const pretty = name.endsWith('_pretty')
    const day = pretty && nearDay(when, now, locale)
    if (day) return day
    const part = DATE_PARTS[pretty ? name.slice(0, -7) : name]
    if (!part) known = false
    return part ? when.toLocaleString(locale, part) : ''
  })
  return known ? text : fallback
}

function nearDay(when: Date, now: Date, locale?: string): string | undefined {
  const midnight = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()
  const days = Math.round((midnight(when) - midnight(now)) / 86_400_000)
  return Math.abs(days) <= 1 ? new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(days, 'day') : undefined
}

function ago(seconds: number, locale?: string): string {
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  if (Math.abs(seconds) < 60) return format.format(Math.round(seconds), 'second')
  if (Math.abs(seconds) < 3600) return format.format(Math.round(seconds / 60), 'minute')
  return Math.abs(seconds) < 86_400
    ? format.format(Math.round(seconds / 3600), 'hour')
    : format.format(Math.round(seconds / 86_400), 'day')
}
