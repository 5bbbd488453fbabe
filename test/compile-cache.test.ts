// The compiled code that is kept: where, by whom, and that it spares what it is there to spare.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ENTRY = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const ROOT = fileURLToPath(new URL('../', import.meta.url))
const CACHE = './src/compile-cache.js'

test('no compiled code is kept or looked for in the temporary folder, where another user could put his own', async (t) => {
  const temporary = mkdtempSync(join(tmpdir(), 'countersign-cache-'))
  t.after(() => rmSync(temporary, { recursive: true }))
  await promisify(execFile)(process.execPath, [ENTRY, 'help'], { env: { ...environmentWithout(), TMPDIR: temporary } })
  assert.deepEqual(readdirSync(temporary), [])
})

test('a command that was run before loads no compiler of types', async () => {
  const tell =
    'data:text/javascript,process.on("exit",()=>process._rawDebug(process.moduleLoadList.filter(name=>name.includes("amaro")).join()))'
  const run = () =>
    promisify(execFile)(process.execPath, ['--import', CACHE, '--import', tell, ENTRY, 'help'], {
      env: environmentWithout(),
      cwd: ROOT,
    })
  await run()
  assert.equal((await run()).stderr.trim(), '')
})

test('what browsers are given is the same whether it was kept or is stripped anew', async () => {
  const ask = `import { stripped } from ${JSON.stringify(new URL('../src/stripped.ts', import.meta.url).href)}; process.stdout.write(stripped('const a: 1 = 1 // ' + process.argv[1]))`
  const run = async (word: string, ...flags: string[]) =>
    (
      await promisify(execFile)(process.execPath, [...flags, '--input-type=module', '--eval', ask, word], {
        env: environmentWithout(),
        cwd: ROOT,
      })
    ).stdout
  const word = randomUUID()
  const plain = await run(word)
  assert.equal(plain, `const a    = 1 // ${word}`)
  for (const flags of [
    ['--import', CACHE],
    ['--import', CACHE],
  ])
    assert.equal(await run(word, ...flags), plain)
})

/** As somebody else starts a process: what this run of the tests has set is not there. */
function environmentWithout(): NodeJS.ProcessEnv {
  const { NODE_COMPILE_CACHE: _, NODE_TEST_CONTEXT: __, ...environment } = process.env
  return environment
}
