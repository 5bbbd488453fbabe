// A person's own keys that are held, on `/keys`: he said that a change about them was somebody else's doing. With another key that he had before it he may
// say that they are his after all; whoever has none must have administrators sign about them.

import { type Html, html, shown } from '../../html.ts'
import type { Key } from '../view-state.ts'
import { wordList } from './change-words.ts'
import type { Site } from './frame.ts'
import type { KeyRow } from './keys.ts'
import { ceremonyButtons, keyChoice } from './words.ts'

/** The form by which an owner releases one. */
export const releaseOwn = (
  site: Site,
  held: readonly KeyRow[],
  signing: readonly Key[],
): Html => html`<div class="step" id="held">
<h3>Held</h3>
<p>You, or somebody in your name, said in Slack that a change about ${held.length === 1 ? 'this key was' : 'these keys were'} not your doing. Until that is settled ${held.length === 1 ? 'it signs' : 'they sign'} nothing. Release one only if you have it in your hand and its words are yours.</p>
<ul class="waiting">${held.map(
  ({ thumbprint, nickname, words }) => html`<li>
<label class="choice"><input type="radio" name="release" value="${thumbprint}" ${held.length === 1 && html`checked`}> <span><strong>${shown(nickname)}</strong></span></label>
${wordList(words)}</li>`,
)}</ul>
${
  signing.length > 0
    ? html`${keyChoice(site, signing)}
${ceremonyButtons(site, [{ act: 'release', label: 'It is mine: release this key' }])}`
    : html`<p>You have no other key to say so with. Ask the administrators: one suspends it, and two reinstate it.</p>`
}
</div>`
