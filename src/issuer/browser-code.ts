// What the pages load: our own TypeScript without types and without the lines that are only comment, and our style sheets joined to one, read once at
// start. The addresses of modules mirror `src/`, so imports stay as they are written; one hash over all contents stands in front of them, so that
// they may be kept for ever and a page never mixes versions. Only what an entry module reaches is served, and it may reach nothing but static/,
// domain/ and evidence/. No bundler and no code of others: what people sign with is what stands in this repository. Each is also kept
// compressed; that is for these alone, which are the same for everybody: a page is not compressed, since its length would tell of what it says.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { posix } from 'node:path'
import { brotliCompressSync } from 'node:zlib'

const ENTRIES = [
  'issuer/static/request.ts',
  'issuer/static/enrol.ts',
  'issuer/static/keys.ts',
  'issuer/static/sign-in.ts',
] as const
const STYLES = ['frame', 'document', 'standing', 'controls', 'live'].map((name) => `issuer/static/style/${name}.css`)
const STYLE = 'issuer/static/style.css'
const ICON = 'issuer/static/icon.svg'
const ALLOWED = /^(?:issuer\/static|domain|evidence)\/[a-z0-9-]+\.ts$/
const IMPORT = /^\s*(?:import|export)\s(?:[^'"]*?\sfrom\s)?['"]([^'"]+)['"]/gm

export type Entry = (typeof ENTRIES)[number]
export type Asset = { readonly type: string; readonly body: string; readonly brotli: () => Buffer }
export type BrowserCode = {
  /** By path below `/static/`. */
  readonly assets: ReadonlyMap<string, Asset>
  readonly style: string
  readonly icon: string
  /** Address of an entry module, and of everything it imports. */
  readonly script: (entry: Entry) => { readonly src: string; readonly preload: readonly string[] }
}

/** Reads, strips and addresses everything the pages load. Throws when a module reaches further than it may. */
export function loadBrowserCode(root = new URL('../', import.meta.url)): BrowserCode {
  const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')
  const modules = new Map<string, { readonly body: string; readonly imports: readonly string[] }>()
  const load = (path: string): void => {
    if (modules.has(path)) return
    if (!ALLOWED.test(path)) throw new Error(`browser code reaches ${path}, which is none of static/, domain/ and evidence/`)
    const body = withoutComments(stripTypeScriptTypes(read(path)))
    const imports = [...body.matchAll(IMPORT)].map(([, to = '']) => posix.join(posix.dirname(path), to))
    modules.set(path, { body, imports })
    for (const each of imports) load(each)
  }
  for (const entry of ENTRIES) load(entry)
  const style = withoutComments(['tokens.css', ...STYLES].map(read).join('\n'))
  const contents = new Map<string, Asset>([
    ...[...modules].map(([path, { body }]) => [path, asset('text/javascript; charset=utf-8', body)] as const),
    [STYLE, asset('text/css; charset=utf-8', style)],
    [ICON, asset('image/svg+xml', read(ICON))],
  ])
  const hash = createHash('sha256')
  for (const [path, { body }] of [...contents].sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(`${path}\0${body}\0`)
  const version = hash.digest('hex').slice(0, 16)
  const address = (path: string): string => `/static/${version}/${path}`
  const reached = (path: string, seen: Set<string>): Set<string> => {
    for (const each of modules.get(path)?.imports ?? []) {
      if (seen.has(each)) continue
      seen.add(each)
      reached(each, seen)
    }
    return seen
  }
  return {
    assets: new Map([...contents].map(([path, asset]) => [`${version}/${path}`, asset])),
    style: address(STYLE),
    icon: address(ICON),
    script: (entry) => ({ src: address(entry), preload: [...reached(entry, new Set())].map(address) }),
  }
}

/** Compressed when it is first wanted: that takes some milliseconds, and a start should not. */
function asset(type: string, body: string): Asset {
  let packed: Buffer | undefined
  return {
    type,
    body,
    brotli: () => {
      packed ??= brotliCompressSync(body)
      return packed
    },
  }
}

/** Lines that hold nothing but comment are taken out, and the blanks that types leave; no text of ours in backticks goes over several lines. */
const withoutComments = (source: string): string =>
  source
    .replace(/^[ \t]*\/\/.*\n/gm, '')
    .replace(/^[ \t]*\/\*[\s\S]*?\*\/[ \t]*\n/gm, '')
    .replace(/[ \t]+$/gm, '')
    .replace(/\n{2,}/g, '\n')
