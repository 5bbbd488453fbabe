// Other open requests for the same action, which an approver may decide with the same tap (people on one bridge call). Each is shown in full before its
// box, none is ticked beforehand (also not by a browser that remembers forms), and nothing of it is folded away but the canonical text, which is what the script hashes.

import { type Html, html, shown } from '../../html.ts'
import type { Asked } from '../asked.ts'
import { besideOf } from './document.ts'
import { plural } from './words.ts'

/** The list; nothing when there are none. */
export const twinsOf = (twins: readonly Asked[], now: Date): Html | undefined =>
  twins.length === 0
    ? undefined
    : html`<section class="beside" aria-labelledby="beside">
<h2 id="beside">${plural(twins.length, 'other open request')} for the same action</h2>
<p>Tick what you have read and want to decide the same way: one tap signs all of it, and each is decided by itself.</p>
${twins.map((twin) => one(twin, now))}
</section>`

const one = (
  twin: Asked,
  now: Date,
): Html => html`<article class="document twin" data-request="${twin.request}" aria-labelledby="twin-${twin.checkCode}">
${besideOf(twin, now)}
<label class="choice tick"><input type="checkbox" name="twin" value="${twin.digest}" autocomplete="off"> <span>Decide about this one as well <span class="help">${twin.checkCode}, ${shown(twin.requester.name)}</span></span></label>
</article>`
