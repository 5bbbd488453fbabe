// The verifier's page: what it takes, what it does and what it cannot do. The same body stands on the issuer's page and in the file that is saved from
// it: a page that the issuer serves proves nothing against the issuer, and says so.

import { type Html, html } from '../../html.ts'
import { framed, type Site } from './frame.ts'

/** The page as the issuer serves it. */
export const verifyPage = (site: Site): string =>
  framed(site, {
    title: 'Check a receipt',
    entry: 'issuer/static/verify.ts',
    sheet: 'verify',
    body: verifyBody(html`<p class="warning">This page comes from the issuer whose receipts it checks, so it proves nothing against that issuer: whoever owns it could serve
another one. Save it once as a file, from a computer and at a time that you trust, and use that; or use <code>countersign verify</code>.
<a href="/verify/page.html" download="countersign-verify.html">Save this page as one file</a></p>`),
  })

/** What both pages show. */
export const verifyBody = (caution: Html): Html => html`<div class="document narrow" id="verifier">
<h1 tabindex="-1">Check a receipt</h1>
<p>A receipt says who signed what before a credential was issued. It is checked here, in this browser: both files stay on this computer, and no network is asked.</p>
${caution}
<div class="drop" id="drop">
<label class="field">Receipt <span class="optional">a file like receipt-abcd-efgh-jkmn.json</span>
<input type="file" name="receipt" accept=".json,application/json" disabled></label>
<label class="field">Trust roots <span class="optional">your own copy of trust-roots.json, not one that came with the receipt</span>
<input type="file" name="roots" accept=".json,application/json" disabled></label>
<p class="small">Or drop both files anywhere on this page.</p>
</div>
<p role="status" id="said" class="small"></p>
<div id="verdict" class="stack"></div>
</div>`
