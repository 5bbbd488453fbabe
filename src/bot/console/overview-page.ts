// The overview: what waits for me, what I hold, what others ask, what has ended. Works without Slack and without JavaScript; every act is a form, every
// signature is made at the issuer. What stands here is everything that Slack's messages offer, for those who may do it.

import { offersFor } from '../../commands/judge-proposal.ts'
import { actionName } from '../../domain/action.ts'
import { durationWords, timeWords } from '../../domain/words.ts'
import { type Html, html, shown } from '../../html.ts'
import { type LinkedView, type Other, type OwnWork, receiptOf } from '../own-work.ts'
import { hasReceipt, isOpen, type RequestView } from '../request-view.ts'
import { KEYLESS, KEYLESS_TITLE, type Keyless } from '../slack/keyless.ts'
import { headline, missingWords } from '../slack/status.ts'
import { formToken } from './frame.ts'
import type { Session } from './session.ts'

export type Said = { readonly words: string; readonly explain?: string | undefined }

export const overviewPage = (session: Session, work: OwnWork, said: Said | undefined, issuerUrl: string): Html => html`
${said && saidCard(session, said)}
${section(
  'waiting',
  'Waiting for you',
  'Nothing waits for you.',
  work.waiting.map((each) => waitingCard(session, each, work.waiting)),
)}
${section(
  'access',
  'Your access',
  'You hold no access now.',
  work.access.map((each) => accessCard(session, each, issuerUrl)),
)}
<p class="row"><a class="button main" href="/ask">Ask for access</a></p>
${
  work.others.length > 0 &&
  section(
    'others',
    'Asked by others',
    '',
    work.others.map((each) => otherCard(session, each)),
  )
}
${
  work.ended.length > 0 &&
  section(
    'ended',
    'Ended',
    '',
    work.ended.map((each) => endedCard(each, issuerUrl)),
  )
}
${work.keyless.length > 0 && keylessSection(work.keyless, `${issuerUrl}/enrol`)}`

const section = (id: string, title: string, none: string, cards: readonly Html[]): Html => html`<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
${cards.length === 0 ? html`<p class="quiet">${none}</p>` : cards}
</section>`

/** What came of what was just done; after an objection, room for its reason. */
const saidCard = (session: Session, { words, explain }: Said): Html =>
  html`<div class="card"><p role="status">${words}</p>${
    explain !== undefined &&
    html`<form method="post" action="/explain">${formToken(session)}<input type="hidden" name="wish" value="${explain}">
<div class="field"><label for="why">Why do you object?</label><p class="hint" id="why-hint">Optional. Everybody who sees the request reads this.</p>
<textarea id="why" name="why" rows="2" required minlength="3" maxlength="500" aria-describedby="why-hint"></textarea></div>
<p class="row"><button>Tell them</button></p></form>`
  }</div>`

function waitingCard(session: Session, { view, page }: LinkedView, all: readonly LinkedView[]): Html {
  const own = view.requester.id === session.person.id
  const beside = own ? 0 : all.filter((each) => isTwin(each.view, view, session)).length
  return html`<article class="card">
<h3>${shown(view.title)}</h3>
<p>${own ? 'Your request' : html`Asked by ${shown(view.requester.name)}`}: ${own && view.state === 'awaiting_requester' ? 'waits for your key' : headline(view)}${
    view.state === 'awaiting_approvers' && ` (${missingWords(view)})`
  }${objected(view)}</p>
${values(view)}
${beside > 0 && html`<p>${beside === 1 ? 'One more request' : `${beside} more requests`} for this action: one tap on the page can decide up to eight.</p>`}
<p class="quiet"><span class="code">${view.action}</span>, for ${durationWords(view.leftSeconds)}, check code <span class="code check">${view.checkCode}</span></p>
<div class="row"><a class="button main" href="${page}">${nextStep(view, own)}${which(view)}</a>${own && wish(session, view, 'cancel', 'Cancel')}${
    !own && objecting(session, view)
  }${!own && mayAskFor(session, view) && sameLink(view)}</div>
</article>`
}

const isTwin = (other: RequestView, view: RequestView, session: Session): boolean =>
  other.id !== view.id &&
  other.action === view.action &&
  other.state === 'awaiting_approvers' &&
  other.held === undefined &&
  other.requester.id !== session.person.id

const accessCard = (session: Session, { view, page }: LinkedView, issuerUrl: string): Html => html`<article class="card">
<h3>${shown(view.title)}</h3>
<p>${capital(headline(view))}${view.grant && `${endWords(view.grant)} ${timeWords(view.grant.endsAt * 1000)}`}</p>
${values(view)}
<p class="quiet"><span class="code">${view.action}</span> on <span class="code">${view.target}</span>, check code <span class="code check">${view.checkCode}</span></p>
<div class="row"><a class="button" href="${page}">Open${which(view)}</a>${view.grant?.state === 'active' && wish(session, view, 'return', 'I’m done')}${receipt(view, issuerUrl)}</div>
</article>`

