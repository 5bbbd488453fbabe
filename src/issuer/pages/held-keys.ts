// Keys in doubt on `/keys`: in their owner's name somebody said that a change about them was somebody else's doing. Of one that is held he may say, with another
// key that he had before, that it is his after all; whoever has none must have administrators sign about it. One that is spared, since administrators could
// not go without it, is ended by another administrator alone. Whoever owns Slack can press in anybody's name, so nobody is told that he did.

import { type Html, html, shown } from '../../html.ts'
import type { Named } from '../asked.ts'
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
<p>It was said in your name in Slack that a change about ${held.length === 1 ? 'this key' : 'these keys'} was somebody else’s doing. Until that is settled ${held.length === 1 ? 'it signs' : 'they sign'} nothing. Release one only if you have it in your hand and its words are yours.</p>
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

/** Beside one's own key that is spared. */
export const signsLittle = 'For now it signs changes of the directory, ends of access and sign-ins, and nothing else.'

/** Beside such a key of somebody else. */
export const suspendIt =
  'It was said in its owner’s name that a change about it was somebody else’s doing. It is not held, since too few administrators could sign without it. Suspend it until you have spoken with its owner by another way than Slack.'

/** What an owner can do about his key that is spared; `others` are the administrators beside him. */
export const sparedOwn = (others: readonly Named[]): Html => html`<div class="step" id="spared">
<h3>In doubt</h3>
<p>It was said in your name in Slack that a change about your key was somebody else’s doing. It is not held, since too few administrators could sign without it.</p>
<p>${
  others.length === 0
    ? html`There is no other administrator who could suspend it. If somebody else has your key, have new roots made on the issuer’s host.`
    : html`Reach another administrator by another way than Slack: ${others.map(({ name }, at) => html`${at > 0 && ', '}${shown(name)}`)}. One of them suspends the key, which ends the doubt; once you have it in your hand, two reinstate it.`
}</p>
</div>`
