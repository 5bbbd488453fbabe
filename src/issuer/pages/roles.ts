// What administrators do on `/keys` beside keys: give and take roles, sign for rules that name new people, and let a provider enrol people who only ask. Who
// is what stands above, as the signed directory says it.

import { ROLES, type Role } from '../../domain/directory.ts'
import { type Html, html, shown } from '../../html.ts'
import type { Named } from '../asked.ts'
import { ROLE_WORDS, wordList } from './change-words.ts'
import type { Site } from './frame.ts'
import { ceremonyButtons } from './words.ts'

export type RolesState = {
  /** Everybody with a working key, with his roles and the keys that may not serve one yet. */
  readonly people: readonly (Named & {
    readonly roles: readonly Role[]
    readonly unserving: readonly { readonly thumbprint: string; readonly nickname: string; readonly words: readonly string[] }[]
  })[]
  /** What the rules in force newly give and nobody has signed for. */
  readonly gained: readonly string[]
  readonly provider:
    | { readonly name: string; readonly issuer: string; readonly clientId: string; readonly taken: boolean }
    | undefined
  /** Two administrators have to sign. */
  readonly takesTwo: boolean
  /** A change waits for its second signature, and no other one that takes two can begin. */
  readonly waits: boolean
  /** The rule set in force. */
  readonly ruleSet: string
}

/** Roles, rules and provider, for the administrator who looks. */
export const rolesSection = (site: Site, state: RolesState, me: Named): Html => html`
<div class="change step">
<h2>Roles</h2>
<dl class="roles">${ROLES.map((role) => {
  const holders = state.people.filter(({ roles }) => roles.includes(role))
  return html`<div><dt>${ROLE_WORDS[role]}</dt><dd>${holders.length === 0 ? 'nobody' : holders.map(({ name }, at) => html`${at > 0 && ', '}${shown(name)}`)}</dd></div>`
})}</dl>
<p class="help">The rules can leave somebody out who has a role here; they cannot give one.</p>
${state.waits ? waitsAbove() : roleForm(site, state, me)}
</div>
${state.gained.length > 0 && endorsement(site, state)}
${state.provider && providerSection(site, state.provider, state)}`

const waitsAbove = (): Html =>
  html`<p class="help">A change waits above. Once it is signed or withdrawn, the next one can be signed here.</p>`

const roleForm = (site: Site, state: RolesState, me: Named): Html => html`<form id="role">
<label class="field">Who
<select name="person" required><option value="">Choose</option>${state.people.map(({ id, name }) => html`<option value="${id}" ${id === me.id && html`data-self hidden disabled`}>${name}</option>`)}</select></label>
<label class="field">Role
<select name="role">${ROLES.map((role) => html`<option value="${role}">${role}</option>`)}</select></label>
<fieldset class="row"><legend class="sr">What to do</legend>
<label class="choice"><input type="radio" name="effect" value="grant" checked> <span>Give</span></label>
<label class="choice"><input type="radio" name="effect" value="withdraw"> <span>Take away</span></label>
</fieldset>
${state.people.some(({ id }) => id === me.id) && html`<p class="small">Nobody signs for a role of his own: you are in the list only to give one up.</p>`}
${state.people
  .filter(({ unserving }) => unserving.length > 0)
  .map(
    ({
      id,
      name,
      unserving,
    }) => html`<fieldset class="vouched" data-person="${id}" hidden><legend>Keys of ${shown(name)} that may not serve a role yet</legend>
<p class="help">Compare the words with ${shown(name)}, by voice or face to face. Tick a key only if every word is the same.</p>
${unserving.map(({ thumbprint, nickname, words }) => html`<label class="choice"><input type="checkbox" name="vouched" value="${thumbprint}"> <span>${shown(nickname)}</span></label>${wordList(words)}`)}</fieldset>`,
  )}
${ceremonyButtons(site, [{ act: 'role', label: state.takesTwo ? 'Sign the role as the first of two' : 'Sign the role', style: 'plain' }])}
</form>`

const endorsement = (site: Site, { gained, ruleSet, takesTwo, waits }: RolesState): Html =>
  html`<div class="change step" id="endorse">
<h2>What is new in the rules</h2>
<ul class="does">${gained.map((line) => html`<li>${line}</li>`)}</ul>
<p>That waits, so that a change nobody wanted is seen in time. If these rules are as you want them, sign for them: then nobody waits.</p>
${
  waits
    ? waitsAbove()
    : html`<p class="help">You sign for the rules <code>${ruleSet}</code>.</p>
${ceremonyButtons(site, [{ act: 'endorse', label: takesTwo ? 'Sign for these rules as the first of two' : 'Sign for these rules', style: 'plain' }])}`
}
</div>`

const providerSection = (
  site: Site,
  { name, issuer, clientId, taken }: NonNullable<RolesState['provider']>,
  { takesTwo, waits }: RolesState,
): Html => html`<div class="change step" id="admitted">
<h2>Sign-in at ${shown(name)}</h2>
<p>${
  taken
    ? html`People who only ask can enrol their first key by signing in there. If you sign, they no longer can.`
    : html`Nobody enrols a key by signing in there yet. If you sign, people who only ask can enrol their first key so; approvers, administrators and auditors cannot.`
}</p>
${
  waits
    ? waitsAbove()
    : html`<p class="help">You sign for ${shown(issuer)}, client ${shown(clientId)}.</p>
${ceremonyButtons(site, [{ act: 'provider', label: `${taken ? 'Stop' : 'Allow'} these sign-ins${takesTwo ? ': sign as the first of two' : ''}`, style: taken ? 'danger' : 'plain' }])}`
}
</div>`
