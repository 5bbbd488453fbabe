// The page of one request, for one person: who is asked to sign as whom, what, who asks and why, every parameter in full, what the signature gives,
// the runbook's text, who has decided, and what this person can do now (notes on the decision page). Rendered from the view state alone, so a
// reload says the same; parts marked data-live are what the script swaps for those of the same page fetched anew.

import { encodeBase64url } from '../../domain/base64url.ts'
import { canonicalText } from '../../domain/canonical.ts'
import type { Intent } from '../../domain/intent.ts'
import { durationWords, refusalWords } from '../../domain/words.ts'
import { type Html, html, shown } from '../../html.ts'
import type { RequestFacts } from '../static/facts.ts'
import type { Adopted, ViewState } from '../view-state.ts'
import { act, isToSign } from './act.ts'
import { framed, type Site } from './frame.ts'
import { prose } from './prose.ts'
import { badge, standing } from './standing.ts'
import { ceremonyButtons, keyFacts, told, when } from './words.ts'

/** The whole page. */
export function requestPage(site: Site, realm: string, view: ViewState, now: Date): string {
  const facts: RequestFacts = {
    view: view.view,
    realm,
    person: view.me.id,
    keys: keyFacts(site, view.keys),
    ...(view.is === 'adopted' ? { intent: encodeBase64url(view.intentBytes), kind: view.intent.right.kind } : {}),
  }
  if (view.is === 'adopted') {
    const title = titleOf(view)
    return framed(site, {
      title: `${tabMark(view)}${title}`,
      facts,
      entry: 'issuer/static/request.ts',
      body: adoptedBody(site, view, title, now),
    })
  }
  const [heading, words] =
    view.is === 'checking'
      ? [
          'This request is still being checked',
          'The page shows it as soon as it has been checked against the runbook. That takes about a second.',
        ]
      : ['This request was not accepted', refusalWords(view.refusal)]
  return framed(site, {
    title: heading,
    facts,
    entry: 'issuer/static/request.ts',
    body: html`<div class="document narrow" id="document" data-live>
<p class="you">You are ${shown(view.me.name)}.</p>
<h1 tabindex="-1">${heading}</h1>
<p>${words}</p>
</div>`,
  })
}

function adoptedBody(site: Site, view: Adopted, title: string, now: Date): Html {
  return html`<div class="headline" id="headline" data-live>
<p class="you">You are <strong>${shown(view.me.name)}</strong>. ${because(view)}</p>
<h1 tabindex="-1">${question(view, title)}</h1>
${badge(view, now)}
</div>
<div class="columns">
<article class="document" id="document" data-live aria-label="What is signed">${documentOf(site, view, now)}</article>
<div class="side">
<section class="panel" id="act" data-live data-holders="${view.holders.join(' ')}" ${!isToSign(view) && html`data-first`} aria-label="What you can do">${act(site, view, now)}</section>
<section class="panel" id="standing" data-live aria-label="Where it stands">${standing(view, now)}</section>
</div>
</div>`
}

function because({ role, mine }: Adopted): Html {
  if (role === 'requester') return html`You asked for this.`
  if (role === 'approver')
    return html`You are asked because you are in ${mine.map((group, at) => html`${at > 0 && ', '}<strong>${group}</strong>`)}.`
  return html`You are not among the people who decide about this.`
}

const question = (view: Adopted, title: string): string =>
  isToSign(view) ? `${view.role === 'requester' ? 'Confirm' : 'Approve'}: ${title}?` : title

/** Verb and object: the action's title and the values that anybody may see. */
function titleOf({ action, intent }: Adopted): string {
  const objects = Object.values(intent.parameters).filter((value) => typeof value !== 'object')
  const title = action?.title ?? `${intent.runbook}.${intent.action}`
  const object = objects.join(', ')
  return object !== '' && object.length <= 60 ? `${title} (${object})` : title
}

const TAB: { readonly [state: string]: string } = {
  approved: '(Approved) ',
  claimed: '(In use) ',
  denied: '(Denied) ',
  lapsed: '(Ended) ',
  cancelled: '(Cancelled) ',
  voided: '(Void) ',
}
const tabMark = ({ state, grant }: Adopted): string =>
  state === 'claimed' && grant && grant.state !== 'active' && grant.state !== 'issuing' ? '(Ended) ' : (TAB[state] ?? '')

function documentOf(site: Site, view: Adopted, now: Date): Html {
  const { intent, action } = view
  return html`<header class="ask">
<p><strong>${shown(view.requester.name)}</strong> asked ${when(view.askedAt, now)}</p>
<blockquote class="reason"><p>${told(view.reason)}</p></blockquote>
${
  view.hidesPersonal &&
  html`<div class="hint"><p>Personal values are hidden until somebody involved signs in.</p>${ceremonyButtons(site, [{ act: 'sign-in', label: 'Sign in to read', style: 'plain' }])}</div>`
}
</header>
<dl class="facts">
<div><dt>Action</dt><dd><code>${intent.runbook}.${intent.action}</code></dd></div>
${view.parameters.map(({ label, help, value }) => html`<div><dt>${label}</dt><dd>${told(value)}${help !== '' && html`<span class="help">${help}</span>`}</dd></div>`)}
<div><dt>Target</dt><dd>${shown(intent.right.target)}${Object.entries(intent.right.settings).map(([name, value]) => html`<span class="help">${name.replaceAll('_', ' ')}: ${shown(value)}</span>`)}</dd></div>
<div><dt>For how long</dt><dd>${durationWords(intent.lease_seconds)}<span class="help">starting when it is fetched; over by ${when(new Date(intent.ends_no_later_than * 1000), now)} in any case</span></dd></div>
</dl>
<section class="gives" aria-labelledby="gives"><h2 id="gives">What it gives</h2><ul>${view.right.map((line) => html`<li>${shown(line)}</li>`)}</ul></section>
<p class="code">Check code <code>${view.checkCode}</code> <span class="help">Slack shows the same one.</span></p>
<div class="runbook">
<h2 id="runbook">Text of the runbook <code>${intent.runbook}</code></h2>
${action ? html`<div class="fence" tabindex="0" role="region" aria-labelledby="runbook">${prose(action.text)}</div>` : html`<p class="absent">The text that belonged to this request is not published any more.</p>`}
</div>
${exact(intent)}`
}

/** For those who want to see it: the very text that is hashed and signed. */
const exact = (intent: Intent): Html => html`<details class="exact"><summary>Exactly what is signed</summary>
<p class="help">Every signature is over the SHA-256 of this text. Personal values stand in it as commitments.</p>
<pre tabindex="0">${shown(canonicalText(intent))}</pre></details>`
