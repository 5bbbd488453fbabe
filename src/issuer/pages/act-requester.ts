// What who asked can do: confirm and say where it is needed, wait, fetch, give back. Nothing starts by itself but the showing of what this browser
// already fetched. Which of the parts marked data-place shows is for the script to say: the server does not know which browser is which place.

import { CREDENTIAL_PLACE } from '../../credentials/kind.ts'
import { durationWords } from '../../domain/words.ts'
import { type Html, html, shown } from '../../html.ts'
import type { Adopted } from '../view-state.ts'
import { endText } from './ended.ts'
import type { Site } from './frame.ts'
import { ceremonyButtons, endNow, keyChoice, noKey, when } from './words.ts'

/** The panel of who asked. */
export function requesterActs(site: Site, view: Adopted, now: Date): Html {
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
