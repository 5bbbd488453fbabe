// The page of a bootstrap link: its person makes the first administrator key and compares its words with the terminal in which the bootstrap runs. The
// markup is what the script of `/enrol` works on, so roots are registered by the same code as everybody's keys.

import { type Html, html, shown } from '../../html.ts'
import type { Named } from '../bootstrap-plan.ts'
import { framed, type Site } from './frame.ts'
import { ceremonyButtons } from './words.ts'

/** The whole page; `words` once the key is registered. */
export const bootstrapPage = (
  site: Site,
  realm: string,
  person: Named & { readonly needs: string | undefined },
  words: readonly string[] | undefined,
): string =>
  framed(site, {
    title: 'First administrator',
    sheet: 'keys',
    ...(words ? {} : { entry: 'issuer/static/enrol.ts' as const }),
    body: html`<section class="document narrow" aria-labelledby="own"><h1 tabindex="-1">First administrator</h1>
<h2 id="own">A root key for ${shown(person.name)}</h2>
<p>This key will be pinned on the issuer’s host as a root of this Countersign. It enrols everybody else’s keys. Realm <code>${realm}</code>.</p>
${words ? compare(words) : register(site, person)}
</section>`,
  })

const register = (site: Site, { id, needs }: Named & { readonly needs: string | undefined }): Html => html`
<form id="register">
<input type="hidden" name="person" value="${id}"><input type="hidden" name="nickname" value="root">
${needs !== undefined && html`<p>${needs}</p>`}
<p class="small">A key that stays in one place is safer than one that is copied between devices. You will be asked to touch it twice: once to make it, once to show that you hold it.</p>
${ceremonyButtons(site, [{ act: 'create', label: 'Register' }])}
</form>
<div id="prove" hidden><h3>One more touch</h3><p>The key is made. Touch it once more to show that you hold it.</p>
${ceremonyButtons(site, [{ act: 'prove', label: 'Show that you hold it' }])}</div>
<div id="registered" hidden>${compare([])}</div>`

const compare = (words: readonly string[]): Html => html`<h3>Now compare these words</h3>
<p>Whoever started the bootstrap sees eight words in the terminal. Read them to each other, by voice or face to face: only if all are the same is this the key that gets pinned.</p>
<ol class="words" data-words>${words.map((word) => html`<li>${word}</li>`)}</ol>`
