// What the pages load: our own modules without types, nothing that reaches further, nothing of others.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { brotliDecompressSync } from 'node:zlib'
import { loadBrowserCode } from '../../src/issuer/browser-code.ts'

const code = loadBrowserCode()

test('every import of every served module leads to a served module', () => {
  const scripts = [...code.assets].filter(([, { type }]) => type.startsWith('text/javascript'))
  assert.ok(scripts.length > 15)
  for (const [path, { body }] of scripts) {
    for (const [, to = ''] of body.matchAll(/from\s+['"]([^'"]+)['"]/g)) {
      const target = new URL(to, `http://x/${path}`).pathname.slice(1)
      assert.ok(code.assets.has(target), `${path} imports ${to}`)
    }
  }
})

test('a page preloads exactly what its script reaches, each once', () => {
  const { src, preload } = code.script('issuer/static/request.ts')
  assert.equal(new Set(preload).size, preload.length)
  assert.ok(!preload.includes(src))
  for (const address of [src, ...preload]) assert.ok(code.assets.has(address.replace(/^\/static\//, '')), address)
})

test('no served module holds anything but our own code', () => {
  for (const [path] of code.assets)
    assert.match(path, /^[0-9a-f]{16}\/(issuer\/static|domain|evidence)\/[a-z0-9-]+\.(ts|css|svg)$/)
})

test('taking out comments takes out nothing else: no text in backticks goes over several lines, and no comment of a line of its own is left', () => {
  for (const [path, { body }] of code.assets) {
    if (!path.endsWith('.ts')) continue
    const source = readFileSync(new URL(`../../src/${path.slice(17)}`, import.meta.url), 'utf8')
    for (const line of source.split('\n'))
      if (!/^\s*(?:\/\/|\/?\*)/.test(line)) assert.equal([...line.matchAll(/`/g)].length % 2, 0, `${path}: ${line}`)
    assert.doesNotMatch(body, /^\s*(?:\/\/|\/\*|\*)/m, path)
    assert.equal(tokens(body), tokens(stripTypeScriptTypes(source)), path)
  }
})

test('what is sent compressed is the same', () => {
  for (const [path, { body, brotli }] of code.assets) assert.equal(brotliDecompressSync(brotli()).toString(), body, path)
})

/** A text without lines of comment, and without the space between words: line by line, in another way than the one under test. */
function tokens(source: string): string {
  let inside = false
  const kept: string[] = []
  for (const line of source.split('\n').map((each) => each.trim())) {
    if (line.startsWith('/*')) inside = true
    if (!inside && !line.startsWith('//') && line !== '') kept.push(line)
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
  for (const [path, { body }] of code.assets) {
    if (path.includes('/issuer/static/'))
      assert.doesNotMatch(body, /\.innerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/, path)
  }
})
