// Where a request stands: its state in one line, who has signed, what is missing, until when; and how its credential ended, said as it is:
// confirmed, pending, or not to be recalled before its end (invariant 6).

import type { GrantRow } from '../../db/grants.ts'
import { durationWords } from '../../domain/words.ts'
import { type Html, html, shown } from '../../html.ts'
import type { Adopted, Signed } from '../view-state.ts'
import { plural, told, when } from './words.ts'

type Tone = 'wait' | 'good' | 'bad' | 'over'
const MARK: { readonly [T in Tone]: string } = { wait: '◷', good: '✓', bad: '✕', over: '○' }

/** The state in a few words, told by sign and text, never by colour alone. */
export function badge(view: Adopted, now: Date): Html {
  const [tone, words] = stateOf(view, now)
  return html`<p class="badge ${tone}"><span aria-hidden="true">${MARK[tone]}</span> <span>${words}</span></p>`
}

function stateOf(view: Adopted, now: Date): readonly [Tone, Html] {
  const { needed, given } = countOf(view)
  const held = view.heldBy && html`, held by ${shown(view.heldBy.name)}`
  switch (view.state) {
    case 'awaiting_requester':
      return ['wait', html`Waits for ${shown(view.requester.name)} to confirm with a key`]
    case 'awaiting_approvers':
      return ['wait', html`Waits for approval: ${given} of ${needed}${held}`]
    case 'approved':
      return [view.heldBy ? 'wait' : 'good', html`Approved${held}`]
    case 'claimed':
      return view.grant ? grantState(view.grant, now) : ['good', html`In use`]
    case 'lapsed':
      return ['over', html`Ran out of time`]
    case 'cancelled':
      return ['over', html`Cancelled`]
    case 'voided':
      return ['bad', html`Void: ${view.ended?.why ?? 'something it stands on changed'}`]
    case 'denied':
      return ['bad', html`Denied`]
  }
}

function grantState(grant: GrantRow, now: Date): readonly [Tone, Html] {
  switch (grant.state) {
    case 'issuing':
      return ['wait', html`The credential is being made`]
    case 'active':
      return ['good', html`In use until ${when(grant.ends_at, now, true)}`]
    case 'revoking':
      return ['wait', grant.ended_reason === 'returned' ? html`Given back` : html`Ending early`]
    case 'returned':
      return ['over', html`Given back`]
    case 'revoked':
      return ['over', html`Ended early`]
    case 'expired':
      return ['over', html`Ended by itself`]
    case 'failed':
      return ['bad', html`The credential could not be made`]
  }
}

const countOf = ({ lines }: Adopted) => {
  const needed = lines.reduce((sum, { count }) => sum + count, 0)
  return { needed, given: needed - lines.reduce((sum, { missing }) => sum + missing, 0) }
}

/** The panel: what happened, what is missing, until when. */
export function standing(view: Adopted, now: Date): Html {
  const steps = stepsOf(view, now).sort((a, b) => a.at.getTime() - b.at.getTime())
  return html`<h2>Where it stands</h2>
${steps.length > 0 && html`<ol class="steps">${steps.map(({ said }) => said)}</ol>`}
${missing(view)}
${deadline(view, now)}
${receipt(view)}`
}

/** Once something was issued: the way to what proves it. It asks who is there, whoever's link this is. */
const receipt = ({ request, credential }: Adopted): Html | undefined =>
  credential?.fingerprint
    ? html`<p class="small"><a href="/receipts/${request}">Receipt</a>: who signed what, for anybody to <a href="/verify">check</a> without us.</p>`
    : undefined

type Step = { readonly at: Date; readonly said: Html }

function stepsOf(view: Adopted, now: Date): Step[] {
  const { grant, ended, requester } = view
  const steps = view.signed.map((each, at) => ({ at: each.at, said: signedLine(each, view, now, isRepeated(view, at)) }))
  if (grant) {
    const fetched = html`<li><span class="who">${shown(requester.name)}</span> fetched the credential ${atTime(grant.started_at, now)}</li>`
    steps.push({ at: grant.started_at, said: fetched })
  }
  const over = grantEnd(view, now)
  if (over) steps.push(over)
  if (!grant && ended && view.state !== 'denied')
    steps.push({ at: ended.at, said: html`<li>${endWords(view)} ${atTime(ended.at, now)}</li>` })
  return steps
}

