// The small language of `grants`: texts in which `{name}` stands for a parameter and `{{`, `}}` for braces. Nothing else: no conditions, no
// defaults, no functions, so that an approver can foresee each right from the runbook. Pure; the loader and resolve.ts read texts only by this.

import type { Parameter, Template } from '../domain/action.ts'
import { nearestName } from '../domain/nearest.ts'

export type Part = { readonly text: string } | { readonly parameter: string }
export type Parts = { readonly ok: true; readonly parts: readonly Part[] } | { readonly ok: false; readonly problem: string }

/** The parts of one text: plain runs and parameters. */
export function readTemplate(text: string): Parts {
  const parts: Part[] = []
  let plain = ''
  // Each alternative begins with another character, so this is one pass.
  for (const [piece, name] of text.matchAll(/\{\{|\}\}|\{([a-z][a-z0-9_]{0,62})\}|[^{}]+|[{}]/g)) {
    if (name !== undefined) {
      if (plain) parts.push({ text: plain })
      plain = ''
      parts.push({ parameter: name })
    } else if (piece === '{{' || piece === '}}') plain += piece[0]
    else if (piece === '{' || piece === '}') return { ok: false, problem: `holds a lone \`${piece}\`` }
    else plain += piece
  }
  if (plain || parts.length === 0) parts.push({ text: plain })
  return { ok: true, parts }
}

type Step = string | number
export type Finding = { readonly path: readonly Step[]; readonly what: string; readonly mend: string }
const MAX_DEPTH = 4

/** Every mistake in a template as authors wrote it, the parameters it uses, and the template itself when there is no mistake. */
export function checkTemplate(
  written: unknown,
  parameters: readonly Pick<Parameter, 'name' | 'personal'>[],
  path: readonly Step[] = [],
): { findings: Finding[]; used: string[] } {
  const bad = (what: string, mend: string, at: readonly Step[] = path) => ({ findings: [{ path: at, what, mend }], used: [] })
  if (typeof written === 'string') return checkText(written, parameters, path)
  if (typeof written === 'number')
    return Number.isSafeInteger(written) && !Object.is(written, -0)
      ? { findings: [], used: [] }
      : bad(`${written} is not a whole number`, 'write it as a text, in quotes')
  if (typeof written !== 'object' || written === null)
    return bad(
      `${JSON.stringify(written)} cannot be granted`,
      'write a text, a whole number, a list or a map; a parameter in quotes: `"{name}"`',
    )
  if (path.length > MAX_DEPTH) return bad('is nested too deeply', `use at most ${MAX_DEPTH} levels`)
  // Signed bytes tell a commitment from a map by this one member.
  if (!Array.isArray(written) && Object.hasOwn(written, 'commitment'))
    return bad('`commitment` is a reserved name', 'use another name', [...path, 'commitment'])
  const inside = (Array.isArray(written) ? [...written.entries()] : Object.entries(written)) as [Step, unknown][]
  const all = inside.map(([step, each]) =>
    typeof step === 'string' && !/^[a-z][a-z0-9_]{0,62}$/.test(step)
      ? bad(`\`${step}\` is not a name`, 'use small letters, digits and underlines, beginning with a letter', [...path, step])
      : checkTemplate(each, parameters, [...path, step]),
  )
  return { findings: all.flatMap(({ findings }) => findings), used: all.flatMap(({ used }) => used) }
}

function checkText(text: string, parameters: readonly Pick<Parameter, 'name' | 'personal'>[], path: readonly Step[]) {
  const read = readTemplate(text)
  if (!read.ok) return { findings: [{ path, what: read.problem, mend: 'write `{{` or `}}` for a brace itself' }], used: [] }
  const used = read.parts.flatMap((part) => ('parameter' in part ? [part.parameter] : []))
  const findings = used.flatMap((name): Finding[] => {
    const parameter = parameters.find((known) => known.name === name)
    if (!parameter) {
      const near = nearestName(
        name,
        parameters.map((known) => known.name),
      )
      return [
        {
          path,
          what: `\`{${name}}\` is not a parameter of this action`,
          mend: near ? `did you mean \`{${near}}\`?` : 'add it to `parameters`',
        },
      ]
    }
    // A commitment is one digest: it cannot be a piece of a text, and what cannot be erased must not be signed.
    if (parameter.personal && read.parts.length > 1)
      return [
        {
          path,
          what: `\`{${name}}\` is personal and only a part of this text`,
          mend: `let the text be \`"{${name}}"\` and nothing else`,
        },
      ]
    return []
  })
  return { findings, used }
}

/** A checked template: the type is earned by {@link checkTemplate} having found nothing. */
export const asTemplates = (written: { readonly [member: string]: unknown }) => written as { readonly [member: string]: Template }
