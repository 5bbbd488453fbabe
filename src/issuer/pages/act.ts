// What a person can do about a request now: confirm and say where it is needed, decide, wait, fetch, give back. Two buttons of the same size for
// yes and no, none with default focus; nothing starts by itself but the showing of what this browser already fetched.

import { CREDENTIAL_PLACE } from '../../credentials/kind.ts'
import type { GrantRow } from '../../db/grants.ts'
import type { Recall } from '../../domain/grant.ts'
import { durationWords, timeWords } from '../../domain/words.ts'
import { type Html, html, shown } from '../../html.ts'
import type { Adopted } from '../view-state.ts'
import type { Site } from './frame.ts'
import { ceremonyButtons, keyChoice, when } from './words.ts'

/** The panel for this person in this state. */
export function act(site: Site, view: Adopted, now: Date): Html {
  if (view.role === 'requester') return requester(site, view, now)
  if (view.role === 'approver') return approver(site, view)
  return html`<h2>Nothing for you to do</h2><p>${endText(view) ?? 'Only people in the groups named here decide about this.'}</p>`
}

function requester(site: Site, view: Adopted, now: Date): Html {
  switch (view.state) {
    case 'awaiting_requester':
      if (view.keys.length === 0) return noKey()
      return html`<h2>Where do you need it?</h2>
${place()}
${keyChoice(site, view.keys)}
${ceremonyButtons(site, [{ act: 'confirm', label: 'Confirm' }])}
<p class="small">Your key signs exactly what stands here. Approvers are asked only after that.</p>`
    case 'awaiting_approvers':
      return html`<h2>Your part is done</h2>
<p data-place="here" hidden>Leave this page open: when everybody needed has approved, the credential can be fetched here.</p>
<p data-place="elsewhere" hidden>You named another place when you confirmed, such as a terminal: it gets the credential there.</p>
<p class="pulse" aria-hidden="true"><span></span><span></span><span></span></p>`
    case 'approved':
      return view.heldBy
        ? html`<h2>Approved, but held</h2><p>${shown(view.heldBy.name)} objected, so nothing can be fetched for now.</p>`
        : ready(site, view)
    case 'claimed':
      return inUse(site, view, now)
    default:
      return html`<h2>Over</h2><p>${endText(view)}</p>`
  }
}

/** Which of these shows is for the script to say: the server does not know which browser asks. */
const ready = (site: Site, view: Adopted): Html => html`<h2>Approved</h2>
<div data-place="here" hidden>
<p>The ${durationWords(view.intent.lease_seconds)} begin when you fetch it.</p>
<button type="button" class="primary" data-do="claim">Get the credential</button>
</div>
<div data-place="elsewhere" hidden>
<p>You named another place when you confirmed. A terminal fetches the credential by itself.</p>
</div>
<div data-place="again" hidden>
<p data-why>To have it somewhere else, confirm once more. Approvals stay.</p>
${place()}
${keyChoice(site, view.keys)}
${ceremonyButtons(site, [{ act: 'confirm', label: 'Confirm once more' }])}
</div>`

/** Whether the panel is a matter of reading the document first. */
export const isToSign = ({ role, state, decided }: Adopted): boolean =>
  (role === 'requester' && state === 'awaiting_requester') || (role === 'approver' && state === 'awaiting_approvers' && !decided)

const place = (): Html => html`<fieldset class="places">
<legend class="sr">Where do you need it?</legend>
<label class="choice"><input type="radio" name="place" value="here" checked> <span>In this browser</span></label>
<label class="choice"><input type="radio" name="place" value="terminal"> <span>In a terminal</span></label>
<div class="terminal" data-terminal hidden>
<label class="field">Code that the terminal shows
<input name="code" autocomplete="off" autocapitalize="none" spellcheck="false" placeholder="xxxx-xxxx-xxxx-xxxx" maxlength="24"></label>
<button type="button" class="plain" data-do="find-terminal">Find the terminal</button>
<div data-found hidden>
<p>Terminal <strong><bdi data-found-name></bdi></strong> at <strong><bdi data-found-address></bdi></strong>.</p>
<p class="warning">Go on only if this is your own terminal and it shows this code now. Whoever holds it gets the credential.</p>
</div>
</div>
</fieldset>`

const noKey = (): Html => html`<h2>You have no key yet</h2>
<p>Register your security key first; an administrator then compares its words with you.</p>
<p><a class="button primary" href="/enrol">Register a key</a></p>`

