// Reads what follows `/elevate`: `runbook.action name=value name="two words" reason="…" lease=15m`. Pure; every mistake says where it is. Quotes may be
// the typographic ones that phones put in. `reason` and `lease` are ours: a parameter of that name can be given in the form only.

export type Typed = {
  readonly action: string | undefined
  readonly parameters: { readonly [name: string]: string }
  readonly reason: string | undefined
  readonly leaseSeconds: number | undefined
}
export type ReadCommand = { readonly ok: true; readonly typed: Typed } | { readonly ok: false; readonly problem: string }

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 }
/** What closes a quote; a phone may set one end of a pair only. */
const CLOSING: Readonly<Record<string, RegExp>> = { '"': /["”]/, '“': /["”]/, '„': /["“”]/, "'": /'/, '‘': /['’]/ }

/** Seconds of `90s`, `15m`, `1h` or `900`; undefined when it is none of these. */
export function readDuration(text: string): number | undefined {
  const found = /^([1-9][0-9]{0,5})([smh]?)$/.exec(text)
  return found ? Number(found[1]) * (UNITS[found[2] || 's'] ?? 1) : undefined
}

/** The reason as it is stored: one spelling (NFC), plain line ends, no blanks around it. What does not show is refused later, not repaired. */
export const tidyReason = (text: string): string => text.replaceAll('\r\n', '\n').trim().normalize('NFC')

/** Reads the text of a command. */
export function readCommand(text: string): ReadCommand {
  const tokens = readTokens(text)
  if (typeof tokens === 'string') return { ok: false, problem: tokens }
  const [first, ...rest] = tokens
  const named = first !== undefined && first.name === undefined
  const given = new Map<string, string>()
  for (const { name, value } of named ? rest : tokens) {
    if (name === undefined) return { ok: false, problem: `“${value}” is not name=value. Put values with spaces in quotes.` }
    if (given.has(name)) return { ok: false, problem: `${name} is given twice.` }
    given.set(name, value)
  }
  const reason = given.get('reason')
  const lease = given.get('lease')
  given.delete('reason')
  given.delete('lease')
  const leaseSeconds = lease === undefined ? undefined : readDuration(lease)
  if (lease !== undefined && leaseSeconds === undefined)
    return { ok: false, problem: `lease=${lease} is not a time like 15m, 1h or 90s.` }
  return {
    ok: true,
    typed: {
      action: named ? first.value : undefined,
      parameters: Object.fromEntries(given),
      reason: reason === undefined ? undefined : tidyReason(reason),
      leaseSeconds,
    },
  }
}

type Token = { readonly name: string | undefined; readonly value: string }

function readTokens(text: string): Token[] | string {
  const tokens: Token[] = []
  let rest = text.trim()
  while (rest !== '') {
    const name = /^([a-z][a-z0-9_]{0,62})=/.exec(rest)?.[1]
    if (name !== undefined) rest = rest.slice(name.length + 1)
    const close = CLOSING[rest[0] ?? '']
    if (close === undefined) {
      const [word = ''] = /^\S*/.exec(rest) ?? []
      tokens.push({ name, value: word })
      rest = rest.slice(word.length).trimStart()
      continue
    }
    const end = rest.slice(1).search(close) + 1
    if (end === 0) return `The quote before “${[...rest.slice(1, 30)].join('')}” is never closed.`
    if (!/^(\s|$)/.test(rest.slice(end + 1))) return `Put a space after ${rest.slice(0, end + 1).slice(0, 40)}.`
    tokens.push({ name, value: rest.slice(1, end) })
    rest = rest.slice(end + 1).trimStart()
  }
  return tokens
}
