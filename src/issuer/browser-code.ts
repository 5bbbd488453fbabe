// What the pages load: our own TypeScript without types and without the lines that are only comment, joined to one script for each entry, and our style
// sheets joined to few; read once at start. One hash over all contents stands in the addresses, so that they may be kept for ever and a page
// never mixes versions. Only what an entry module reaches is served, and it may reach nothing but static/, domain/ and evidence/. No bundler and
// no code of others: what people sign with is what stands in this repository. Each is also kept compressed; that is for these alone, which
// are the same for everybody: a page is not compressed, since its length would tell of what it says.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { brotliCompressSync } from 'node:zlib'
import { stripped } from '../stripped.ts'
import { joinModules } from './join-modules.ts'

const ENTRIES = [
  'issuer/static/request.ts',
  'issuer/static/enrol.ts',
  'issuer/static/keys.ts',
  'issuer/static/sign-in.ts',
  'issuer/static/provider-return.ts',
  'issuer/static/verify.ts',
] as const
/** By the name of a sheet what it is joined of: `style` is for every page, the others are for some beside it. */
const SHEETS = {
  style: ['frame', 'document', 'standing', 'controls', 'live'],
  keys: ['keys'],
  verify: ['verify'],
} as const
const ICON = 'issuer/static/icon.svg'
const ALLOWED = /^(?:issuer\/static|domain|evidence)\/[a-z0-9-]+\.ts$/

export type Entry = (typeof ENTRIES)[number]
export type Sheet = keyof typeof SHEETS
export type Asset = { readonly type: string; readonly body: string; readonly brotli: () => Buffer }
export type BrowserCode = {
  /** By path below `/static/`. */
  readonly assets: ReadonlyMap<string, Asset>
  readonly icon: string
  /** Address of a style sheet. */
  readonly sheet: (name: Sheet) => string
  /** Address of an entry's script. */
  readonly script: (entry: Entry) => string
}

/** Reads, strips and addresses everything the pages load. Throws when a module reaches further than it may. */
export function loadBrowserCode(root = new URL('../', import.meta.url)): BrowserCode {
  const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')
  const texts = new Map<string, string>()
  const textOf = (path: string): string => {
    if (!ALLOWED.test(path)) throw new Error(`browser code reaches ${path}, which is none of static/, domain/ and evidence/`)
    const text = texts.get(path) ?? withoutGaps(withoutComments(stripped(read(path))))
    texts.set(path, text)
    return text
  }
  const contents = new Map<string, Asset>([
    ...ENTRIES.map((entry) => [scriptOf(entry), asset('text/javascript; charset=utf-8', joinModules(entry, textOf))] as const),
    ...Object.entries(SHEETS).map(([name, parts]) => {
      const paths = parts.map((part) => `issuer/static/style/${part}.css`)
      const text = [...(name === 'style' ? ['tokens.css'] : []), ...paths].map(read).join('\n')
      return [`${name}.css`, asset('text/css; charset=utf-8', withoutComments(text))] as const
    }),
    ['icon.svg', asset('image/svg+xml', read(ICON))],
  ])
  const hash = createHash('sha256')
  for (const [path, { body }] of [...contents].sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(`${path}\0${body}\0`)
  const version = hash.digest('hex').slice(0, 16)
  const address = (path: string): string => `/static/${version}/${path}`
  return {
    assets: new Map([...contents].map(([path, asset]) => [`${version}/${path}`, asset])),
    icon: address('icon.svg'),
    sheet: (name) => address(`${name}.css`),
    script: (entry) => address(scriptOf(entry)),
  }
}

const scriptOf = (entry: Entry): string => entry.replace('issuer/static/', '').replace(/\.ts$/, '.js')

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

/** Lines that hold nothing but comment are taken out, and space at the ends of lines; no text of ours in backticks goes over several lines. */
const withoutComments = (source: string): string =>
  source
    .replace(/^[ \t]*\/\/.*\n/gm, '')
    .replace(/^[ \t]*\/\*[\s\S]*?\*\/[ \t]*\n/gm, '')
    .replace(/^[ \t]+|[ \t]+$/gm, '')
    .replace(/\n{2,}/g, '\n')

/** Types leave as much space as they took; what people wrote has none but single spaces, which a test holds. */
const withoutGaps = (source: string): string => source.replace(/ {2,}(?=[,;)\]])/g, '').replace(/ {2,}/g, ' ')
