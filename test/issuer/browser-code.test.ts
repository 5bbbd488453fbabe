// What the pages load: our own modules without types, nothing that reaches further, nothing of others.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { runInNewContext, Script } from 'node:vm'
import { brotliDecompressSync } from 'node:zlib'
import { loadBrowserCode } from '../../src/issuer/browser-code.ts'
import { joinModules } from '../../src/issuer/join-modules.ts'

const code = loadBrowserCode()

const root = new URL('../../src/', import.meta.url)
const ENTRIES = ['request', 'enrol', 'keys', 'sign-in', 'provider-return', 'verify'] as const

/** Every module that an entry reaches, by walking the sources. */
function reached(path: string, seen = new Set<string>()): Set<string> {
  if (seen.has(path)) return seen
  seen.add(path)
  const text = stripTypeScriptTypes(readFileSync(new URL(path, root), 'utf8'))
  for (const [, to = ''] of text.matchAll(/from\s+'([^']+)'/g)) reached(posix.join(posix.dirname(path), to), seen)
  return seen
}

const bareOf = (text: string): string => text.replaceAll(' ', '')

test('the script of each page holds every module that its entry reaches, each once, and parses as a module', () => {
  for (const name of ENTRIES) {
    const script = code.assets.get(code.script(`issuer/static/${name}.ts`).replace('/static/', ''))?.body ?? ''
    const modules = [...reached(`issuer/static/${name}.ts`)]
    assert.ok(modules.length > 3)
    assert.equal(script.match(/^const m\d+ = \(\(\) => \{$/gm)?.length, modules.length - 1)
    const spaceless = bareOf(script)
    for (const path of modules) {
      const own = bare(path).replaceAll(/^import \{[^}]*\} from '[^']+'$/gm, '')
      for (const line of own.split('\n'))
        if (!/^(?:import|export)\b|^[^'"]*\bfrom '/.test(line)) assert.ok(spaceless.includes(bareOf(line)), `${path}: ${line}`)
    }
    // Awaits stand at the top, as in a module.
    assert.doesNotThrow(() => new Script(`(async () => {${script}})`))
  }
})

test('no served script holds anything but our own code', () => {
  for (const [path] of code.assets)
    assert.match(
      path,
      /^[0-9a-f]{16}\/(?:(?:style|keys|verify)\.css|icon\.svg|(?:request|enrol|keys|sign-in|provider-return|verify)\.js)$/,
    )
})

test('a form of import or export that is not joined stops the start, and so does a circle', () => {
  const join = (texts: Record<string, string>) => joinModules('a.ts', (path) => texts[path] ?? '')
  for (const strange of [
    "import './b.ts'",
    "import * as b from './b.ts'",
    "import b from './b.ts'",
    "export { a } from './b.ts'",
    'export default 1',
    'export let a = 1',
  ])
    assert.throws(() => join({ 'a.ts': `${strange}\n` }), /not joined/, strange)
  assert.throws(
    () => join({ 'a.ts': "import { b } from './b.ts'\n", 'b.ts': "import { a } from './a.ts'\nexport const b = 1\n" }),
    /circle/,
  )
})

test('modules joined do what they do apart: names of one are not seen by another', () => {
  const texts: Record<string, string> = {
    'a.ts':
      "import { two as double } from './b.ts'\nimport { three } from './c/c.ts'\nconst own = 1\nresult(own + double(3) + three)\n",
    'b.ts': 'const own = 2\nexport const two = (x) => own * x\n',
    'c/c.ts': "import { two } from '../b.ts'\nconst own = 30\nexport const three = own + two(5)\n",
  }
  let result = 0
  runInNewContext(
    joinModules('a.ts', (path) => texts[path] ?? ''),
    {
      result: (value: number) => {
        result = value
      },
    },
  )
  assert.equal(result, 1 + 6 + 40)
})

test('no text in backticks goes over several lines, so that taking out lines of comment takes out nothing else', () => {
  for (const path of ENTRIES.flatMap((name) => [...reached(`issuer/static/${name}.ts`)]))
    for (const line of readFileSync(new URL(path, root), 'utf8').split('\n'))
      if (!/^\s*(?:\/\/|\/?\*)/.test(line)) assert.equal([...line.matchAll(/`/g)].length % 2, 0, `${path}: ${line}`)
  for (const [path, { body }] of code.assets) if (path.endsWith('.js')) assert.doesNotMatch(body, /^\s*(?:\/\/|\/\*|\*)/m, path)
})

test('what is sent compressed is the same', () => {
  for (const [path, { body, brotli }] of code.assets) assert.equal(brotliDecompressSync(brotli()).toString(), body, path)
})

test('what people wrote has single spaces, so that taking out what types leave takes out nothing else', () => {
  for (const path of ENTRIES.flatMap((name) => [...reached(`issuer/static/${name}.ts`)]))
    for (const line of readFileSync(new URL(path, root), 'utf8').split('\n'))
      if (!/^\s*(?:\/\/|\/?\*)/.test(line)) assert.doesNotMatch(line, /\S {2}/, path)
  for (const [path, { body }] of code.assets) if (path.endsWith('.js')) assert.doesNotMatch(body, / {2}/, path)
})

/** A module without types, comment and space at the ends of lines: in another way than the one under test. */
function bare(path: string): string {
  let inside = false
  const kept: string[] = []
  for (const line of stripTypeScriptTypes(readFileSync(new URL(path, root), 'utf8')).split('\n')) {
    if (/^\s*\/\*/.test(line)) inside = true
    if (!inside && !/^\s*(?:\/\/|$)/.test(line)) kept.push(line.trim())
    if (line.endsWith('*/')) inside = false
  }
  return kept.join('\n')
}

test('browser code that reaches into the server stops the start', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'countersign-code-'))
  t.after(() => rmSync(dir, { recursive: true }))
  mkdirSync(join(dir, 'issuer/static'), { recursive: true })
  writeFileSync(join(dir, 'issuer/static/request.ts'), `import { secret } from '../keys.ts'\nconsole.log(secret)\n`)
  assert.throws(() => loadBrowserCode(pathToFileURL(`${dir}/`)), /issuer\/keys\.ts/)
})

test('no sink that Trusted Types closes stands in the pages’ own code', () => {
  for (const [path, { body }] of code.assets)
    assert.doesNotMatch(body, /\.innerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/, path)
})
