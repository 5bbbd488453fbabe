// `/enrol`: a person registers a key and reads its words; an administrator who is signed in compares the words with that person and enrols the
// keys. Whoever registers says only who he claims to be; the comparing is what makes it true, so the page says how to do it.

import type { PendingChange } from '../../commands/pending-change.ts'
import { WAITS_DAYS } from '../../db/registrations.ts'
import type { Accept } from '../../domain/accepted-keys.ts'
import type { Role } from '../../domain/directory.ts'
import { type Html, html, shown } from '../../html.ts'
import type { Named } from '../asked.ts'
import type { EnrolFacts } from '../static/facts.ts'
import type { Key } from '../view-state.ts'
import type { Listed } from '../waiting-keys.ts'
import { asRoles, type Speaking, wordList } from './change-words.ts'
import { framed, type Site } from './frame.ts'
import { pendingFact, pendingPanel } from './pending.ts'
import { moreOf, pager, search } from './waiting.ts'
import { ceremonyButtons, keyChoice, keyFacts, when } from './words.ts'

export type Waiting = {
  readonly who: Named
  readonly nickname: string
  readonly words: readonly string[]
  readonly deviceBound: boolean
  /** The model, where a certificate of its maker has proved it. */
  readonly model: string | undefined
  readonly at: Date
  readonly fact: EnrolFacts['registrations'][number]
  /** What its owner is already: the key will serve that, too. */
  readonly holds: readonly Role[]
  /** Whether its owner only asks, or has a role or is given one: then it takes two administrators. */
  readonly tier: 'asks' | 'serves'
}
export type EnrolState = {
  readonly realm: string
  readonly people: readonly (Named & { readonly needs: Accept })[]
  /** What each kind of people is told that its keys must be. */
  readonly needs: readonly { readonly accept: Accept; readonly words: string }[]
  /** What an administrator who is signed in sees beside. */
  readonly administrator:
    | {
        readonly who: Named
        readonly keys: readonly Key[]
        readonly waiting: readonly Waiting[]
        /** What the keys above are a part of. */
        readonly listed: Listed
        /** Whose alone are listed, where somebody was chosen. */
        readonly of: Named | undefined
        readonly next: NonNullable<EnrolFacts['next']>
        readonly pending: PendingChange | undefined
        readonly speaking: Speaking
        readonly hint: string | undefined
        /** Two administrators have to sign what gives a role. */
        readonly takesTwo: boolean
      }
    | undefined
  readonly signedIn: Named | undefined
  /** A key of this browser that waits, and the provider that could vouch for it. */
  readonly proved?: { readonly words: readonly string[]; readonly provider: string } | undefined
}

/** The whole page. */
export function enrolPage(site: Site, state: EnrolState, now: Date): string {
  const { realm, administrator } = state
  const facts: EnrolFacts = {
    realm,
    keys: keyFacts(site, administrator?.keys ?? []),
    registrations: administrator?.waiting.map(({ fact }) => fact) ?? [],
    ...(administrator ? { person: administrator.who.id, next: administrator.next } : {}),
    ...(administrator?.pending && { pending: pendingFact(administrator.pending) }),
  }
  // Whoever enrols comes here for that.
  const own = html`<section class="document" aria-labelledby="own"><h2 id="own">Your key</h2>${register(site, state)}</section>`
  const vouching = html`<section class="document" aria-labelledby="vouch" id="waiting" data-live data-facts="${JSON.stringify(facts)}"><h2 id="vouch">For administrators</h2>${administrator ? vouch(site, administrator, now) : signIn()}</section>`
  return framed(site, {
    title: 'Register a key',
    entry: 'issuer/static/enrol.ts',
    sheet: 'keys',
    signedIn: state.signedIn,
    body: html`<div class="headline"><h1 tabindex="-1">Register a key</h1></div>
<div class="columns even">
${administrator ? [vouching, own] : [own, vouching]}
</div>`,
  })
}

