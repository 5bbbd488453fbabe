// A person's own keys on `/keys`: to stop one that is lost, without asking anybody, and to add a second one, signed by one that he has. Whoever has but one
// is asked for another, since a lost key would lock him out until two administrators let a new one in.

import { type Html, html, shown } from '../../html.ts'
import type { Key } from '../view-state.ts'
import type { Listed } from '../waiting-keys.ts'
import { wordList } from './change-words.ts'
import type { Site } from './frame.ts'
import type { KeyRow } from './keys.ts'
import { search } from './waiting.ts'
import { ceremonyButtons, keyChoice, plural, when } from './words.ts'

export type OwnWaiting = {
  readonly thumbprint: string
  readonly nickname: string
  readonly words: readonly string[]
  readonly at: Date
}

/** What to say to somebody who has too few; `approver`: how many he must have that serve him as one, and how many do. */
export function tooFew(
  active: number,
  approver: { readonly needed: number; readonly serving: number } | undefined,
): Html | undefined {
  if (active === 0) return undefined
  if (approver && approver.serving < approver.needed) {
    const have =
      approver.serving === active
        ? `have ${plural(active, 'key')}`
        : `have ${plural(active, 'key')}, of which ${approver.serving} may approve`
    return html`<p class="warning">You ${have}, and approvers need ${approver.needed} here. <a href="#another">Add another one now</a>${approver.serving < active && ', or ask administrators to compare the words of the one that waits'}.</p>`
  }
  return active === 1
    ? html`<p class="warning">You have one key. If you lose it, you are locked out until administrators let a new one in. <a href="#another">Add a second one now</a>.</p>`
    : undefined
}

/** The form by which an owner takes keys of his out of use. */
export const stopOwn = (
  site: Site,
  signing: readonly Key[],
): Html => html`<fieldset class="row"><legend class="sr">What to do with yours</legend>
<label class="choice"><input type="radio" name="own-operation" value="suspend" checked> <span>Suspend <span class="help">until administrators reinstate it</span></span></label>
<label class="choice"><input type="radio" name="own-operation" value="revoke"> <span>Revoke <span class="help">for good</span></span></label>
</fieldset>
${keyChoice(site, signing)}
${ceremonyButtons(site, [{ act: 'stop', label: 'Take the ticked keys out of use', style: 'danger' }])}`

/** Registered keys of the person that wait, to be added by his own signature. */
export const addOwn = (
  site: Site,
  {
    waiting,
    listed,
    signing,
  }: { readonly waiting: readonly OwnWaiting[]; readonly listed: Listed; readonly signing: readonly Key[] },
  now: Date,
): Html => html`<div class="step" id="own-waiting">
<h3>Registered in your name</h3>
<p>Anybody can register a key in anybody’s name. Add one only if its words are those that you saw when you made it.</p>
${(listed.hasNext || listed.look.find !== undefined) && search('/keys', listed)}
${
  waiting.length > 0 &&
  html`<ul class="waiting">${waiting.map(
    ({ thumbprint, nickname, words, at }) => html`<li>
<label class="choice"><input type="radio" name="add" value="${thumbprint}" ${waiting.length === 1 && html`checked`}> <span><strong>${shown(nickname)}</strong> <span class="help">registered ${when(at, now)}</span></span></label>
${wordList(words)}</li>`,
  )}</ul>
${keyChoice(site, signing)}
${ceremonyButtons(site, [{ act: 'add', label: 'These are the words: add this key' }])}`
}
</div>`

/** The form by which one more key is made. It stands apart, so that a fresh list takes nothing from it. */
export const anotherKey = (site: Site): Html => html`<section class="panel" aria-labelledby="another-title" id="another">
<h2 id="another-title">Add another key</h2>
<p>Make the new key here, then sign for it with one that you have.</p>
<form id="register">
<label class="field"><span>A name for this key <span class="optional">such as “blue key on my ring”</span></span>
<input name="nickname" required maxlength="60" autocomplete="off"></label>
${ceremonyButtons(site, [{ act: 'create', label: 'Make the key' }])}
</form>
<div class="step" id="prove" hidden><h3>One more touch</h3><p>The key is made. Touch it once more to show that you hold it.</p>
${ceremonyButtons(site, [{ act: 'prove', label: 'Show that you hold it' }])}</div>
<div class="step" id="registered" hidden><h3>Its words</h3>
<ol class="words" data-words></ol>
<p>Now sign for it under “Registered in your name”, with a key that you have.</p></div>
</section>`

/** In its place, for who has no key that could sign for one more. */
export const noneToSign = (): Html => html`<section class="panel" aria-labelledby="none-title">
<h2 id="none-title">No key of yours can sign for another</h2>
<p><a href="/enrol">Register one</a> and read its words to an administrator, who enrols it.</p>
</section>`

export const activeOf = (rows: readonly KeyRow[]): number => rows.filter(({ status }) => status === 'active').length
