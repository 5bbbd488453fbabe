// The import directions of the tree are lint rules in biome.json. Here they are shown to bite: the linter runs with that very configuration
// over a tree of offending files, and each file must be refused for exactly the imports that are wrong, and for no right one.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test, { after } from 'node:test'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const FOREIGN = ['zod', 'node:crypto', 'fs', '@fastify/cookie', 'https://example.com/x.js', '#alias', '/etc/x.ts']
const folder = (...names: string[]) => names.map((name) => `../${name}/x.ts`)
const EDGES = ['issuer', 'bot', 'notifiers', 'cli', 'sandbox']
const others = (name: string, of: string[]) => of.filter((each) => each !== name)
const MIDDLE = ['passkeys', 'log', 'runbooks', 'credentials']
const WEBAUTHN = '@simplewebauthn/server'

type Case = { readonly right: readonly string[]; readonly wrong: readonly string[] }
const CASES: Readonly<Record<string, Case>> = {
  'src/domain/x.ts': {
    right: ['./ids.ts', './shapes/ids.ts'],
    wrong: [
      ...FOREIGN,
      ...folder('evidence', 'db', ...MIDDLE, 'commands', ...EDGES),
      '../main.ts',
      './../db/x.ts',
      './shapes/../../db/x.ts',
    ],
  },
  'src/evidence/x.ts': {
    right: ['./chain.ts', '../domain/ids.ts'],
    wrong: [...FOREIGN, ...folder('db', ...MIDDLE, 'commands', ...EDGES), '../config.ts', './../db/x.ts', '../domain/../db/x.ts'],
  },
  'src/certificates/x.ts': {
    right: ['./der.ts', '../domain/ids.ts', 'node:crypto'],
    wrong: [...folder('db', ...MIDDLE, 'commands', ...EDGES), '../main.ts', '../config.ts', WEBAUTHN],
  },
  'src/db/x.ts': {
    right: ['./connect.ts', '../domain/ids.ts', '../evidence/bundle.ts', 'kysely', 'node:fs'],
    wrong: [...folder(...MIDDLE, 'commands', ...EDGES), '../main.ts', '../config.ts', WEBAUTHN],
  },
  ...Object.fromEntries(
    MIDDLE.map((name) => [
      `src/${name}/x.ts`,
      {
        right: [...folder('domain', 'evidence', 'db', name), 'zod'],
        wrong: [...folder(...others(name, MIDDLE), 'commands', ...EDGES), '../main.ts', '../config.ts', WEBAUTHN],
      },
    ]),
  ),
  'src/passkeys/ceremony.ts': { right: [WEBAUTHN, '../domain/ids.ts'], wrong: folder('log', 'credentials', 'commands', 'bot') },
  'src/commands/x.ts': {
    right: folder('domain', 'evidence', 'db', ...MIDDLE),
    wrong: [...folder(...EDGES), '../main.ts', '../config.ts', '../metrics.ts', WEBAUTHN],
  },
  'src/issuer/pages/x.ts': {
    right: ['../../commands/x.ts', '../../passkeys/x.ts', '../../credentials/index.ts', '../keys.ts', '../../config.ts'],
    wrong: ['../../bot/x.ts', '../../notifiers/index.ts', '../../cli/x.ts', '../../sandbox/x.ts', '../../main.ts', WEBAUTHN],
  },
  'src/bot/slack/x.ts': {
    right: ['../../commands/x.ts', '../../runbooks/x.ts', '../../log/x.ts', '../app.ts', '@slack/bolt'],
    wrong: [
      ...['credentials', 'passkeys', 'issuer', 'notifiers', 'cli', 'sandbox'].map((name) => `../../${name}/keys.ts`),
      '../../main.ts',
      WEBAUTHN,
    ],
  },
  'src/notifiers/x.ts': {
    right: folder('domain', 'db', 'commands'),
    wrong: folder('credentials', 'passkeys', ...others('notifiers', EDGES)),
  },
  'src/cli/x.ts': {
    right: folder('domain', 'evidence', 'passkeys', 'commands'),
    wrong: [...folder(...others('cli', EDGES)), WEBAUTHN],
  },
  'src/sandbox/x.ts': {
    right: folder('domain', 'evidence', 'passkeys', 'issuer'),
    wrong: [...folder('bot', 'notifiers', 'cli'), '../main.ts'],
  },
  'src/config.ts': { right: ['./domain/ids.ts', 'zod'], wrong: ['./db/x.ts', './issuer/x.ts', './main.ts'] },
}

