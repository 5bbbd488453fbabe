// What is signed, to be read in full: who asks, why, every parameter, the target, for how long, what it gives, the check code, the very text. The same for
// the request of a link and for each one beside it that the same tap may decide.

import { canonicalText } from '../../domain/canonical.ts'
import type { Intent } from '../../domain/intent.ts'
import { durationWords } from '../../domain/words.ts'
import { type Html, html, shown } from '../../html.ts'
import type { Asked } from '../asked.ts'
import type { Adopted } from '../view-state.ts'
import type { Site } from './frame.ts'
import { prose } from './prose.ts'
import { ceremonyButtons, told, when } from './words.ts'

/** The document of a page. */
export const documentOf = (site: Site, view: Adopted, now: Date): Html => html`<header class="ask">
<p>${asker(view, now)}</p>
${reason(view)}
${
  view.hidesPersonal &&
  html`<div class="hint"><p>Personal values are hidden until somebody involved signs in.</p>${!view.other && ceremonyButtons(site, [{ act: 'sign-in', label: 'Sign in to read', style: 'plain' }])}</div>`
}
</header>
${factsOf(view, now)}
<section class="gives" aria-labelledby="gives"><h2 id="gives">What it gives</h2>${gives(view)}</section>
${code(view)}
<div class="runbook">
<h2 id="runbook">Text of the runbook <code>${view.intent.runbook}</code></h2>
${view.action ? html`<div class="fence" tabindex="0" role="region" aria-labelledby="runbook">${prose(view.action.text)}</div>` : html`<p class="absent">The text that belonged to this request is not published any more.</p>`}
</div>
${exact(view.intent)}`

/** Everything that is particular to a request beside another for the same action; the text of the runbook is the same. */
export const besideOf = (asked: Asked, now: Date): Html => html`<header class="ask">
<h3 id="twin-${asked.checkCode}">${asker(asked, now)}</h3>
${reason(asked)}
</header>
${factsOf(asked, now)}
<div class="gives"><h4>What it gives</h4>${gives(asked)}</div>
${code(asked)}
${exact(asked.intent)}`

const asker = ({ requester, askedAt }: Asked, now: Date): Html =>
  html`<strong>${shown(requester.name)}</strong> asked ${when(askedAt, now)}`

const reason = (asked: Asked): Html => html`<blockquote class="reason"><p>${told(asked.reason)}</p></blockquote>`

const factsOf = ({ intent, parameters }: Asked, now: Date): Html => html`<dl class="facts">
<div><dt>Action</dt><dd><code>${intent.runbook}.${intent.action}</code></dd></div>
${parameters.map(({ label, help, value }) => html`<div><dt>${label}</dt><dd>${told(value)}${help !== '' && html`<span class="help">${help}</span>`}</dd></div>`)}
<div><dt>Target</dt><dd>${shown(intent.right.target)}${Object.entries(intent.right.settings).map(([name, value]) => html`<span class="help">${name.replaceAll('_', ' ')}: ${shown(value)}</span>`)}</dd></div>
<div><dt>For how long</dt><dd>${durationWords(intent.lease_seconds)}<span class="help">starting when it is fetched; over by ${when(new Date(intent.ends_no_later_than * 1000), now)} in any case</span></dd></div>
</dl>`

const gives = ({ right }: Asked): Html => html`<ul>${right.map((line) => html`<li>${shown(line)}</li>`)}</ul>`

const code = ({ checkCode }: Asked): Html =>
  html`<p class="code">Check code <code>${checkCode}</code> <span class="help">Slack shows the same one.</span></p>`

/** The very text that is hashed and signed: the script takes it from here and from nowhere else. */
const exact = (intent: Intent): Html => html`<details class="exact"><summary>Exactly what is signed</summary>
<p class="help">Every signature is over the SHA-256 of this text. Personal values stand in it as commitments.</p>
<pre tabindex="0">${shown(canonicalText(intent))}</pre></details>`
