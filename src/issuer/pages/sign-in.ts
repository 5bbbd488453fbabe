// The sign-in page: for `/authorize`, where the bot sends people, and for our own pages. In the sandbox the simulated security key asks who it is.

import { html } from '../../html.ts'
import type { SignInFacts } from '../static/facts.ts'
import { framed, type Site } from './frame.ts'

export type SignInState = { readonly realm: string; readonly why: string; readonly onward: SignInFacts['onward'] }

/** The whole page. */
export function signInPage(site: Site, { realm, why, onward }: SignInState): string {
  return framed(site, {
    title: 'Sign in to Countersign',
    facts: { realm, audience: 'authorize' in onward ? 'bot' : 'issuer', onward },
    entry: 'issuer/static/sign-in.ts',
    body: html`<div class="document narrow">
<h1 tabindex="-1">Sign in to Countersign</h1>
<p>${why}</p>
${
  site.sandbox
    ? html`<fieldset class="people"><legend>Use the simulated security key (sandbox) of</legend>
${site.sandbox.people.map(({ id, name }) => html`<button type="button" class="primary" data-do="sign-in" data-device="simulated" data-person="${id}">${name}</button>`)}
</fieldset>
<button type="button" class="plain" data-do="sign-in" data-device="computer">Use this computer’s key</button>`
    : html`<button type="button" class="primary" data-do="sign-in" data-device="computer">Sign in with security key</button>`
}
<p class="small">Signing in only shows things. Every decision asks for the key again. <a href="/enrol">No key yet?</a></p>
</div>`,
  })
}
