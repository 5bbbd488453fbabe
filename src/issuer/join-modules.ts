// Makes one script of an entry module and everything it imports: each module's text as it stands, in a scope of its own, in the order in which they
// need each other. Thirty small files cost a phone thirty answers before anybody can press a button. It knows only the few forms of import and
// export that our browser code uses, and stops the start at any other, so it can not quietly join something else than what was written.

import { posix } from 'node:path'

const IMPORT = /^import\s+\{([^}]*)\}\s+from\s+'([^']+)'$/gm
const EXPORT = /^export\s+(?=(?:const|function|async function|class)\s+([A-Za-z_$][\w$]*))/gm
const LEFT_OVER = /^\s*(?:import\b(?!\()|export\b).*/m

/** The imports of a module, as paths. */
export const importsOf = (path: string, text: string): readonly string[] =>
  [...text.matchAll(IMPORT)].map(([, , to = '']) => posix.join(posix.dirname(path), to))

/** The script of an entry; `textOf` gives a module's JavaScript. */
export function joinModules(entry: string, textOf: (path: string) => string): string {
  const order: string[] = []
  const visit = (path: string, above: readonly string[]): void => {
    if (above.includes(path)) throw new Error(`browser code goes in a circle: ${[...above, path].join(' > ')}`)
    if (order.includes(path)) return
    for (const each of importsOf(path, textOf(path))) visit(each, [...above, path])
    order.push(path)
  }
  visit(entry, [])
  const name = (path: string): string => `m${order.indexOf(path)}`
  return order
    .map((path) => {
      const { body, exported } = opened(path, textOf(path), name)
      return path === entry ? body : `const ${name(path)} = (() => {\n${body}\nreturn { ${exported.join(', ')} }\n})()`
    })
    .join('\n')
}

function opened(path: string, text: string, name: (path: string) => string) {
  const exported = [...text.matchAll(EXPORT)].map(([, each = '']) => each)
  const body = text
    .replace(IMPORT, (_, names: string, to: string) => {
      const taken = names
        .replaceAll(/\s+as\s+/g, ': ')
        .replaceAll(/\s+/g, ' ')
        .replace(/,\s*$/, '')
        .trim()
      return `const { ${taken} } = ${name(posix.join(posix.dirname(path), to))}`
    })
    .replace(EXPORT, '')
  const strange = LEFT_OVER.exec(body)
  if (strange) throw new Error(`browser code in ${path} has a form that is not joined here: ${strange[0].trim()}`)
  return { body, exported }
}
