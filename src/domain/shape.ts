// Closed parsers for what people sign: each says exactly which members and values exist, and names the path of the first that does not fit.
// Ours because `domain/` and `evidence/` import nothing: the same file runs in the issuer, on an auditor's laptop and in a browser.
// Input is hostile. Nothing is repaired, defaulted or ignored.

export type Shape<T> = (value: unknown, path: string) => T
export type Shaped<S> = S extends Shape<infer T> ? T : never
export type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly path: string; readonly problem: string }

class Misfit extends Error {
  readonly path: string
  constructor(path: string, problem: string) {
    super(problem)
    this.path = path
  }
}

/** Refuses: for shapes written elsewhere. */
export const misfit = (path: string, problem: string): never => {
  throw new Misfit(path, problem)
}

/** Reads a value by a shape; the first misfit comes back as path and problem. */
export function read<T>(shape: Shape<T>, value: unknown): Read<T> {
  try {
    return { ok: true, value: shape(value, '') }
  } catch (error) {
    if (error instanceof Misfit)
      return {
        ok: false,
        path: error.path || '(whole)',
        problem: error.message,
      }
    throw error
  }
}

/** A member in a JSON pointer (RFC 6901): its name may be anything. */
const memberOf = (path: string, name: string): string => `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`

/** A text of bounded length (UTF-16 units) that matches the pattern as a whole. */
export const text =
  (pattern: RegExp, max = 256): Shape<string> =>
  (value, path) =>
    typeof value === 'string' && value.length <= max && pattern.test(value)
      ? value
      : misfit(path, `is not a text like ${pattern.source}`)

/** An integer between two bounds, both included. */
export const integer =
  (min: number, max: number): Shape<number> =>
  (value, path) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
      ? value
      : misfit(path, `is not an integer from ${min} to ${max}`)

export const boolean: Shape<boolean> = (value, path) =>
  typeof value === 'boolean' ? value : misfit(path, 'is not true or false')

/** One of the listed texts or integers. */
export const literal =
  <const T extends string | number>(...allowed: T[]): Shape<T> =>
  (value, path) =>
    allowed.includes(value as T) ? (value as T) : misfit(path, `is not ${allowed.join(' or ')}`)

export const list =
  <T>(item: Shape<T>, min: number, max: number): Shape<readonly T[]> =>
  (value, path) => {
    if (!Array.isArray(value) || value.length < min || value.length > max)
      return misfit(path, `is not a list of ${min} to ${max}`)
    return value.map((each, index) => item(each, `${path}/${index}`))
  }

/** An object whose member names match the pattern and whose members all have one shape. */
export const record =
  <T>(name: RegExp, member: Shape<T>, max: number): Shape<{ readonly [name: string]: T }> =>
  (value, path) => {
    const entries = Object.entries(plain(value, path))
    if (entries.length > max) return misfit(path, `has more than ${max} members`)
    return Object.fromEntries(
      entries.map(([key, each]) =>
        name.test(key) ? [key, member(each, `${path}/${key}`)] : misfit(memberOf(path, key), 'is not a member name'),
      ),
    )
  }

type Members = { readonly [name: string]: Shape<unknown> }
type Required<M extends Members> = { readonly [K in keyof M]: Shaped<M[K]> }
type Optional<M extends Members> = { readonly [K in keyof M]?: Shaped<M[K]> }
type Flat<T> = { readonly [K in keyof T]: T[K] }

/** An object with exactly these members; the optional ones may be absent, others may not be there. */
export const closed =
  // biome-ignore lint/complexity/noBannedTypes: `{}` is the type of no optional members
  <M extends Members, O extends Members = {}>(members: M, optional?: O): Shape<Flat<Required<M> & Optional<O>>> => {
    // What is read comes out in the order of its canonical text, so that writing it again has nothing to sort.
    const shapes = Object.entries<Shape<unknown>>({ ...members, ...optional })
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, shape]) => ({ name, at: `/${name}`, shape, isNeeded: Object.hasOwn(members, name) }))
    const known = new Set(shapes.map(({ name }) => name))
    return (value, path) => {
      const object = plain(value, path)
      const out: Record<string, unknown> = {}
      for (const name of Object.keys(object)) if (!known.has(name)) misfit(memberOf(path, name), 'is not a known member')
      for (const { name, at, shape, isNeeded } of shapes) {
        if (Object.hasOwn(object, name)) out[name] = shape(object[name], path + at)
        else if (isNeeded) misfit(path + at, 'is missing')
      }
      return out as Flat<Required<M> & Optional<O>>
    }
  }

/** The first shape of the table that the discriminating member selects. */
export const variant =
  <V extends { readonly [tag: string]: Shape<unknown> }>(member: string, table: V): Shape<Shaped<V[keyof V]>> =>
  (value, path) => {
    const tag = plain(value, path)[member]
    const shape = typeof tag === 'string' && Object.hasOwn(table, tag) ? table[tag] : undefined
    if (!shape) return misfit(`${path}/${member}`, `is not ${Object.keys(table).join(' or ')}`)
    return shape(value, path) as Shaped<V[keyof V]>
  }

/** Either of two shapes told apart by whether the value is an object. */
export const scalarOr =
  <S, O>(scalar: Shape<S>, object: Shape<O>): Shape<S | O> =>
  (value, path) =>
    typeof value === 'object' ? object(value, path) : scalar(value, path)

function plain(value: unknown, path: string): { readonly [name: string]: unknown } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return misfit(path, 'is not an object')
  return value as { readonly [name: string]: unknown }
}
