// Small pieces of wording and markup that several pages share: times, values that may be hidden, the buttons of a ceremony.

import { dayWords, timeWords } from '../../domain/words.ts'
import { type Html, html, shown } from '../../html.ts'
import type { Told } from '../asked.ts'
import type { Adopted, Key } from '../view-state.ts'
import type { Site } from './frame.ts'

/** A time as people read it, in UTC and with the day when it is another one; the script adds the local time or how long it is. */
export function when(at: Date, now: Date, left = false): Html {
  const sameDay = at.toISOString().slice(0, 10) === now.toISOString().slice(0, 10)
  const words = `${sameDay ? '' : `${dayWords(at.getTime())}, `}${timeWords(at.getTime())}`
  return html`<time datetime="${at.toISOString()}" ${left && html`data-left`}>${words}</time>`
}

/** A value that may be hidden or erased. */
export function told(value: Told): Html {
  if (value.is === 'told') return shown(value.value)
  return value.is === 'hidden'
    ? html`<span class="absent">Hidden until you sign in</span>`
    : html`<span class="absent">No longer kept</span>`
}

export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`

export type Ceremony = { readonly act: string; readonly label: string; readonly style?: 'primary' | 'danger' | 'plain' }

/** The buttons that start a ceremony: one for the security key; in the sandbox one for this computer's key and one for the simulated one. */
export function ceremonyButtons(site: Site, ceremonies: readonly Ceremony[]): Html {
  const one = ({ act, label, style = 'primary' }: Ceremony) =>
    site.sandbox
      ? html`<div class="pair">
<button type="button" class="${style}" data-do="${act}" data-device="simulated">${label} <span class="by">with the simulated security key (sandbox)</span></button>
<button type="button" class="${style} outline" data-do="${act}" data-device="computer">${label} <span class="by">with this computer’s key</span></button>
</div>`
      : html`<button type="button" class="${style}" data-do="${act}" data-device="computer">${label} <span class="by">with security key</span></button>`
  return html`<div class="ceremonies ${ceremonies.length > 1 && 'several'}">${ceremonies.map(one)}</div>`
}

/** Which key signs, asked only when there is a choice: the statement names the key, so it must be known before the ceremony. */
export function keyChoice(site: Site, keys: readonly Key[]): Html | undefined {
  if (site.sandbox || keys.length < 2) return undefined
  return html`<label class="field">Key you sign with
<select name="key">${keys.map(({ thumbprint, nickname }) => html`<option value="${thumbprint}">${nickname}</option>`)}</select>
</label>`
}

/** What the script must know about a person's keys. */
export const keyFacts = (site: Site, keys: readonly Key[]) =>
  keys.map(({ thumbprint, nickname, id }) => ({ thumbprint, nickname, simulated: site.sandbox?.simulates(id) ?? false }))

/** For who holds no active key: what comes first. */
export const noKey = (): Html => html`<h2>You have no key yet</h2>
<p>Register your security key first; an administrator then compares its words with you.</p>
<p><a class="button primary" href="/enrol">Register a key</a></p>`

/** An early end by a signature, for who holds no holder key. */
export function endNow(site: Site, view: Adopted, role: 'requester' | 'approver' | 'administrator'): Html | undefined {
  const runs = view.grant?.state === 'active' || view.grant?.state === 'issuing'
  if (!runs || view.keys.length === 0) return undefined
  return html`<div data-role="${role}">${keyChoice(site, view.keys)}${ceremonyButtons(site, [{ act: 'revoke', label: 'End the access now', style: 'danger' }])}</div>`
}
