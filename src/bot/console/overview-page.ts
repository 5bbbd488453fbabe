// The overview: what waits for me, what I hold. Works without Slack and without JavaScript; every act is a form, every signature is made at the issuer.

import { durationWords, timeWords } from '../../domain/words.ts'
import { type Html, html, shown } from '../../html.ts'
import type { LinkedView, OwnWork } from '../own-work.ts'
import type { RequestView } from '../request-view.ts'
import { headline, missingWords } from '../slack/status.ts'
import { formToken } from './frame.ts'
import type { Session } from './session.ts'

export const overviewPage = (session: Session, { waiting, access }: OwnWork, said: string | undefined): Html => html`
${said !== undefined && html`<p class="card" role="status">${said}</p>`}
<section aria-labelledby="waiting">
<h2 id="waiting">Waiting for you</h2>
${waiting.length === 0 ? html`<p class="quiet">Nothing waits for you.</p>` : waiting.map((each) => waitingCard(session, each))}
</section>
<section aria-labelledby="access">
<h2 id="access">Your access</h2>
${access.length === 0 ? html`<p class="quiet">You hold no access now.</p>` : access.map((each) => accessCard(session, each))}
</section>
<p class="row"><a class="button main" href="/ask">Ask for access</a></p>`

function waitingCard(session: Session, { view, page }: LinkedView): Html {
  const own = view.requester.id === session.person.id
  return html`<article class="card">
<h3>${shown(view.title)}</h3>
<p>${own ? 'Your request' : html`Asked by ${shown(view.requester.name)}`}: ${own && view.state === 'awaiting_requester' ? 'waits for your key' : headline(view)}${
    view.state === 'awaiting_approvers' && ` (${missingWords(view)})`
  }${view.held && html`; ${shown(view.held.name)} objected`}</p>
<p class="quiet"><span class="code">${view.action}</span>, for ${durationWords(view.leaseSeconds)}, check code <span class="code">${view.checkCode}</span></p>
<div class="row"><a class="button main" href="${page}">${nextStep(view, own)}</a>${own && wish(session, view, 'cancel', 'Cancel')}${
    !own && !view.held && wish(session, view, 'object', 'Object')
  }${view.held?.id === session.person.id && wish(session, view, 'lift', 'Lift objection')}</div>
</article>`
}

const accessCard = (session: Session, { view, page }: LinkedView): Html => html`<article class="card">
<h3>${shown(view.title)}</h3>
<p>${capital(headline(view))}${view.grant && ` until ${timeWords(view.grant.endsAt * 1000)}`}</p>
<p class="quiet"><span class="code">${view.action}</span> on <span class="code">${view.target}</span>, check code <span class="code">${view.checkCode}</span></p>
<div class="row"><a class="button" href="${page}">Open</a>${view.grant?.state === 'active' && wish(session, view, 'return', 'I’m done')}</div>
</article>`

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)

function nextStep(view: RequestView, own: boolean): string {
  if (!own) return 'Review & decide'
  if (view.state === 'awaiting_requester') return 'Confirm with your key'
  return view.state === 'approved' ? 'Get the credential' : 'Open'
}

const wish = (session: Session, view: RequestView, kind: string, label: string): Html =>
  html`<form method="post" action="/wish">${formToken(session)}<input type="hidden" name="kind" value="${kind}"><input type="hidden" name="request" value="${view.id}"><button>${label}</button></form>`
