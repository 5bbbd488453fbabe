// Why a key did not sign, in words for the person: one pure table. Browsers use one name for several causes, so the time it took and the state of the
// page help to tell them apart; raw messages never reach the person. Every sentence says what became of it and what to do next.

export type Ceremony = 'get' | 'create'
/** What the page knows when the browser says no. */
export type Seen = {
  readonly asked: Ceremony
  /** The name of the exception; empty when the browser gave nothing at all. */
  readonly name: string
  readonly afterMs: number
  /** Whether the press still counted when the key was asked, and whether the page had the focus. */
  readonly pressed: boolean
  readonly focused: boolean
  /** The person's names of the keys that could have answered. */
  readonly keys: readonly string[]
}
export type Surroundings = { readonly secure: boolean; readonly framed: boolean; readonly hasKeys: boolean }

/** Less than a person needs to see a window, let alone close it. */
const AT_ONCE_MS = 1_000
/** A little under the time that the ceremony is given, since browsers round. */
export const CEREMONY_MS = 300_000
const TIME_UP_MS = CEREMONY_MS - 2_000

export type Cause =
  | 'unsupported'
  | 'insecure'
  | 'framed'
  | 'aborted'
  | 'out_of_focus'
  | 'press_lost'
  | 'blocked'
  | 'time_up'
  | 'turned_down'
  | 'already_registered'
  | 'no_verification'
  | 'wrong_address'
  | 'too_old'
  | 'busy'
  | 'unreadable'
  | 'nothing'
  | 'unknown'

/** What stands in the way before any key is asked. */
export function hindrance({ secure, framed, hasKeys }: Surroundings): Cause | undefined {
  if (framed) return 'framed'
  if (!secure) return 'insecure'
  return hasKeys ? undefined : 'unsupported'
}

/** Which cause it was. */
export function causeOf(seen: Seen): Cause {
  switch (seen.name) {
    case 'AbortError':
      return 'aborted'
    case 'NotAllowedError':
      return notAllowed(seen)
    case 'TimeoutError':
      return 'time_up'
    case 'InvalidStateError':
      // For an assertion it means that another ceremony runs; only a new key can be there already.
      return seen.asked === 'create' ? 'already_registered' : 'busy'
    case 'ConstraintError':
      return 'no_verification'
    case 'SecurityError':
      return 'wrong_address'
    case 'NotSupportedError':
      return 'too_old'
    case 'OperationError':
      return 'busy'
    case 'NotReadableError':
    case 'UnknownError':
      return 'unreadable'
    case '':
      return 'nothing'
    default:
      return 'unknown'
  }
}

function notAllowed({ afterMs, focused, pressed }: Seen): Cause {
  if (afterMs >= TIME_UP_MS) return 'time_up'
  if (afterMs >= AT_ONCE_MS) return 'turned_down'
  if (!focused) return 'out_of_focus'
  return pressed ? 'blocked' : 'press_lost'
}

/** The sentence for a cause; none where the person did it himself. */
export function causeWords(cause: Cause, keys: readonly string[] = []): string | undefined {
  switch (cause) {
    case 'unsupported':
      return 'This browser cannot use security keys here. Open this page in a current Safari, Chrome, Edge or Firefox.'
    case 'insecure':
      return 'This page came over a connection that is not encrypted, so no key will sign here. Open the link from the message again.'
    case 'framed':
      return 'This page is shown inside another one. Open it in a tab of its own; do not sign here.'
    case 'aborted':
      return undefined
    case 'out_of_focus':
      return 'Nothing was sent: another window had the focus. Click into this page and press the button again.'
    case 'press_lost':
      return 'Nothing was sent: the browser wants the press and the key closer together. Press the button once more.'
    case 'blocked':
      return 'Nothing was sent: this browser did not open the key window. Press the button again, or open the page in Safari or Chrome.'
    case 'time_up':
      return 'Nothing was sent: five minutes went by. Press the button again when you have the key at hand.'
    case 'turned_down':
      return `Nothing was sent. The window was closed, the time ran out, the PIN was not given, or it was another key${keys.length === 0 ? '' : `: this page asks for ${listed(keys)}`}. Try again.`
    case 'already_registered':
      return 'This key is registered already. Use another one, or ask an administrator whether it waits to be enrolled.'
    case 'no_verification':
      return 'This key has no PIN or fingerprint set. Set one in the settings of your system, then try again.'
    case 'wrong_address':
      return 'This page is not on its proper address, so no key will sign here. Open the link from the message again.'
    case 'too_old':
      return 'This key is too old for this page. Use another key.'
    case 'busy':
      return 'Nothing was sent: another window is asking for your key. Finish or close that one, then press the button again.'
    case 'unreadable':
      return 'Nothing was sent: the key could not be read. Take it out, put it in again, and press the button again.'
    case 'nothing':
      return 'Nothing was sent: the browser gave no key. Press the button again.'
    case 'unknown':
      return 'Nothing was sent: the key could not be used. Press the button again, or use another key.'
  }
}

const listed = (keys: readonly string[]): string => keys.map((key) => `“${key}”`).join(' or ')
