// Base64url (RFC 4648 section 5) without padding, in the one spelling each byte string has.
// Decoding refuses padding, foreign characters, impossible lengths and non-zero leftover bits: two spellings of one value
// would be two keys in a unique index. Written out because this file also runs in browsers and may import nothing.

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const FOREIGN = 64
/** By character code, because digests, keys and rule sets are read with every decision. */
const VALUE = Uint8Array.from({ length: 128 }, (_, code) => {
  const index = ALPHABET.indexOf(String.fromCharCode(code))
  return index < 0 ? FOREIGN : index
})

/** Two letters at a time: a text grows by half as many steps. */
const PAIRS = Array.from({ length: 4096 }, (_, bits) => `${ALPHABET[bits >> 6]}${ALPHABET[bits & 63]}`)

/** The one base64url spelling of these bytes. */
export function encodeBase64url(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const group = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    text += `${PAIRS[group >> 12]}${PAIRS[group & 4095]}`
  }
  return text.slice(0, Math.ceil((bytes.length * 4) / 3))
}

const STRICT = /^(?:[\w-]{4})*(?:[\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?$/

/** How many bytes a strict base64url text stands for, or undefined when it is any other spelling: for what is compared as a text and never decoded. */
export const base64urlLength = (text: string): number | undefined =>
  STRICT.test(text) ? Math.floor((text.length * 3) / 4) : undefined

/** The bytes of a strict base64url text, or undefined when it is any other spelling. */
export function decodeBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  const rest = text.length % 4
  if (rest === 1) return undefined
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4))
  const whole = text.length - rest
  let length = 0
  for (let at = 0; at < whole; at += 4) {
    const one = valueAt(text, at)
    const two = valueAt(text, at + 1)
    const three = valueAt(text, at + 2)
    const four = valueAt(text, at + 3)
    // What is foreign has the one bit that no letter has.
    if (((one | two | three | four) & FOREIGN) !== 0) return undefined
    bytes[length++] = (one << 2) | (two >> 4)
    bytes[length++] = (two << 4) | (three >> 2)
    bytes[length++] = (three << 6) | four
  }
  if (rest === 0) return bytes
  const [one, two, three] = [valueAt(text, whole), valueAt(text, whole + 1), rest === 3 ? valueAt(text, whole + 2) : 0]
  if (((one | two | three) & FOREIGN) !== 0) return undefined
  bytes[length++] = (one << 2) | (two >> 4)
  if (rest === 3) bytes[length++] = (two << 4) | (three >> 2)
  return (rest === 3 ? three & 3 : two & 15) === 0 ? bytes : undefined
}

const valueAt = (text: string, at: number): number => VALUE[text.charCodeAt(at)] ?? FOREIGN
