// The client data of an assertion (WebAuthn L3 section 5.8.1), read as strictly as bytes that were signed must be: valid UTF-8
// without a byte order mark, one JSON object, no member name twice at any depth. JSON.parse keeps the last of two members where
// other parsers keep the first; a text that two readers understand differently is refused. Unknown members are allowed: browsers
// add some on purpose.

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The members of the client data, or undefined when the bytes do not mean exactly one thing. */
export function readClientData(bytes: Uint8Array): ReadonlyMap<string, unknown> | undefined {
  try {
    const text = UTF8.decode(bytes)
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    // A text that is written again as it was has no member twice: the parser would have dropped one. Browsers write so nearly always.
    if (JSON.stringify(value) !== text && repeatsMember(text)) return undefined
    return new Map(Object.entries(value))
  } catch {
    return undefined
  }
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:]/g

/** Whether an object in a valid JSON text has a member twice, escapes resolved. */
function repeatsMember(text: string): boolean {
  const open: Set<string>[] = []
  let last = ''
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') open.push(new Set())
    else if (token === '}' || token === ']') open.pop()
    else if (token === ':') {
      const name = JSON.parse(last) as string
      if (open.at(-1)?.has(name)) return true
      open.at(-1)?.add(name)
    } else last = token
  }
  return false
}
