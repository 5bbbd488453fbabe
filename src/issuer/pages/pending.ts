// The change that waits for a second administrator, as any administrator finds it on `/keys` and `/enrol`: exactly what it does, who signed it, until when,
// and what he can do: sign as the second, sign it anew when another change has gone past it, or withdraw it.

import type { PendingChange } from '../../commands/pending-change.ts'
import { dateWords } from '../../domain/words.ts'
import { type Html, html, shown } from '../../html.ts'
import type { Named } from '../asked.ts'
import type { PendingFact } from '../static/facts.ts'
import type { Key } from '../view-state.ts'
import { changeLines, type Speaking, subjectsOf } from './change-words.ts'
import type { Site } from './frame.ts'
import { ceremonyButtons, keyChoice, when } from './words.ts'

/** Who looks, and how things are said to him. */
export type Looks = { readonly speaking: Speaking; readonly me: Named; readonly keys: readonly Key[] }

/** What the script signs: the very change that is shown. */
export const pendingFact = ({ change, digest }: PendingChange): PendingFact => ({ change, digest })

/** The panel, for the administrator who looks. */
export function pendingPanel(site: Site, pending: PendingChange, looks: Looks, now: Date): Html {
  const { speaking } = looks
  const { change, signers, at, until, isStale } = pending
  const by = signers.map((id) => shown(speaking.name(id).name))
  return html`<section id="pending" class="panel" aria-labelledby="pending-title">
<p class="badge wait"><span aria-hidden="true">◷</span> <span>${isStale ? 'Has to be signed anew' : 'Waits for a second administrator'}</span></p>
<h2 id="pending-title">A change that takes two</h2>
<ul class="does">${changeLines(change, speaking).map((line) => html`<li>${line}</li>`)}</ul>
<p class="help">Signed by ${by.map((each, index) => html`${index > 0 && ', '}${each}`)} at ${when(at, now)}. If nobody else signs, it is dropped at ${dateWords(until.getTime())}.</p>
${acts(site, pending, looks)}
<p><button type="button" class="quiet" data-do="withdraw">Withdraw this change</button></p>
</section>`
}

function acts(site: Site, { change, signers, isStale }: PendingChange, { speaking, me, keys }: Looks): Html {
  const hasWords =
    change.operation === 'enrol' ||
    change.operation === 'reinstate' ||
    (change.operation === 'role' && change.passkeys.length > 0)
  const compared = hasWords ? 'I compared the words: sign' : 'Sign'
  if (subjectsOf(change, speaking).includes(me.id))
    return html`<p>It is about a key of your own, so somebody else has to sign it.</p>`
  if (change.operation === 'endorse' && speaking.gained(change.rule_set) === undefined)
    return html`<p class="warning">The rules were changed since it was signed. Withdraw this, and sign for those in force below.</p>`
  if (isStale)
    return html`<p class="warning">Another change was taken in the meantime, and this signature no longer fits. Whoever signs now is the first of two again.</p>
${keyChoice(site, keys)}${ceremonyButtons(site, [{ act: 'renew', label: `${compared} it anew` }])}`
  if (signers.includes(me.id))
    return html`<p>You have signed it. Ask another administrator to open this page and sign as well.</p>`
  return html`${keyChoice(site, keys)}${ceremonyButtons(site, [{ act: 'second', label: `${compared} as the second` }])}`
}
