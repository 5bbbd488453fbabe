// What each process can reach through its imports, followed from file to file, static and dynamic: the bot's graph holds no key, no ceremony and no
// credential kind, the issuer's no Slack, and the judging core nothing but itself. The linter looks at one import at a time; this at all of them.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const IMPORT =
  /(?:^|[;}\s])(?:import|export)\s*(?:[\w$*{},\s]*?\sfrom\s*|[{*][\w$*{},\s]*?\bfrom\s*)?['"]([^'"]+)['"]|\bimport\s*\(\s*['"`]([^'"`]+)['"`]/g

/** What a module's text imports when it runs: types are stripped first, as Node does, so that `import type` is no import. */
function importsOf(text: string): string[] {
  const code = stripTypeScriptTypes(text).replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  return [...code.matchAll(IMPORT)].map(([, still, dynamic]) => still ?? dynamic ?? '')
}

type Graph = { readonly files: readonly string[]; readonly packages: readonly string[]; readonly way: (to: string) => string }

/** Everything that is loaded when these files are: files under the root, and packages by name. */
function graphOf(entries: readonly string[]): Graph {
  const from = new Map<string, string>(entries.map((file) => [file, '']))
  const packages = new Map<string, string>()
  const queue = [...entries]
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    for (const name of importsOf(readFileSync(join(ROOT, file), 'utf8'))) {
      if (!name.startsWith('.')) {
        packages.set(name, file)
        continue
      }
      const target = relative(ROOT, resolve(ROOT, dirname(file), name))
      assert.ok(existsSync(join(ROOT, target)), `${file} imports ${name}, which is no file`)
      if (from.has(target) || !target.endsWith('.ts')) continue
      from.set(target, file)
      queue.push(target)
    }
  }
  const way = (to: string): string => {
    const before = packages.get(to) ?? from.get(to)
    return before ? `${way(before)} → ${to}` : to
  }
  return { files: [...from.keys()].sort(), packages: [...packages.keys()].sort(), way }
}

const filesIn = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file))

/** Fails with the way by which something forbidden is reached. */
function assertNone(graph: Graph, reached: readonly string[]): void {
  assert.deepEqual(reached.map(graph.way), [])
}

const BOT_COMMANDS = filesIn('src/commands').filter((file) => readFileSync(join(ROOT, file), 'utf8').includes('ctx: BotContext'))

describe('the bot', () => {
  const graph = graphOf([...filesIn('src/bot'), ...filesIn('src/db/bot-queries'), ...BOT_COMMANDS])

  test('has commands, and its graph is not empty', () => {
    assert.ok(BOT_COMMANDS.includes('src/commands/propose-request.ts') && BOT_COMMANDS.includes('src/commands/make-wish.ts'))
    assert.ok(graph.files.includes('src/domain/words.ts') && graph.packages.includes('kysely'))
  })

  test('reaches no credential kind, no ceremony, no key of the issuer and no sandbox', () => {
    const forbidden = /^src\/(credentials|issuer|sandbox)\/|^src\/passkeys\/(ceremony|ceremony-checks|cose|nonce|response)\.ts$/
    assertNone(
      graph,
      graph.files.filter((file) => forbidden.test(file)),
    )
    assertNone(
      graph,
      graph.packages.filter((name) => name.startsWith('@simplewebauthn')),
    )
  })

  test('reaches no command of the issuer', () => {
    const shared = ['src/commands/transact.ts', 'src/commands/context.ts']
    const issuers = filesIn('src/commands').filter((file) =>
      /ctx: (Omit<)?IssuerContext/.test(readFileSync(join(ROOT, file), 'utf8')),
    )
    assert.ok(issuers.includes('src/commands/claim-credential.ts'))
    assertNone(
      graph,
      graph.files.filter((file) => issuers.includes(file) && !shared.includes(file)),
    )
  })
})

describe('the issuer', () => {
  const graph = graphOf([
    ...filesIn('src/issuer'),
    ...filesIn('src/credentials'),
    ...filesIn('src/commands').filter((file) => !BOT_COMMANDS.includes(file)),
  ])

  test('reaches nothing of the bot, nothing of Slack and no sandbox', () => {
    assert.ok(graph.files.includes('src/commands/claim-credential.ts') && graph.files.includes('src/passkeys/ceremony.ts'))
    assertNone(
      graph,
      graph.files.filter((file) => /^src\/(bot|notifiers|sandbox)\/|^src\/db\/bot-queries\//.test(file)),
    )
    assertNone(
      graph,
      graph.packages.filter((name) => name.startsWith('@slack')),
    )
  })
})

test('domain and evidence reach nothing but themselves: no package, no node:', () => {
  for (const folder of ['src/domain', 'src/evidence']) {
    const graph = graphOf(filesIn(folder))
    assert.ok(graph.files.length > 3)
    assertNone(graph, graph.packages)
    assertNone(
      graph,
      graph.files.filter((file) => !/^src\/(domain|evidence)\//.test(file)),
    )
  }
  const domain = graphOf(filesIn('src/domain'))
  assertNone(
    domain,
    domain.files.filter((file) => !file.startsWith('src/domain/')),
  )
})

test('WebAuthn’s library is called from one file', () => {
  const callers = filesIn('src').filter((file) =>
    importsOf(readFileSync(join(ROOT, file), 'utf8')).some((name) => name.startsWith('@simplewebauthn')),
  )
  assert.deepEqual(callers, ['src/passkeys/ceremony.ts'])
})

test('a transaction begins in one file, and one file calls it', () => {
  const begins = filesIn('src').filter((file) =>
    /\.transaction\(\)|\bstartTransaction\(|['"`](begin|start transaction)\s*[;'"`]/i.test(
      readFileSync(join(ROOT, file), 'utf8'),
    ),
  )
  assert.deepEqual(begins, ['src/db/transaction.ts'])
  const callers = filesIn('src').filter((file) => /\binTransaction\b/.test(readFileSync(join(ROOT, file), 'utf8')))
  assert.deepEqual(callers, ['src/commands/transact.ts', 'src/db/transaction.ts'])
})

test('the issuer waits on no advisory lock, and listens to nothing', () => {
  const folders = ['src/commands', 'src/issuer', 'src/log', 'src/credentials'].filter((folder) => existsSync(join(ROOT, folder)))
  const words = /advisory|\b(un)?listen\s|pg_notify/i
  const users = folders
    .flatMap(filesIn)
    .filter((file) => words.test(readFileSync(join(ROOT, file), 'utf8').replaceAll(/^\s*\/\/.*$/gm, '')))
  assert.deepEqual(users, [])
})

test('every way to write an import is seen, and a type is none', () => {
  const text = [
    `import a from './a.ts'`,
    `import { b, type B } from "./b.ts"`,
    `import * as c from './c.ts'`,
    `import './d.ts'`,
    `export { e } from './e.ts'`,
    `export * from './f.ts'`,
    `export * as g from './g.ts'`,
    `import h, { i } from './h.ts'`,
    `import {\n  j,\n  k,\n} from './j.ts'`,
    `const l = await import('./l.ts')`,
    'const m = () => import(`./m.ts`)',
    `import type { N } from './no-type.ts'`,
    `export type { O } from './no-export-type.ts'`,
    `// import './no-comment.ts'`,
    `type P = import('./no-type-query.ts').P`,
  ].join('\n')
  assert.deepEqual(
    importsOf(text),
    ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'j', 'l', 'm'].map((name) => `./${name}.ts`),
  )
})
