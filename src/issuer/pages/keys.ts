// `/keys`: the keys of whoever is signed in, to add one and to stop one; for administrators everybody's, the change that waits for a second one of them, and
// roles. Each act is a change of the directory that is signed, and what is signed is composed of what stands here. While the database is behind what
// the issuer has seen, the recovery takes the place of every other change.

import type { Loss } from '../../commands/context.ts'
import type { PendingChange } from '../../commands/pending-change.ts'
import type { Doubt } from '../../domain/concerned.ts'
import { type Html, html, shown } from '../../html.ts'
import type { Named } from '../asked.ts'
import type { KeysFacts, Registration } from '../static/facts.ts'
import type { Key } from '../view-state.ts'
import type { Listed } from '../waiting-keys.ts'
import type { Speaking } from './change-words.ts'
import { framed, type Site } from './frame.ts'
import { releaseOwn, signsLittle, sparedOwn, suspendIt } from './held-keys.ts'
import { activeOf, addOwn, anotherKey, noneToSign, type OwnWaiting, stopOwn, tooFew } from './own-keys.ts'
import { pendingFact, pendingPanel } from './pending.ts'
import { recovery } from './recovery.ts'
import { type RolesState, rolesSection } from './roles.ts'
import { ceremonyButtons, keyChoice, keyFacts, when } from './words.ts'

export type KeyRow = {
  readonly thumbprint: string
  readonly owner: Named
  readonly nickname: string
  readonly words: readonly string[]
  readonly status: 'active' | 'suspended' | 'revoked'
  readonly deviceBound: boolean
  readonly inFull: boolean
  /** Its owner said that a change about it was somebody else’s doing. */
  readonly doubt: Doubt | undefined
  readonly enrolledAt: Date
  readonly usedAt: Date | undefined
}
/** Access that lives by an approval whose key is out of use by now. */
export type Doubted = { readonly holder: Named; readonly approver: Named; readonly action: string; readonly until: Date }
/** What an administrator sees beside his own keys. */
export type Administering = {
  readonly others: readonly KeyRow[]
  readonly pending: PendingChange | undefined
  readonly speaking: Speaking
  readonly roles: RolesState
  readonly hint: string | undefined
  readonly doubted: readonly Doubted[]
  /** The rule set in force. */
  readonly ruleSet: string
}
export type KeysState = {
  readonly realm: string
  readonly me: Named
  readonly signing: readonly Key[]
  readonly mine: readonly KeyRow[]
  readonly waiting: readonly (OwnWaiting & { readonly fact: Registration })[]
  /** What they are a part of. */
  readonly listed: Listed
  /** Of an approver: how many keys he must have that serve him as one, and how many do. */
  readonly approver: { readonly needed: number; readonly serving: number } | undefined
  readonly administrators: readonly Named[]
  readonly next: KeysFacts['next']
  readonly administering: Administering | undefined
  /** What the database has lost, for an administrator. */
  readonly loss: Loss | undefined
}

/** The whole page. */
export function keysPage(site: Site, state: KeysState, now: Date): string {
  const { loss, signing, administering, me, mine, waiting, listed } = state
  const isAdding = waiting.length > 0 || listed.look.find !== undefined
  const changes = loss === undefined
  // A key in doubt signs for nothing of its owner's.
  const own = signing.filter(({ thumbprint }) => inDoubt(mine, 'spared').every((spared) => spared.thumbprint !== thumbprint))
  const ownChanges = changes && own.length > 0
  return framed(site, {
    title: 'Keys',
    entry: 'issuer/static/keys.ts',
    sheet: 'keys',
    signedIn: me,
    body: html`<div class="headline"><h1 tabindex="-1">Keys</h1></div>
<div class="columns">
<div class="document" id="keys" data-live data-facts="${JSON.stringify(factsOf(site, state))}">
${loss && recovery(site, loss, signing, now)}
${administering?.pending && pendingPanel(site, administering.pending, { speaking: administering.speaking, me, keys: signing }, now)}
${administering?.hint !== undefined && html`<p class="warning">${administering.hint}</p>`}
<h2>Yours</h2>
${mine.length === 0 ? html`<p>You have none.</p>` : list(mine, { ticks: ownChanges ? 'own' : undefined, isOwn: true, now })}
${inDoubt(mine, 'spared').length > 0 && sparedOwn(otherAdministrators(state))}
${inDoubt(mine, 'held').length > 0 && releaseOwn(site, inDoubt(mine, 'held'), own)}
${ownChanges && tooFew(activeOf(mine), state.approver)}
${ownChanges && isAdding && addOwn(site, { ...state, signing: own }, now)}
${ownChanges && html`<form id="own" class="change"><h3>Lost one?</h3><p>Tick it above and suspend it at once. You can sign with any key that you still have.${!administering && html` Ask an administrator to suspend it if you have none: ${names(state.administrators)}.`}</p>${stopOwn(site, own)}</form>`}
${administering && everybody(site, state, administering, now)}
</div>
<div class="side">${ownChanges ? anotherKey(site) : changes && noneToSign()}</div>
</div>`,
  })
}

