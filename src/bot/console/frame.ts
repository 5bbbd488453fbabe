// The frame of the console's pages: head, sandbox ribbon, who is signed in, one main. No script, no inline style.

import { mayAudit } from '../../commands/search-log.ts'
import { type Html, html, shown } from '../../html.ts'
import type { Session } from './session.ts'
import type { Site } from './site.ts'

/** The whole document. */
export function framed(site: Site, session: Session | undefined, title: string, body: Html): string {
  const page = html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Countersign</title>
<link rel="stylesheet" href="/console.css">
<link rel="icon" href="data:,">
</head>
<body>
<header>
${site.ctx.realm.startsWith('sandbox:') && html`<p class="ribbon"><strong>Sandbox</strong> Nothing here is real.</p>`}
<div class="top">
<span class="mark">Countersign</span>
${session && signedIn(session)}
</div>
</header>
<main>
<h1>${title}</h1>
${body}
</main>
</body>
</html>`
  return `<!doctype html>\n${page}`
}

const signedIn = (session: Session): Html => html`<nav aria-label="Pages"><a href="/">Overview</a> <a href="/ask">Ask</a>${
  mayAudit(session.published.ruleSet, { person: session.person.id, roles: session.roles }) && html` <a href="/audit">Log</a>`
}</nav>
<form method="post" action="/sign-out">${formToken(session)}<span class="quiet">Signed in as ${shown(session.person.name)}</span> <button class="plain">Sign out</button></form>`

/** What makes a form one of this session's. */
export const formToken = (session: Session): Html => html`<input type="hidden" name="form_token" value="${session.formToken}">`
