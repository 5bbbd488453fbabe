// The words after a command. What it does not know is refused with the nearest that it knows; nothing is guessed.

import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { nearestName } from '../domain/nearest.ts'
import { EXIT, StartRefused } from '../run.ts'

/** The options and further words of a command; `words` is how many of the latter it takes at most, `code` the exit code of a mistake. */
export function readArguments<const O extends ParseArgsOptionsConfig>(
  command: string,
  args: readonly string[],
  options: O,
  words = 0,
  code: number = EXIT.usage,
): { readonly values: ReturnType<typeof parseArgs<{ options: O }>>['values']; readonly positionals: readonly string[] } {
  const help = `see \`countersign help ${command}\``
  const no = (what: string): never => {
    throw new StartRefused([`${what}; ${help}`], code)
  }
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true, allowPositionals: true })
  for (const token of tokens) {
    if (token.kind !== 'option' || Object.hasOwn(options, token.name)) continue
    const near = nearestName(token.name, Object.keys(options))
    no(`${command} has no option ${token.rawName.slice(0, 40)}${near === undefined ? '' : `, did you mean --${near}?`}`)
  }
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    const extra = positionals[words]
    return extra === undefined ? { values, positionals } : no(`${command} does not know what to do with “${extra.slice(0, 40)}”`)
  } catch (error) {
    if (error instanceof StartRefused) throw error
    return no(error instanceof Error ? error.message : String(error))
  }
}
