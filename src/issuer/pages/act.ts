// The panel that says what this person can do about a request now, in this browser: his acts, or why there are none.

import { type Html, html, shown } from '../../html.ts'
import type { Adopted } from '../view-state.ts'
import { approverActs } from './act-approver.ts'
import { requesterActs } from './act-requester.ts'
import { elsewhere } from './elsewhere.ts'
import { endText } from './ended.ts'
import type { Site } from './frame.ts'
import { endNow } from './words.ts'

/** Which browser looks: one that is fit, one inside another app where keys often fail, or one that said that it cannot use keys. */
export type Looks = { readonly now: Date; readonly browser: 'fit' | 'inside' | 'other' }

/** The panel for this person in this state. */
export function act(site: Site, view: Adopted, { now, browser }: Looks): Html {
  if (isAnothers(site, view)) return notYours(view)
  if (isToSign(site, view) && view.keys.length > 0 && browser !== 'fit')
    return html`${elsewhere(site, view.view, browser)}${browser === 'inside' && acts(site, view, now)}`
  return acts(site, view, now)
}

function acts(site: Site, view: Adopted, now: Date): Html {
  if (view.role === 'requester') return requesterActs(site, view, now)
  if (view.role === 'approver') return approverActs(site, view)
  const end = view.role === 'administrator' ? endNow(site, view, 'administrator') : undefined
  return html`<h2>${end ? 'You can end it' : 'Nothing for you to do'}</h2>
<p>${endText(view) ?? 'Only people in the groups named here decide about this.'}</p>${end}`
}

/** Whether somebody else is signed in: a statement would name the person of the link. In the sandbox one person plays all, in one browser. */
export const isAnothers = (site: Site, view: Adopted): boolean => view.other !== undefined && !site.sandbox

function notYours({ me, other }: Adopted): Html {
  return html`<h2>Not your link</h2>
<p>${
    other?.view === undefined
      ? html`If you should decide about this as well, ask whoever sent it for a link of your own.`
      : html`<a class="button primary" href="/r/${other.view}">Open your own page</a>`
  }</p>
<p><button type="button" class="quiet" data-do="sign-out"><span>I am ${shown(me.name)}: sign ${shown(other?.name ?? '')} out</span></button></p>`
}

/** Whether the panel is a matter of reading the document first. */
export const isToSign = (site: Site, view: Adopted): boolean => {
  const { role, state, decided } = view
  if (isAnothers(site, view)) return false
  return (
    (role === 'requester' && state === 'awaiting_requester') ||
    (role === 'approver' && state === 'awaiting_approvers' && !decided)
  )
}