const atTime = (at: Date, now: Date): Html => html`<span class="at">${when(at, now)}</span>`

/** Whether the requester had confirmed before: another place, or a fresh tap. */
const isRepeated = ({ signed }: Adopted, at: number): boolean =>
  signed[at]?.decision === 'confirm' && signed.slice(0, at).some(({ decision }) => decision === 'confirm')

function signedLine({ who, decision, at, note, leaseSeconds }: Signed, view: Adopted, now: Date, again: boolean): Html {
  const did = {
    confirm: again ? 'confirmed once more' : 'confirmed with a key',
    approve: 'approved with a key',
    deny: 'denied with a key',
    revoke: 'ended the access with a key',
  }[decision]
  const shorter = leaseSeconds !== undefined && leaseSeconds < view.intent.lease_seconds
  return html`<li class="${decision}"><span class="who">${shown(who.name)}</span> ${did} ${atTime(at, now)}
${shorter && html`<span class="help">for at most ${durationWords(leaseSeconds)}</span>`}
${note && html`<blockquote class="note">${told(note)}</blockquote>`}</li>`
}

const endWords = ({ state, ended }: Adopted): Html => {
  const by = ended?.by && html` by ${shown(ended.by.name)}`
  if (state === 'cancelled') return html`Cancelled${by}`
  if (state === 'voided') return html`Made void: ${ended?.why ?? 'something it stands on changed'}`
  return html`Ran out of time`
}

function missing({ state, lines, heldBy }: Adopted): Html {
  const open = state === 'awaiting_requester' || state === 'awaiting_approvers' ? lines.filter((line) => line.missing > 0) : []
  return html`${
    open.length > 0 &&
    html`<p class="missing">Missing: ${open.map((line, at) => html`${at > 0 && ', '}${plural(line.missing, 'approval')} from <strong>${line.group}</strong>`)}.</p>`
  }
${heldBy && html`<p class="missing">${shown(heldBy.name)} objected. Nothing can be fetched until the objection is lifted or an approver signs after it.</p>`}`
}

function deadline({ state, intent }: Adopted, now: Date): Html | undefined {
  const at = { awaiting_requester: intent.confirm_by, awaiting_approvers: intent.decide_by, approved: intent.claim_by }[
    state as string
  ]
  return at === undefined
    ? undefined
    : html`<p class="deadline">${state === 'approved' ? 'Can be fetched' : 'Open'} until ${when(new Date(at * 1000), now, true)}.</p>`
}

/** An early end is said per credential as it is. */
function grantEnd({ grant, recall, requester }: Adopted, now: Date): Step | undefined {
  if (!grant || grant.state === 'active' || grant.state === 'issuing') return undefined
  const at = grant.ended_at ?? grant.ends_at
  if (grant.state === 'expired') return { at, said: html`<li>The access ended by itself ${atTime(at, now)}</li>` }
  if (grant.state === 'failed') return { at, said: html`<li>The credential could not be made. Nothing was handed out.</li>` }
  const began = grant.ended_reason === 'returned' ? html`${shown(requester.name)} gave it back` : html`The end was begun early`
  const over = grant.state !== 'revoking'
  const how =
    recall === 'confirmed'
      ? html`The target confirmed that the credential is gone.`
      : over
        ? html`The credential ended by itself ${when(grant.ends_at, now)}.`
        : recall === 'not_before_expiry'
          ? html`The credential itself cannot be recalled before ${when(grant.ends_at, now)}: do not pass it on.`
          : html`The target is told, and has not confirmed yet that the credential is gone.`
  return { at, said: html`<li>${began} ${atTime(at, now)}<span class="help">${how}</span></li>` }
}
