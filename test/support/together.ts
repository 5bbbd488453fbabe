// Which test files share a process. Reading the modules costs a process more than most tests of plain functions do, so those run one file after the other
// in a few processes. Whoever opens a database, a browser or a process has one to himself: node's runner takes a hook for another file's when what was
// awaited before it is shared. Nothing is kept by hand: what a file imports says which it is, and `npm test -- FILE` runs any of them alone.

import { globSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'

const TESTS = join(import.meta.dirname, '..')
/** About fifteen files; more would leave a processor idle. */
const BYTES = 80_000
const STARTS = /^(?:import|\}) .*from 'node:(?:child_process|worker_threads)'/m
const NAMED = /^(?:import (?!type )|\} )(?:.* )?from '(\.[^']+)'/gm

/** All tests, as files to give to node's runner; for those that share a process, one file is written below this folder. */
export function allTogether(folder: string): readonly string[] {
  const groups = join(folder, 'together')
  rmSync(groups, { recursive: true, force: true })
  mkdirSync(groups, { recursive: true })
  const files = globSync('**/*.test.ts', { cwd: TESTS })
    .sort()
    .map((name) => join(TESTS, name))
  const { plain = [], alone = [] } = Object.groupBy(files, (file) => (isPlain(file) ? 'plain' : 'alone'))
  const entries = group(plain).map((files, number) => {
    const entry = join(groups, `${number}.mjs`)
    writeFileSync(entry, `import { together } from ${JSON.stringify(import.meta.url)}\ntogether(${JSON.stringify(files)})\n`)
    return entry
  })
  return [...entries, ...alone]
}

/** Runs files in this process, one after the other; called by what is written above. @public */
export function together(files: readonly string[]): void {
  for (const file of files)
    test(relative(TESTS, file), { timeout: Number.POSITIVE_INFINITY }, async () => void (await import(pathToFileURL(file).href)))
}

/** Neighbours share a process: they read the same modules. */
function group(files: readonly string[]): readonly (readonly string[])[] {
  const groups: string[][] = []
  let bytes = BYTES
  for (const file of files) {
    if (bytes >= BYTES) {
      groups.push([])
      bytes = 0
    }
    groups.at(-1)?.push(file)
    bytes += statSync(file).size
  }
  return groups
}

/** Whether neither a file nor any module below test/ that it loads starts processes, as those do that open a database or a browser. */
function isPlain(file: string): boolean {
  const reached = new Set([file])
  for (const each of reached) {
    const text = readFileSync(each, 'utf8')
    if (STARTS.test(text)) return false
    for (const [, path = ''] of text.matchAll(NAMED)) {
      const named = join(dirname(each), path)
      if (named.startsWith(TESTS) && named.endsWith('.ts')) reached.add(named)
    }
  }
  return true
}
