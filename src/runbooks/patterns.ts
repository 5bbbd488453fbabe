// Whether a pattern is safe to run on what a hostile requester types. V8 backtracks, so a pattern may take time exponential in its input
// (`(a+)+`) and block the process that also ends grants. What this file alone holds: the number of ways in which an accepted pattern can be
// walked through, over all texts of the allowed length, has a bound that was computed, not guessed. The bound is pessimistic: it multiplies
// along a sequence, adds over alternatives, and does not see that two repetitions cannot overlap. So it refuses some harmless patterns; the
// author lowers `max_length` or repeats less. Look-around, back-references and flags have no bound this simple and are refused.

/** Ways through, and the lengths of what it matches in characters. */
type Walk = { readonly ways: number; readonly least: number }
export type PatternProblem = { readonly what: string; readonly mend: string }

const MAX_WAYS = 1_000_000
const NO_WALK: Walk = { ways: 1, least: 0 }

class Unbounded extends Error {}

/** What is wrong with a pattern for texts up to a length; undefined when nothing is. */
export function judgePattern(pattern: string, maxLength: number): PatternProblem | undefined {
  try {
    new RegExp(pattern, 'u')
  } catch (error) {
    const why = (error instanceof Error ? error.message : '').replace(/^.*\/u?: /, '')
    return {
      what: `is no regular expression: ${why}`,
      mend: 'write a JavaScript regular expression as with the flag `u`; it is always matched as a whole',
    }
  }
  try {
    const { ways, least } = walkPattern(pattern, maxLength)
    if (least > maxLength)
      return { what: `matches only texts longer than ${maxLength} characters`, mend: 'raise `max_length` or shorten the pattern' }
    if (ways > MAX_WAYS)
      return {
        what: 'can run away: a long text can keep it busy for very long',
        mend: 'do not repeat what itself repeats or branches: use one class like [a-z-], bounds like {1,40}, or a lower `max_length`',
      }
  } catch (error) {
    if (error instanceof Unbounded) return { what: error.message, mend: 'say it with classes, alternatives and repetitions' }
    throw error
  }
  return undefined
}

/** Reads a pattern that compiled: alternatives of sequences of repeated atoms. */
function walkPattern(pattern: string, maxLength: number): Walk {
  let at = 0
  const next = (expression: RegExp): RegExpExecArray | undefined => {
    expression.lastIndex = at
    const found = expression.exec(pattern) ?? undefined
    if (found) at += found[0].length
    return found
  }

  const alternatives = (): Walk => {
    let walk = sequence()
    while (next(/\|/uy)) {
      const other = sequence()
      walk = { ways: walk.ways + other.ways, least: Math.min(walk.least, other.least) }
    }
    return walk
  }
  const sequence = (): Walk => {
    let walk = NO_WALK
    while (at < pattern.length && pattern[at] !== '|' && pattern[at] !== ')') {
      const item = repeated(atom())
      walk = { ways: walk.ways * item.ways, least: walk.least + item.least }
    }
    return walk
  }
  const atom = (): Walk => {
    if (next(/\((?:\?:)?(?!\?)/uy)) {
      const inner = alternatives()
      next(/\)/uy)
      return inner
    }
    if (next(/\(/uy)) throw new Unbounded('uses `(?…`: look-around, names or flags')
    if (next(/[\^$]|\\[bB]/uy)) return NO_WALK
    if (next(/\\[1-9k]/uy)) throw new Unbounded('refers back to an earlier group')
    next(/\[(?:\\.|[^\]\\])*\]|\\(?:[pPu]\{[^}]*\}|u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|c.|.)|./suy)
    return { ways: 1, least: 1 }
  }
  const repeated = (item: Walk): Walk => {
    const found = next(/(?:([*+?])|\{(\d+)(,(\d*))?\})\??/uy)
    if (!found) return item
    const [, sign, low, comma, high] = found
    const least = sign ? Number(sign === '+') : Number(low)
    const most = sign === '?' ? 1 : sign || (comma && !high) ? Number.POSITIVE_INFINITY : Number(high ?? low)
    // More rounds than characters are possible only for what may match nothing; there they are ways without end.
    const rounds =
      item.least === 0 && item.ways > 1 ? most : Math.min(most, Math.max(least, Math.floor(maxLength / Math.max(1, item.least))))
    return { ways: sumOfPowers(item.ways, least, rounds), least: item.least * least }
  }
  const walk = alternatives()
  // A bracket that this reader takes otherwise than the engine would leave a rest: better no judgement than a wrong one.
  if (at !== pattern.length) throw new Unbounded('could not be read to its end')
  return walk
}

/** base^from + … + base^to, saturating. */
function sumOfPowers(base: number, from: number, to: number): number {
  if (base === 1) return to - from + 1
  let sum = 0
  let power = base ** from
  for (let exponent = from; exponent <= to && sum <= MAX_WAYS; exponent++) {
    sum += power
    power *= base
  }
  return sum
}