// Every way to write an import in a module, so that none is a way around.
const FORMS = [
  (from: string, n: number) => `import { a as a${n} } from '${from}'\nexport { a${n} }`,
  (from: string, n: number) => `import type { A as A${n} } from '${from}'\nexport type { A${n} }`,
  (from: string) => `import '${from}'`,
  (from: string, n: number) => `export { a as a${n} } from '${from}'`,
  (from: string) => `export * from '${from}'`,
  (from: string, n: number) => `export const a${n} = await import('${from}')`,
]

type Report = { diagnostics: { category: string; location: { path: string; start: { line: number } } }[] }

async function lint(files: Readonly<Record<string, string>>, rule: string): Promise<Report> {
  const tree = await mkdtemp(join(tmpdir(), 'countersign-lint-'))
  after(() => rm(tree, { recursive: true }))
  await copyFile(join(ROOT, 'biome.json'), join(tree, 'biome.json'))
  await copyFile(join(ROOT, '.gitignore'), join(tree, '.gitignore'))
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(tree, dirname(path)), { recursive: true })
    await writeFile(join(tree, path), text)
  }
  const args = ['lint', '--reporter=json', '--max-diagnostics=none', `--only=${rule}`, '.']
  const output = await new Promise<string>((resolve) =>
    execFile(join(ROOT, 'node_modules/.bin/biome'), args, { cwd: tree, maxBuffer: 1 << 26 }, (_error, stdout) => resolve(stdout)),
  )
  return JSON.parse(output) as Report
}

test('each folder imports only what lies below it, however the import is written', async () => {
  const files: Record<string, string> = {}
  const expected: string[] = []
  for (const [path, { right, wrong }] of Object.entries(CASES)) {
    for (const [form, write] of FORMS.entries()) {
      const file = path.replace(/(x|ceremony|config)\.ts$/, (name) => (name === 'x.ts' ? `form-${form}.ts` : name))
      if (file === path && form > 0) continue
      const imports = [...right, ...wrong]
      files[file] = imports.map((from, n) => write(from, n).replaceAll('\n', '; ')).join('\n')
      for (const [n, from] of imports.entries()) if (wrong.includes(from)) expected.push(`${file}:${n + 1} ${from}`)
    }
  }
  const report = await lint(files, 'style/noRestrictedImports')
  const refused = report.diagnostics
    .filter(({ category }) => category === 'lint/style/noRestrictedImports')
    .map(({ location }) => {
      const { right, wrong } = caseOf(location.path)
      return `${location.path}:${location.start.line} ${[...right, ...wrong][location.start.line - 1]}`
    })
  assert.deepEqual([...new Set(refused)].sort(), expected.sort())
})

function caseOf(path: string): Case {
  const found = CASES[path] ?? CASES[path.replace(/form-\d\.ts$/, 'x.ts')]
  assert.ok(found, path)
  return found
}

test('a promise that nobody waits for is refused', async () => {
  const report = await lint({ 'src/x.ts': 'async function work() {}\nwork()\nawait work()\n' }, 'nursery/noFloatingPromises')
  assert.deepEqual(
    report.diagnostics.map(({ category, location }) => [category, location.start.line]),
    [['lint/nursery/noFloatingPromises', 2]],
  )
})

test('a circle of imports is refused', async () => {
  const files = { 'src/log/a.ts': `import './b.ts'\n`, 'src/log/b.ts': `import './c.ts'\n`, 'src/log/c.ts': `import './a.ts'\n` }
  const report = await lint(files, 'suspicious/noImportCycles')
  assert.deepEqual(
    report.diagnostics.map(({ category }) => category),
    Array(3).fill('lint/suspicious/noImportCycles'),
  )
})

test('every folder of src has its import rule', async () => {
  const rules = await readFile(join(ROOT, 'biome.json'), 'utf8')
  for (const entry of await readdir(join(ROOT, 'src'), { withFileTypes: true }))
    if (entry.isDirectory()) assert.ok(rules.includes(`"src/${entry.name}/**"`), `src/${entry.name} has no rule in biome.json`)
})