function approver(site: Site, view: Adopted): Html {
  if (view.decided) {
    const did = view.decided.decision === 'approve' ? 'You approved this' : 'You denied this'
    return html`<h2>${did}</h2><p>${endText(view) ?? 'Nothing more to do.'}</p>${endNow(site, view, 'approver')}`
  }
  if (view.state === 'awaiting_requester')
    return html`<h2>Not yet</h2><p>${shown(view.requester.name)} has not confirmed this with a key. Nobody needs to decide before that.</p>`
  if (view.state !== 'awaiting_approvers')
    return html`<h2>Nothing for you to do</h2><p>${endText(view) ?? 'This was decided without you.'}</p>${endNow(site, view, 'approver')}`
  if (view.keys.length === 0) return noKey()
  return html`<h2>Decide</h2>
<label class="field"><span>Note <span class="optional">optional; the requester reads it</span></span>
<textarea name="note" rows="2" maxlength="500"></textarea></label>
<label class="field"><span>At most for <span class="optional">if you approve</span></span>
<select name="lease">${leases(view.intent.lease_seconds).map((seconds) => html`<option value="${seconds === view.intent.lease_seconds ? '' : seconds}">${durationWords(seconds)}${seconds === view.intent.lease_seconds && ', as asked'}</option>`)}</select></label>
${keyChoice(site, view.keys)}
${ceremonyButtons(site, [
  { act: 'approve', label: 'Approve' },
  { act: 'deny', label: 'Deny', style: 'danger' },
])}
<p class="small">Your key signs exactly what stands here, with your decision.</p>`
}

/** What was asked for, and shorter round times. */
const leases = (asked: number): readonly number[] => [
  asked,
  ...[14_400, 7200, 3600, 1800, 900, 600, 300].filter((seconds) => seconds < asked).slice(0, 4),
]

function inUse(site: Site, view: Adopted, now: Date): Html {
  const { grant, howTo } = view
  if (!grant || (grant.state !== 'active' && grant.state !== 'issuing')) {
    const how =
      grant?.ended_reason === 'returned'
        ? 'Given back'
        : grant?.state === 'expired' || grant?.state === 'failed'
          ? 'Over'
          : 'Ended early'
    return html`<h2>${how}</h2><p>${endText(view)}</p>`
  }
  return html`<h2>Your credential</h2>
<p class="ends">Ends ${when(grant.ends_at, now, true)}</p>
<div data-place="here" data-credential="${view.credential?.number ?? 1}" hidden>
<div class="secret">
<code id="secret" data-secret tabindex="0" aria-label="Credential">····</code>
<div class="row"><button type="button" class="plain" data-do="copy-secret">Copy</button><button type="button" class="plain" data-do="reveal" aria-pressed="false">Show</button></div>
</div>
${
  howTo?.command
    ? html`<h3>Use it</h3>
<div class="secret"><pre data-command="${howTo.command}" data-mark="${CREDENTIAL_PLACE}" tabindex="0"></pre>
<div class="row"><button type="button" class="plain" data-do="copy-command">Copy the command</button></div></div>`
    : howTo &&
      html`<p>Send it in the header <code>${howTo.header.name}</code>${howTo.header.prefix !== '' && html`, after <code>${howTo.header.prefix.trim()}</code>`}.</p>`
}
<button type="button" class="primary" data-do="give-back">I’m done</button>
</div>
<div data-place="elsewhere" hidden>
<p>It was fetched in the place you named when you confirmed, and is shown only there.</p>
${endNow(site, view, 'requester')}
</div>`
}

/** An early end by a signature, for who holds no holder key. */
function endNow(site: Site, view: Adopted, role: 'requester' | 'approver'): Html | undefined {
  const runs = view.grant?.state === 'active' || view.grant?.state === 'issuing'
  if (!runs || view.keys.length === 0) return undefined
  return html`<div data-role="${role}">${keyChoice(site, view.keys)}${ceremonyButtons(site, [{ act: 'revoke', label: 'End the access now', style: 'danger' }])}</div>`
}

function endText({ state, ended, grant, credential }: Adopted): string | undefined {
  switch (state) {
    case 'denied':
      return 'This request was denied. Nothing was handed out.'
    case 'cancelled':
      return 'This request was cancelled. Nothing was handed out.'
    case 'lapsed':
      return 'The time for this ran out. Ask again in Slack if it is still needed.'
    case 'voided':
      return `This request is void (${ended?.why ?? 'something it stands on changed'}). Ask again in Slack if it is still needed.`
    case 'approved':
      return 'This is approved; the requester can fetch the credential.'
    case 'claimed':
      return grant ? grantText(grant, credential?.recall ?? undefined) : 'The access is in use.'
    default:
      return undefined
  }
}

/** Says no more than is known: an early end is over only when it is confirmed. */
function grantText({ state, ends_at }: GrantRow, recall: Recall | undefined): string {
  switch (state) {
    case 'issuing':
    case 'active':
      return 'The access is in use.'
    case 'revoking':
      return recall === 'not_before_expiry'
        ? `Nothing more can be fetched. The credential itself cannot be recalled: it works until ${timeWords(ends_at.getTime())}. Delete it wherever it was copied to.`
        : 'Nothing more can be fetched. The target has not confirmed yet that the credential is gone.'
    case 'returned':
    case 'revoked':
      return 'The access ended early, and the credential is gone.'
    case 'expired':
      return 'The access has ended by itself.'
    case 'failed':
      return 'The credential could not be made. Nothing was handed out; ask again, and tell whoever runs Countersign.'
  }
}
