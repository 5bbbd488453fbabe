// What an approver can do: decide, with a note and for less time than asked, about this request and about the ticked ones beside it. Two buttons of the
// same size for yes and no, none with default focus.

import type { Refusal } from '../../domain/refusal.ts'
import { durationWords, refusalWords } from '../../domain/words.ts'
import { type Html, html, shown } from '../../html.ts'
import type { Adopted } from '../view-state.ts'
import { endText } from './ended.ts'
import type { Site } from './frame.ts'
import { ceremonyButtons, endNow, keyChoice, noKey } from './words.ts'

/** The panel of an approver. */
export function approverActs(site: Site, view: Adopted): Html {
  if (view.decided) {
    const did = view.decided.decision === 'approve' ? 'You approved this' : 'You denied this'
    return html`<h2>${did}</h2><p>${endText(view) ?? 'Nothing more to do.'}</p>${endNow(site, view, 'approver')}`
  }
  if (view.state === 'awaiting_requester')
    return html`<h2>Not yet</h2><p>${shown(view.requester.name)} has not confirmed this with a key. Nobody needs to decide before that.</p>`
  if (view.state !== 'awaiting_approvers') {
    const end = endNow(site, view, 'approver')
    return html`<h2>${end ? 'You can end it' : 'Nothing for you to do'}</h2><p>${endText(view) ?? 'This was decided without you.'}</p>${end}`
  }
  if (view.keys.length === 0) return noKey()
  if (view.notYet) return notYet(site, view, view.notYet)
  return html`<h2>Decide</h2>
${view.heldBy && html`<p class="warning">${view.heldBy.id === view.me.id ? 'You' : shown(view.heldBy.name)} objected. An approval that you sign now lifts the objection.</p>`}
<label class="field"><span>Note <span class="optional">optional; the requester reads it</span></span>
<textarea name="note" rows="2" maxlength="500"></textarea></label>
<label class="field"><span>At most for <span class="optional">if you approve</span></span>
<select name="lease">${leases(view.intent.lease_seconds).map((seconds) => html`<option value="${seconds === view.intent.lease_seconds ? '' : seconds}">${durationWords(seconds)}${seconds === view.intent.lease_seconds && ', as asked'}</option>`)}</select></label>
${keyChoice(site, view.keys)}
${ceremonyButtons(site, [
  { act: 'approve', label: 'Approve' },
  { act: 'deny', label: 'Deny', style: 'danger' },
])}
<p class="small">Your key signs exactly what stands here, with your decision.</p>
<p class="small" data-ticked hidden></p>`
}

/** Who cannot approve yet learns it, and until when, before he taps; a no is possible all the same. */
function notYet(site: Site, view: Adopted, why: Refusal): Html {
  return html`<h2>You cannot approve yet</h2>
<p class="warning">${refusalWords(why)}</p>
${why.reason === 'too_few_passkeys' && html`<p><a class="button plain" href="/keys">Add a key</a></p>`}
<label class="field"><span>Note <span class="optional">optional; the requester reads it</span></span>
<textarea name="note" rows="2" maxlength="500"></textarea></label>
${keyChoice(site, view.keys)}
${ceremonyButtons(site, [{ act: 'deny', label: 'Deny', style: 'danger' }])}
<p class="small">Your key signs exactly what stands here, with your decision.</p>
<p class="small" data-ticked hidden></p>`
}

/** What was asked for, and shorter round times. */
const leases = (asked: number): readonly number[] => [
  asked,
  ...[14_400, 7200, 3600, 1800, 900, 600, 300].filter((seconds) => seconds < asked).slice(0, 4),
]
