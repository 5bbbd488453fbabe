// What the pages load: our own TypeScript with its types blanked out, and our style sheets, read once at start. The addresses mirror `src/`, so
// imports between modules stay as they are written; one hash over all contents stands in front of them, so that they may be kept for ever and
// a page never mixes versions. Only what an entry module reaches is served, and it may reach nothing but static/, domain/ and evidence/.
// No bundler and no code of others: what people sign with is what stands in this repository.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { posix } from 'node:path'

const ENTRIES = [
  'issuer/static/request.ts',
  'issuer/static/enrol.ts',
  'issuer/static/keys.ts',
  'issuer/static/sign-in.ts',
] as const
const STYLES = ['tokens.css', 'issuer/static/style.css'] as const
const ICON = 'issuer/static/icon.svg'
const ALLOWED = /^(?:issuer\/static|domain|evidence)\/[a-z0-9-]+\.ts$/
const IMPORT = /^\s*(?:import|export)\s(?:[^'"]*?\sfrom\s)?['"]([^'"]+)['"]/gm

export type Entry = (typeof ENTRIES)[number]
export type Asset = { readonly type: string; readonly body: string }
export type BrowserCode = {
  /** By path below `/static/`. */
  readonly assets: ReadonlyMap<string, Asset>
  /** Addresses of the style sheets, in order. */
  readonly styles: readonly string[]
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
    const body = stripTypeScriptTypes(read(path))
    const imports = [...body.matchAll(IMPORT)].map(([, to = '']) => posix.join(posix.dirname(path), to))
    modules.set(path, { body, imports })
    for (const each of imports) load(each)
  }
  for (const entry of ENTRIES) load(entry)
  const contents = new Map<string, Asset>([
    ...[...modules].map(([path, { body }]) => [path, { type: 'text/javascript; charset=utf-8', body }] as const),
    ...STYLES.map((path) => [path, { type: 'text/css; charset=utf-8', body: read(path) }] as const),
    [ICON, { type: 'image/svg+xml', body: read(ICON) }],
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
    styles: STYLES.map(address),
    icon: address(ICON),
    script: (entry) => ({ src: address(entry), preload: [...reached(entry, new Set())].map(address) }),
  }
}
