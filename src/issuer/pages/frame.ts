// The frame of every page: head, sandbox ribbon, host, one main, one polite and one urgent live region. What a page tells its script stands in
// one attribute of <main>, as JSON; there is no inline script and no inline style (DESIGN section 7, notes on the headers).

import { type Html, html, shown } from '../../html.ts'
import type { Named } from '../asked.ts'
import type { BrowserCode, Entry, Sheet } from '../browser-code.ts'
import type { RequestFacts, SignInFacts } from '../static/facts.ts'

/** What pages know of the deployment. */
export type Site = {
  readonly origin: string
  readonly code: BrowserCode
  /** In the sandbox: who can sign in with the simulated security key, and which passkeys it holds (by WebAuthn id). */
  readonly sandbox?: { readonly people: readonly Named[]; readonly simulates: (passkeyId: string) => boolean } | undefined
}

export type Page = {
  readonly title: string | Html
  readonly body: Html
  /** Facts that stay as long as the page; those of a part that is swapped stand on the part. */
  readonly facts?: RequestFacts | SignInFacts
  readonly entry?: Entry
  /** Styles beside those of every page. */
  readonly sheet?: Sheet
  readonly signedIn?: Named | undefined
}

/** The whole document. */
export function framed(site: Site, { title, body, facts, entry, sheet, signedIn }: Page): string {
  const page = html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="stylesheet" href="${site.code.sheet('style')}">
${sheet && html`<link rel="stylesheet" href="${site.code.sheet(sheet)}">`}
<link rel="icon" href="${site.code.icon}">
${entry && html`<script type="module" src="${site.code.script(entry)}"></script>`}
</head>
<body ${site.sandbox ? html`data-sandbox` : undefined}>
<header>
${site.sandbox && html`<p class="ribbon"><strong>Sandbox</strong> Nothing here is real.</p>`}
<div class="top">
<span class="mark">Countersign</span>
<span class="host">${new URL(site.origin).host}</span>
${signedIn && html`<span class="session"><span>Signed in as ${shown(signedIn.name)}</span> <button type="button" class="quiet" data-do="sign-out">Sign out</button></span>`}
</div>
</header>
<main ${facts && html`data-facts="${JSON.stringify(facts)}"`}>
${body}
</main>
<div class="live" id="live">
<p role="status" id="offline"></p>
<p role="status" id="status"></p>
<button type="button" class="quiet" id="cancel" hidden>Cancel</button>
<p role="alert" id="alert"></p>
</div>
<noscript><p class="notice">Signing needs JavaScript. Everything above can be read without it, and a request can be stopped from Slack.</p></noscript>
</body>
</html>`
  return `<!doctype html>\n${page}`
}
