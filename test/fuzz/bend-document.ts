// Signed JSON bent while it stays what it is: another value of the same form, other members that are allowed, other spellings. Such bytes come past shapes too,
// to what compares and counts.

import { bendBytes, bendJson } from './mutate.ts'
import type { Random } from './random.ts'

/** A value, not a name: no colon follows. */
const VALUE = /"(?:[^"\\]|\\.)*"(?!\s*:)|-?\d+|true|false/g
const CLASSES = ['abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', '0123456789']

/** A document in its one canonical form: a third of them with another value of the same form, most others with another structure. */
export function bendDocument(random: Random, bytes: Uint8Array): Buffer {
  if (random.below(3) === 0) return Buffer.from(withOtherValue(random, Buffer.from(bytes).toString()))
  return (random.below(8) > 0 && bendJson(random, bytes)) || bendBytes(random, bytes, [bytes])
}

function withOtherValue(random: Random, text: string): string {
  const values = [...text.matchAll(VALUE)]
  const value = random.pick(values)
  const twins = values.map(([each]) => each).filter((each) => each !== value[0] && each.length === value[0].length)
  const other = twins.length > 0 && random.below(2) === 0 ? random.pick(twins) : likeIt(random, value[0])
  return text.slice(0, value.index) + other + text.slice(value.index + value[0].length)
}

function likeIt(random: Random, value: string): string {
  if (value === 'true' || value === 'false') return String(value === 'false')
  if (!value.startsWith('"')) return String(Math.abs(Number(value) + random.pick([1, -1, 1000, -1000])))
  const at = 1 + random.below(value.length - 2)
  const letters = CLASSES.find((each) => each.includes(value[at] ?? '')) ?? '-_ .'
  return (
    value.slice(0, at) +
    random.pick([...letters].filter((each) => each !== value[at])) +
    value.slice(at + (value.length > 2 ? 1 : 0))
  )
}

/** Client data: a third of them with what browsers may add or spell otherwise, which must mean the same to every reader. */
export function bendClientData(random: Random, bytes: Uint8Array): Buffer {
  if (random.below(3) > 0) return bendDocument(random, bytes)
  const text = Buffer.from(bytes).toString()
  return Buffer.from(random.pick(SPELLINGS)(text))
}

const SPELLINGS: readonly ((text: string) => string)[] = [
  (text) => text.replace('{', '{ \n\t'),
  (text) => `${text}\n`,
  (text) => text.replaceAll(':', ' : '),
  (text) => text.replace('webauthn', '\\u0077ebauthn'),
  (text) => text.replace('"origin"', '"\\u006frigin"'),
  (text) => text.replace('{', '{"other_keys_can_be_added_here":"do not compare clientDataJSON against a template",'),
  (text) => text.replace('{', '{"__proto__":{"type":"webauthn.get"},'),
  (text) => text.replace('{', '{"toString":1,"hasOwnProperty":null,"then":{},'),
  (text) => text.replace(/,"crossOrigin":false/, ''),
  (text) => text.replace('{', '{"crossOrigin":false,'),
  (text) => text.replace('{', '{"origin":"https://other.example",'),
  (text) => text.replace('{', '{"\\u006frigin":"https://other.example",'),
  (text) => text.replace('}', ',"tokenBinding":{"status":"supported"}}'),
  (text) => text.replace('}', ',"topOrigin":"https://other.example"}'),
  (text) => text.replace('{', `{"deep":${'['.repeat(900)}${']'.repeat(900)},`),
  (text) => `\ufeff${text}`,
]
