// What the pages load: our own modules without types, nothing that reaches further, nothing of others.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
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
    assert.match(path, /^[0-9a-f]{16}\/(?:tokens\.css|(issuer\/static|domain|evidence)\/[a-z0-9-]+\.(ts|css|svg))$/)
})

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