/** Until when it works: an early end that is not confirmed is not said to be over. */
function endWords({ state, recall, unanswered }: NonNullable<LinkedView['view']['grant']>): string {
  if (state !== 'revoking') return ' until'
  if (recall === 'not_before_expiry') return '; what was handed out cannot be recalled before'
  return unanswered
    ? '; the target does not confirm it and is asked on. Without that it ends at'
    : '; the target is told and has not confirmed it yet. Without that it ends at'
}

const otherCard = (session: Session, { view, mayObject, mayAsk }: Other): Html => html`<article class="card">
<h3>${shown(view.title)}</h3>
<p>Asked by ${shown(view.requester.name)}: ${headline(view)}${view.grant && `, until ${timeWords(view.grant.endsAt * 1000)}`}${objected(view)}</p>
${values(view)}
<p class="quiet"><span class="code">${view.action}</span>, check code <span class="code check">${view.checkCode}</span></p>
<div class="row">${mayObject && open(session, view)}${mayObject && isOpen(view) && objecting(session, view)}${mayAsk && isOpen(view) && sameLink(view)}</div>
</article>`

const endedCard = ({ view, page }: LinkedView, issuerUrl: string): Html => html`<article class="card">
<h3>${shown(view.title)}</h3>
<p>${capital(headline(view))}${view.refusal !== undefined && `: ${view.refusal}`}${why(view)}</p>
${values(view)}
<p class="quiet"><span class="code">${view.action}</span>, check code <span class="code check">${view.checkCode}</span></p>
<div class="row"><a class="button" href="/ask?again=${view.id}">Ask again${which(view)}</a><a class="button" href="${page}">Open${which(view)}</a>${receipt(view, issuerUrl)}</div>
</article>`

/** Once it is over: the way to what proves it. */
const receipt = (view: RequestView, issuerUrl: string): Html | false =>
  hasReceipt(view) && html`<a class="button" href="${receiptOf(issuerUrl, view.id)}">Receipt${which(view)}</a>`

const keylessSection = (people: readonly Keyless[], enrolUrl: string): Html => html`<section aria-labelledby="keyless">
<h2 id="keyless">${KEYLESS_TITLE}</h2>
<p>They may decide about something, and could not, or perhaps not:</p>
<ul>${KEYLESS.map(({ trouble, words }) => {
  const own = people.filter((each) => each.trouble === trouble)
  return (
    own.length > 0 && html`<li>${words}: ${own.map(({ person }, index) => html`${index > 0 && ', '}${shown(person.name)}`)}</li>`
  )
})}</ul>
<p>Send them <span class="code">${enrolUrl}</span>. What they register there, an administrator enrols.</p>
</section>`

/** The parameters, but personal values, which have no place here. */
const values = ({ parameters }: RequestView): Html | false =>
  parameters.length > 0 &&
  html`<p>${parameters.map(
    ({ label, value }, index) =>
      html`${index > 0 && ', '}${label}: ${value === undefined ? 'personal, shown on the page' : shown(value)}`,
  )}</p>`

const objected = ({ held, objection }: RequestView): Html | false =>
  held !== undefined && html`; ${shown(held.name)} objected${objection !== undefined && html`: “${shown(objection)}”`}`

function why({ ended, grant, state }: RequestView): Html | false {
  const by = grant?.endedBy ?? ended.by
  const reason = state === 'voided' ? ended.reason : undefined
  return html`${by && html` by ${shown(by.name)}`}${reason !== undefined && `: ${reason}`}`
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1)

function nextStep(view: RequestView, own: boolean): string {
  if (!own) return 'Review & decide'
  if (view.state === 'awaiting_requester') return 'Confirm with your key'
  return view.state === 'approved' ? 'Get the credential' : 'Open'
}

const objecting = (session: Session, view: RequestView): Html | false =>
  view.held === undefined
    ? wish(session, view, 'object', 'Object')
    : view.held.id === session.person.id && wish(session, view, 'lift', 'Lift objection')

const mayAskFor = ({ published, person }: Session, view: RequestView): boolean =>
  offersFor(published.ruleSet, person.id).some(({ action }) => actionName(action) === view.action)
const sameLink = (view: RequestView): Html => html`<a class="button" href="/ask?same=${view.id}">Same for me${which(view)}</a>`

const wish = (session: Session, view: RequestView, kind: string, label: string): Html =>
  html`<form method="post" action="/wish">${formToken(session)}<input type="hidden" name="kind" value="${kind}"><input type="hidden" name="request" value="${view.id}"><button>${label}${which(view)}</button></form>`

/** Leads to the reader's own page of it, whose link may have to be made first. */
const open = (session: Session, view: RequestView): Html =>
  html`<form method="post" action="/open">${formToken(session)}<input type="hidden" name="request" value="${view.id}"><button>Open${which(view)}</button></form>`

/** Of which request a button is, for who hears the buttons alone. */
const which = (view: RequestView): Html => html`<span class="sr"> ${view.checkCode}</span>`