const register = (site: Site, { people, needs, proved }: EnrolState): Html => html`
<form id="register">
<label class="field">Who are you?
<select name="person" required><option value="">Choose your name</option>${people.map(({ id, name, needs: accept }) => html`<option value="${id}" data-needs="${accept}">${name}</option>`)}</select></label>
<div role="status">${needs.map(({ accept, words }) => html`<p data-needs="${accept}" hidden>${words}</p>`)}</div>
<label class="field"><span>A name for this key <span class="optional">such as “blue key on my ring”</span></span>
<input name="nickname" required maxlength="60" autocomplete="off"></label>
<p class="small">A key that stays in one place is safer than one that is copied between devices. You will be asked to touch it twice: once to make it, once to show that you hold it.</p>
${ceremonyButtons(site, [{ act: 'create', label: 'Register' }])}
</form>
<div class="step" id="prove" hidden><h3>One more touch</h3><p>The key is made. Touch it once more to show that you hold it.</p>
${ceremonyButtons(site, [{ act: 'prove', label: 'Show that you hold it' }])}</div>
<div class="step" id="registered" ${!proved && html`hidden`}>
<h3>Now compare these words</h3>
<p>Call or meet an administrator and read these words aloud. Do not send them by chat: whoever could write there could have changed them.</p>
<ol class="words" data-words>${proved?.words.map((word) => html`<li>${word}</li>`)}</ol>
<p data-step="waits">They are enough to find it, however many wait. When it is enrolled, this page says so.</p>
<div id="provider" ${!proved && html`hidden`}>
<h3>Or sign in instead</h3>
<p>If you only ask for access and never approve it, <span data-provider>${proved && shown(proved.provider)}</span> can vouch for you: no administrator has to be there.</p>
<button type="button" class="primary" data-do="vouch">Sign in with <span data-provider>${proved && shown(proved.provider)}</span></button>
</div>
</div>
<div class="step" id="enrolled" hidden>
<h3>It is enrolled. Now a second one</h3>
<p>A lost key would lock you out. Add another one now: you sign for it yourself, with this one.</p>
<p><a class="button primary" href="/keys">Add a second key</a></p>
</div>
<div class="step" id="turned-down" hidden>
<h3>It was turned down</h3>
<p>An administrator did not hear these words from you. Call one, then register anew.</p>
</div>
<div class="step" id="gone" hidden>
<h3>It waits no longer</h3>
<p>Nobody enrolled it for ${WAITS_DAYS} days, or so many keys were registered from where you are that it had to make room. Call an administrator first, then <a href="/enrol">register anew</a> and read your words at once.</p>
</div>`

const signIn = (): Html => html`<p>Administrators enrol registered keys here, after comparing words.</p>
<p><a class="button plain" href="/keys?onward=enrol">Sign in as an administrator</a></p>`

function vouch(site: Site, administrator: NonNullable<EnrolState['administrator']>, now: Date): Html {
  const { waiting, listed, of, pending, speaking, who, keys, hint } = administrator
  return html`${pending && pendingPanel(site, pending, { speaking, me: who, keys }, now)}
${hint !== undefined && html`<p class="warning">${hint}</p>`}
${(waiting.length > 0 || listed.look.find !== undefined) && search('/enrol', listed)}
${waiting.length > 0 && toEnrol(site, administrator, now)}
${waiting.length === 0 && listed.look.find === undefined && html`<p>No key waits to be enrolled.</p>`}
${pager(listed, of)}`
}

function toEnrol(site: Site, { waiting, listed, keys, takesTwo }: NonNullable<EnrolState['administrator']>, now: Date): Html {
  // Where several wait in one name, not all need be his: those are ticked one by one.
  const inName = Map.groupBy(waiting, ({ who }) => who.id)
  const alone = new Set(waiting.filter(({ who }) => inName.get(who.id)?.length === 1 && !listed.more.has(who.id)))
  const asking = [...alone].filter(({ tier }) => tier === 'asks').length
  const all = (tier: Waiting['tier'], words: string): Html =>
    html`<button type="button" class="quiet" data-do="tick" data-tier="${tier}">${words}</button>`
  return html`<p>Compare the words with the person, by voice or face to face. Tick a key only if every word is the same.</p>
${waiting.length > 1 && html`<p class="row">${asking > 0 && all('asks', `Tick all who only ask (${asking})`)}${asking < alone.size && all('serves', `Tick all with a role (${alone.size - asking})`)}</p>`}
<ul class="waiting">${waiting.map(
    (each, at) => html`${waitingKey(each, alone.has(each), now)}
${waiting[at + 1]?.who.id !== each.who.id && listed.look.person === undefined && moreOf(each.who, listed.more.get(each.who.id) ?? 0)}`,
  )}</ul>
${takesTwo && html`<p class="small">A key of somebody with a role takes two administrators, and whatever is ticked with it waits with it. Sign those apart.</p>`}
<div class="step" id="enrol">${keyChoice(site, keys)}
${ceremonyButtons(site, [{ act: 'enrol', label: 'I compared the words: enrol' }])}</div>`
}

const waitingKey = (
  { who, nickname, words, deviceBound, model, at, fact, holds, tier }: Waiting,
  isAlone: boolean,
  now: Date,
  // A browser that brings back ticks after a reload finds boxes by their order, and the list may be another.
): Html => html`<li>
<label class="choice"><input type="checkbox" name="registration" value="${fact.passkey.thumbprint}" data-tier="${isAlone && tier}" data-means="${[...holds, ...fact.roles].toSorted().join(' ')}" autocomplete="off">
<span><strong>${shown(who.name)}</strong>${asRoles(fact.roles)}${holds.length > 0 && `, already ${holds.join(' and ')}`} <span class="help">${shown(nickname)}, registered ${when(at, now)}${!deviceBound && ', may be copied between devices'}${model !== undefined && `, proved to be: ${model}`}</span></span></label>
<p class="warning" data-unticked="${fact.passkey.thumbprint}" hidden>No longer ticked: what this key is enrolled for has changed since. Look again, then tick it anew.</p>
${wordList(words)}
<button type="button" class="quiet" data-do="reject" data-passkey="${fact.passkey.thumbprint}">Turn this key down<span class="sr">: ${shown(nickname)} of ${shown(who.name)}</span></button></li>`
