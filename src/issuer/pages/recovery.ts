// The recovery, on `/keys` and for administrators alone, while the database is behind what this issuer has seen outside it: what happened, what it means
// for keys and for credentials that are out, and one signature to go on from here.

import type { Loss } from '../../commands/context.ts'
import { type Html, html } from '../../html.ts'
import type { Key } from '../view-state.ts'
import type { Site } from './frame.ts'
import { ceremonyButtons, keyChoice, plural, when } from './words.ts'

/** What an administrator must know before he signs, and the button. */
export function recovery(site: Site, loss: Loss, signing: readonly Key[], now: Date): Html {
  const { changes, since } = loss
  return html`<section id="recovery" class="panel" aria-labelledby="recovery-title">
<p class="badge bad"><span aria-hidden="true">✕</span> <span>Nothing is issued</span></p>
<h2 id="recovery-title">The database is older than what this issuer has already seen</h2>
<p>Somebody put a copy of it back, or a failover lost its last minutes. ${since && html`It remembers what happened until ${when(since, now)}; what came after that is gone.`} ${gone(changes)}</p>
<p>Credentials are ended as ever. None is issued, and no key is changed, until an administrator signs here.</p>
<h3>Before you sign</h3>
<ol>
<li>Was it put back by mistake? Then have the newest copy put in its place: this goes away by itself, and nothing is lost.</li>
<li>Look at the keys below. One that was suspended or revoked since ${since ? when(since, now) : 'then'} may be active again: suspend it once you have signed. One that was enrolled since is gone: its owner registers it anew.</li>
<li>Requests and decisions since then are gone and can be asked again. Credentials whose records are gone end by their own time; nobody can end them sooner here, so end at their targets what must not wait.</li>
</ol>
<p>You sign for exactly what was lost: place ${loss.lost.directory.sequence} of the directory, watermark ${loss.lost.watermark}. The log keeps it for good.</p>
${keyChoice(site, signing)}
${ceremonyButtons(site, [{ act: 'recover', label: 'Sign the recovery', style: 'danger' }])}
</section>`
}

function gone(changes: number | undefined): Html {
  if (changes === undefined)
    return html`Its directory of keys went another way since, so nobody can say how many changes of keys are gone.`
  return changes === 0
    ? html`No change of keys is gone.`
    : html`${plural(changes, 'change')} of keys ${changes === 1 ? 'is' : 'are'} gone.`
}
