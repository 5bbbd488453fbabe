// The page of one request, for one person: who is asked to sign as whom, what, who asks and why, every parameter in full, what the signature gives,
// the runbook's text, who has decided, and what this person can do now (notes on the decision page). Rendered from the view state alone, so a
// reload says the same; parts marked data-live are what the script swaps for those of the same page fetched anew.

import { isolated } from '../../domain/visible.ts'
import { refusalWords } from '../../domain/words.ts'
import { type Html, html, shown } from '../../html.ts'
import type { RequestFacts } from '../static/facts.ts'
import type { Adopted, ViewState } from '../view-state.ts'
import { act, isAnothers, isToSign, type Looks } from './act.ts'
import { documentOf } from './document.ts'
import { framed, type Site } from './frame.ts'
import { badge, standing } from './standing.ts'
import { twinsOf } from './twins.ts'
import { keyFacts } from './words.ts'

/** The whole page. */
export function requestPage(site: Site, realm: string, view: ViewState, looks: Looks): string {
  const facts: RequestFacts = {
    view: view.view,
    request: view.request,
    realm,
    person: view.me.id,
    keys: keyFacts(site, view.keys),
    ...(view.is === 'adopted' ? { kind: view.intent.right.kind } : {}),
  }
  if (view.is === 'adopted')
    return framed(site, {
      title: html`${tabMark(view)}${titleOf(view, isolated)}`,
      facts,
      entry: 'issuer/static/request.ts',
      body: adoptedBody(site, view, looks),
    })
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

function adoptedBody(site: Site, view: Adopted, looks: Looks): Html {
  const { now } = looks
  const toSign = isToSign(site, view)
  return html`<div class="headline" id="headline" data-live>
<p class="you">${isAnothers(site, view) ? whose(view) : html`You are <strong>${shown(view.me.name)}</strong>. ${because(view)}`}</p>
<h1 tabindex="-1">${toSign && (view.role === 'requester' ? 'Confirm: ' : 'Approve: ')}${titleOf(view, shown)}${toSign && '?'}</h1>
${badge(view, now)}
</div>
<div class="columns">
<div class="stack">
<article class="document" id="document" data-live aria-label="What is signed">${documentOf(site, view, now)}</article>
<div id="twins" data-live>${twinsOf(toSign ? view.twins : [], now)}</div>
</div>
<div class="side">
<section class="panel" id="act" data-live data-holders="${view.holders.join(' ')}" ${(!toSign || looks.browser === 'other') && html`data-first`} aria-label="What you can do">${act(site, view, looks)}</section>
<section class="panel" id="standing" data-live aria-label="Where it stands">${standing(view, now)}</section>
</div>
</div>`
}

const whose = ({ me, other }: Adopted): Html =>
  html`This link was made for <strong>${shown(me.name)}</strong>. You are signed in as <strong>${shown(other?.name ?? '')}</strong>.`

function because({ role, mine }: Adopted): Html {
  if (role === 'requester') return html`You asked for this.`
  if (role === 'approver')
    return html`You are asked because you are in ${mine.map((group, at) => html`${at > 0 && ', '}<strong>${group}</strong>`)}.`
  if (role === 'administrator') return html`You are an administrator, and not among the people who decide about this.`
  return html`You are not among the people who decide about this.`
}

/** Verb and object: the action's title and the values that anybody may see, each isolated from the direction of what stands around it. */
function titleOf({ action, intent }: Adopted, apart: (value: string) => Html | string): Html {
  const objects = Object.values(intent.parameters).filter((value) => typeof value !== 'object')
  const object = objects.join(', ')
  const title = html`${apart(action?.title ?? `${intent.runbook}.${intent.action}`)}`
  return object !== '' && object.length <= 60 ? html`${title} (${apart(object)})` : title
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
