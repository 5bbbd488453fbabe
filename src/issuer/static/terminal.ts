// A terminal as the place where a credential is needed. The person types the code that his terminal shows; the page gets the keys that wait under it
// and computes the code from them itself, so that not even the issuer could slip in other keys unseen.

import { encodeBase64url } from '../../domain/base64url.ts'
import { canonicalBytes } from '../../domain/canonical.ts'
import { holderCode } from '../../domain/ids.ts'
import { read } from '../../domain/shape.ts'
import { type Holder, holder } from '../../domain/statement.ts'
import { tagged } from '../../domain/tags.ts'
import { sha256 } from './ceremony.ts'
import { get } from './post.ts'
import { byId, Stopped } from './say.ts'

let found: { readonly code: string; readonly holder: Holder } | undefined

const field = (): HTMLInputElement | null => document.querySelector('#act input[name=code]')
/** Crockford's letters are read aloud: l and i mean 1, o means 0, whatever stands between groups. */
const spelt = (typed: string): string =>
  typed
    .toLowerCase()
    .replace(/[^0-9a-z]/g, '')
    .replaceAll(/[il]/g, '1')
    .replaceAll('o', '0')
    .replace(/^(.{4})(.{4})(.{4})(.{4})$/, '$1-$2-$3-$4')

/** Looks up the typed code and shows whose terminal it is. */
export async function findTerminal(): Promise<void> {
  const code = spelt(field()?.value ?? '')
  if (code.length !== 19) throw new Stopped('bad_code', 'The code has sixteen letters and digits, in four groups.')
  const offer = await get<{ name: string; address: string; holder: unknown }>(`/v1/holders/${code}`)
  const keys = read(holder, offer.holder)
  const recomputed = keys.ok && holderCode(encodeBase64url(await sha256(tagged('holder', canonicalBytes(keys.value)))))
  if (!keys.ok || recomputed !== code)
    throw new Stopped('other_keys', 'The keys that wait under this code are not those it was made from. Do not go on.')
  found = { code, holder: keys.value }
  show('[data-found-name]', offer.name)
  show('[data-found-address]', offer.address)
  const box = document.querySelector<HTMLElement>('#act [data-found]')
  if (box) box.hidden = false
}

/** The keys of the terminal that was found and shown. */
export function foundTerminal(): Holder {
  if (!found || spelt(field()?.value ?? '') !== found.code)
    throw new Stopped('no_terminal', 'Find the terminal first, and see that it is your own.')
  return found.holder
}

/** Shows the fields of the chosen place. */
export function choosePlace(): void {
  const terminal = document.querySelector<HTMLElement>('#act [data-terminal]')
  if (terminal) terminal.hidden = chosenPlace() !== 'terminal'
}

export const chosenPlace = (): string =>
  document.querySelector<HTMLInputElement>('#act input[name=place]:checked')?.value ?? 'here'

function show(selector: string, text: string): void {
  const element = byId('act')?.querySelector(selector)
  if (element) element.textContent = text
}
