// YAML of which every value stands where one reads it: no anchors, aliases, merges, tags, duplicate or computed keys. Hostile or merely
// clever YAML must not say something else than it shows. Positions are kept, so that each later check can name its line and column.

import { isAlias, isMap, isPair, isScalar, isSeq, type Node, parseDocument, visit } from 'yaml'
import { findUnseenInText } from '../domain/visible.ts'
import type { Problem } from './problem.ts'
import type { Source } from './source.ts'

export type Path = readonly (string | number)[]
export type Yaml = {
  readonly value: unknown
  /** The problem at the value of a path, or at its key; the nearest parent that is there when it is missing. */
  readonly at: (path: Path, what: string, mend: string, point?: 'key' | 'value') => Problem
  readonly has: (path: Path) => boolean
  /** The names in the map at a path, in their order. */
  readonly keys: (path: Path) => readonly string[]
}

const WORDS: { readonly [code: string]: readonly [what: string, mend: string] } = {
  DUPLICATE_KEY: ['stands twice', 'keep one of the two'],
  MULTIPLE_DOCS: ['begins a second YAML document', 'remove the `---` or `...` in the middle'],
  NON_STRING_KEY: ['is a key that is not a plain name', 'write the key as a name'],
  TAB_AS_INDENT: ['is indented with a tab', 'indent with spaces'],
  RESOURCE_EXHAUSTION: ['is nested too deeply', 'remove the nesting'],
}

/** Reads the part of a source from `start` on as YAML; every place is counted in the whole file. */
export function readYaml(source: Source, start: number, end: number): { yaml?: Yaml; problems: Problem[] } {
  const text = source.text.slice(start, end)
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    strict: true,
    uniqueKeys: true,
    merge: false,
    stringKeys: true,
    prettyErrors: false,
  })
  const problems = document.errors.slice(0, 20).map((error): Problem => {
    const [from, to] = error.pos
    const [what, mend] = WORDS[error.code] ?? [error.message.split('\n', 1)[0] ?? error.code, 'mend the YAML here']
    const key = error.code === 'DUPLICATE_KEY' ? `\`${/^[^:\s]+/.exec(text.slice(from, Math.max(to, from + 64)))?.[0]}\` ` : ''
    return source.at(start + from, `${key}${what}`, mend)
  })
  const refuse = (node: Node, what: string, mend: string) =>
    void problems.push(source.at(start + (node.range?.[0] ?? 0), what, mend))
  visit(document, (key, node) => {
    if (isAlias(node)) refuse(node, `\`*${node.source}\` is an alias`, 'write the value out where it is used')
    if (isPair(node) || !(isScalar(node) || isMap(node) || isSeq(node))) return
    if (node.anchor !== undefined) refuse(node, `\`&${node.anchor}\` is an anchor`, 'remove it and write each value out')
    // Only a tag that was written stands here; the type of a plain value is not one.
    if (node.tag !== undefined) refuse(node, 'has a type tag', 'remove it; write texts in quotes if need be')
    if (!isScalar(node)) return
    if (key === 'key' && node.value === '<<') refuse(node, '`<<` merges another map', 'write the members out')
    if (key === 'key' && node.value === '__proto__') refuse(node, '`__proto__` is no name', 'use another name')
    if (typeof node.value !== 'string' || !node.range) return
    // Written openly it was reported with the whole text; an escape like "\u202e" comes to light only here.
    const written = text.slice(node.range[0], node.range[1])
    const unseen = findUnseenInText(written) ? undefined : findUnseenInText(node.value)
    if (unseen)
      refuse(node, `holds ${unseen.name}, a character that does not show`, 'remove it: what people read must be all there is')
    if (!unseen && written.normalize('NFC') === written && node.value.normalize('NFC') !== node.value)
      refuse(node, 'holds a letter that is not in Unicode normal form NFC', 'write the letter itself, not its parts')
  })
  if (problems.length > 0) return { problems }
  return { problems, yaml: { value: document.toJS(), ...places(source, start, document.contents) } }
}

function places(source: Source, start: number, root: Node | null): Omit<Yaml, 'value'> {
  const walk = (path: Path): { node?: unknown; found: boolean; key: number; value: number } => {
    let node: unknown = root
    let key = root?.range?.[0] ?? 0
    for (const step of path) {
      const pair = isMap(node) ? node.items.find((item) => isScalar(item.key) && item.key.value === step) : undefined
      const next = isSeq(node) ? node.items[Number(step)] : pair?.value
      if (pair === undefined && next === undefined) return { found: false, key, value: key }
      const keyNode = isScalar(pair?.key) ? pair.key : next
      key = offsetOf(keyNode) ?? key
      node = next
    }
    return { node, found: true, key, value: offsetOf(node) ?? key }
  }
  return {
    has: (path) => walk(path).found,
    keys: (path) => {
      const { node } = walk(path)
      return isMap(node) ? node.items.flatMap(({ key }) => (isScalar(key) ? [String(key.value)] : [])) : []
    },
    at: (path, what, mend, point = 'value') => source.at(start + walk(path)[point], what, mend),
  }
}

const offsetOf = (node: unknown): number | undefined =>
  isScalar(node) || isMap(node) || isSeq(node) ? node.range?.[0] : undefined
