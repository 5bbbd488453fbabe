// Where the provider sends the browser back to. The page says nothing of what the address holds; its script posts that and tells what became of it.

import { html, shown } from '../../html.ts'
import { framed, type Site } from './frame.ts'

/** The whole page. */
export const providerReturnPage = (site: Site, provider: string): string =>
  framed(site, {
    title: 'Your sign-in',
    entry: 'issuer/static/provider-return.ts',
    body: html`<div class="document narrow">
<h1 tabindex="-1">Your sign-in at ${shown(provider)}</h1>
<div id="going"><p>It is being checked, and your key enrolled.</p></div>
<div class="step" id="enrolled" hidden><h2>Your key is enrolled</h2>
<p>From now on you can ask for access and confirm it with this key. It cannot approve anything: for that, administrators enrol a key after comparing its words.</p>
<p><a class="button plain" href="/keys">Your keys</a></p></div>
<div class="step" id="refused" hidden><p>Your key is not enrolled.</p>
<p><a class="button plain" href="/enrol">Back to your key</a></p></div>
</div>`,
  })