function factsOf(site: Site, { realm, me, signing, next, waiting, loss, administering }: KeysState): KeysFacts {
  const pending = administering?.pending
  const provider = administering?.roles.provider
  return {
    realm,
    person: me.id,
    keys: keyFacts(site, signing),
    next,
    waiting: waiting.map(({ fact }) => fact),
    ...(loss && { lost: loss.lost }),
    ...(pending && { pending: pendingFact(pending) }),
    ...(administering && { ruleSet: administering.ruleSet }),
    ...(provider && {
      provider: { issuer: provider.issuer, client_id: provider.clientId, effect: provider.taken ? 'withdraw' : 'grant' },
    }),
  }
}

function everybody(site: Site, { loss, signing, me }: KeysState, { others, roles, doubted }: Administering, now: Date): Html {
  const changes = loss === undefined
  return html`<h2>Everybody else’s</h2>${others.length === 0 ? html`<p>None.</p>` : html`${others.length > FEW && filterBox()}${list(others, { ticks: changes ? 'passkey' : undefined, isOwn: false, now })}`}
${doubted.length > 0 && doubtedList(doubted, now)}
${
  changes &&
  html`<form id="change" class="change">
<h2>Change the ticked keys</h2>
<fieldset class="row"><legend class="sr">What to do</legend>
<label class="choice"><input type="radio" name="operation" value="suspend" checked> <span>Suspend <span class="help">until reinstated</span></span></label>
<label class="choice"><input type="radio" name="operation" value="reinstate"> <span>Reinstate</span></label>
<label class="choice"><input type="radio" name="operation" value="revoke"> <span>Revoke <span class="help">for good</span></span></label>
</fieldset>
<p class="small">Your key signs for what is ticked and nothing else. A suspension counts at once. ${roles.takesTwo && html`To reinstate or revoke a key of somebody with a role takes two administrators.`}</p>
${keyChoice(site, signing)}
${ceremonyButtons(site, [{ act: 'change', label: 'Sign the change', style: 'danger' }])}
</form>
${rolesSection(site, roles, me)}`
}`
}

const doubtedList = (doubted: readonly Doubted[], now: Date): Html => html`<div class="change step" id="doubted">
<h2>Approved with a key that is out of use now</h2>
<p>This access was given before, and goes on until it ends. If it should not, have it given back, or end it on the request’s page.</p>
<ul class="does">${doubted.map(({ holder, approver, action, until }) => html`<li>${shown(holder.name)}: ${action}, approved by ${shown(approver.name)}, ends ${when(until, now, true)}</li>`)}</ul>
</div>`

const names = (people: readonly Named[]): Html => html`${people.map(({ name }, at) => html`${at > 0 && ', '}${shown(name)}`)}`

const inDoubt = (rows: readonly KeyRow[], how: Doubt): readonly KeyRow[] =>
  rows.filter(({ doubt, status }) => doubt === how && status === 'active')
/** The administrators beside him who could sign. */
const otherAdministrators = ({ administrators, me, administering }: KeysState): readonly Named[] =>
  administrators.filter(
    ({ id }) =>
      id !== me.id &&
      administering?.others.some(({ owner, status, doubt }) => owner.id === id && status === 'active' && doubt !== 'held') !==
        false,
  )

const STATUS = { active: 'Active', suspended: 'Suspended', revoked: 'Revoked' } as const
const DOUBT = { held: 'Held', spared: 'In doubt' } as const
const standsAs = ({ doubt, status }: KeyRow): string => (doubt && status === 'active' ? DOUBT[doubt] : STATUS[status])

/** As many are seen at once. */
const FEW = 8

/** Narrows the list below; the script brings it to life. */
const filterBox =
  (): Html => html`<label class="field" data-filter hidden><span>Show only <span class="optional">names or words that contain</span></span>
<input type="search" name="filter" autocomplete="off" spellcheck="false"></label>
<p role="status" class="help" data-filtered hidden></p>`

type Listing = {
  /** The name of the boxes of the form, where these can change. */
  readonly ticks: string | undefined
  readonly isOwn: boolean
  readonly now: Date
}

/** Keys: one's own by their names, those of others by their owners. */
const list = (rows: readonly KeyRow[], { ticks, isOwn, now }: Listing): Html =>
  html`<ul class="keys">${rows.map((row) => {
    const { owner, nickname, status, deviceBound, inFull, enrolledAt, usedAt, words } = row
    const name = isOwn
      ? html`<strong>${shown(nickname)}</strong>`
      : html`<span><strong>${shown(owner.name)}</strong> <span class="help">${shown(nickname)}</span></span>`
    return html`<li class="${status}">
${ticks !== undefined && status !== 'revoked' ? html`<label class="choice"><input type="checkbox" name="${ticks}" value="${row.thumbprint}"> ${name}</label>` : name}
<p class="help">${standsAs(row)} · ${deviceBound ? 'stays on one device' : 'may be copied between devices'}${!inFull && html` · <span>may ask only</span>`} · enrolled ${when(enrolledAt, now)} · ${usedAt ? html`last used ${when(usedAt, now)}` : 'never used'}</p>
<p class="help">Words: ${words.join(' ')}</p>
${row.doubt === 'spared' && status === 'active' && html`<p class="warning">${isOwn ? signsLittle : suspendIt}</p>`}
</li>`
  })}</ul>`
