// Characters a person cannot see, or that make a line read otherwise than it is stored: what is shown is what is signed only if every
// character shows. Hostile: a requester who hides a right-to-left override or a zero-width letter in a value an approver reads.
// Offsets are UTF-16 units, as everywhere in JavaScript.

/** Controls, formats (bidirectional, zero-width, tags), fillers, unassigned, private and lone surrogates; U+2800 is a blank that says it is a sign. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u
/** The same for texts of several lines; a variation selector after a pictograph only asks for colour. */
const UNSEEN_IN_TEXT =
  /[^\P{Cc}\n\t]|(?<!\p{Extended_Pictographic})\uFE0F|(?!\uFE0F)[\p{Cf}\p{Cn}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u

export type Unseen = { readonly index: number; readonly name: string }

/** The first character of a value that does not show as itself: also every space but U+0020. */
export const findUnseen = (value: string): Unseen | undefined => first(/(?! )\p{Zs}/u, value, first(UNSEEN, value))

/** The first character of a text of several lines that does not show as itself; line ends, tabs and wide spaces may stand. */
export const findUnseenInText = (text: string): Unseen | undefined => first(UNSEEN_IN_TEXT, text)

/** A text with everything unseen spelt out as `<U+202E>`: safe for a terminal and for an error message. */
export function spelt(text: string): string {
  let out = ''
  for (const character of text) out += UNSEEN.test(character) ? `<${codeName(character)}>` : character
  return out
}

/** The same text of JSON, with everything unseen but line ends as escapes: what it says stays what it was. */
export const escaped = (json: string): string =>
  json.replaceAll(/(?!\n)[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu, (character) =>
    Array.from({ length: character.length }, (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  )

/** The same where no markup can stand, such as the title of a tab: isolated from what stands around it, if it could turn the direction of that. */
export function isolated(text: string): string {
  const plain = spelt(text)
  return /[^\u0020-\u024F]/.test(plain) ? `\u2068${plain}\u2069` : plain
}

function first(pattern: RegExp, text: string, other?: Unseen): Unseen | undefined {
  const found = pattern.exec(text)
  if (!found || (other && other.index <= found.index)) return other
  return { index: found.index, name: codeName(found[0]) }
}

const codeName = (character: string): string => `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
