// The page of a request's receipts, for somebody who may have them: whose they are, what is in them, and the files. It needs no script.

import { type Html, html, shown } from '../../html.ts'
import type { Named } from '../asked.ts'
import { framed, type Site } from './frame.ts'
import { when } from './words.ts'

export type ReceiptState = {
  readonly request: string
  readonly title: string
  readonly checkCode: string
  readonly requester: Named
  readonly signedIn: Named
  /** Whether the reason, notes and personal values are opened for this person. */
  readonly opened: boolean
  readonly credentials: readonly { readonly number: number; readonly expiresAt: Date }[]
  readonly now: Date
}

/** The whole page. */
export const receiptPage = (site: Site, state: ReceiptState): string =>
  framed(site, {
    title: 'Receipt',
    body: html`<div class="document narrow">
<p class="you">You are <strong>${shown(state.signedIn.name)}</strong>.</p>
<h1 tabindex="-1">Receipt</h1>
<p>${shown(state.title)}, asked by ${shown(state.requester.name)}, check code <code>${state.checkCode}</code></p>
${state.credentials.length === 0 ? html`<p>No credential has been issued for this request, so there is no receipt.</p>` : files(state)}
</div>`,
  })

const files = ({ request, credentials, opened, now }: ReceiptState): Html => html`
<p>It says who signed what before the credential was issued, for anybody to <a href="/verify">check</a> without us. ${
  opened
    ? 'What people wrote for each other is opened in it, and the names and runbooks of then stand in it: pass it on with care.'
    : 'What people wrote for each other stays closed in it; the names and runbooks of then stand in it: pass it on with care.'
}</p>
${credentials.map(
  ({
    number,
    expiresAt,
  }) => html`<p><a class="button ${number === 1 ? 'primary' : 'plain'}" href="/v1/receipts/${request}?credential=${number}">Download the receipt${
    credentials.length > 1 && html` of credential ${number}`
  }</a></p>
<p class="small">It was made to end at ${when(expiresAt, now)}.</p>`,
)}`
