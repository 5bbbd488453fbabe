// `/keys`: the keys of whoever is signed in, and for administrators everybody's, with suspend, reinstate and revoke. Each of those is a change of
// the directory that an administrator signs; nobody else's signature counts there, so others are told whom to ask. While the database is behind what
// the issuer has seen, the recovery takes the place of every other change.

import type { Loss } from '../../commands/context.ts'
import { type Html, html, shown } from '../../html.ts'
import type { Named } from '../asked.ts'
import type { KeysFacts } from '../static/facts.ts'
import type { Key } from '../view-state.ts'
import { framed, type Site } from './frame.ts'
import { recovery } from './recovery.ts'
import { ceremonyButtons, keyChoice, keyFacts, when } from './words.ts'

export type KeyRow = {
  readonly thumbprint: string
  readonly owner: Named
  readonly nickname: string
  readonly words: readonly string[]
  readonly status: 'active' | 'suspended' | 'revoked'
  readonly deviceBound: boolean
  readonly enrolledAt: Date
  readonly usedAt: Date | undefined
}
export type KeysState = {
  readonly realm: string
  readonly me: Named
  readonly signing: readonly Key[]
  readonly mine: readonly KeyRow[]
  /** Everybody else's, for an administrator. */
  readonly others: readonly KeyRow[] | undefined
  readonly administrators: readonly Named[]
  readonly next: KeysFacts['next']
  /** What the database has lost, for an administrator. */
  readonly loss: Loss | undefined
}

/** The whole page. */
export function keysPage(site: Site, state: KeysState, now: Date): string {
  const administers = state.others !== undefined
  const changes = administers && state.loss === undefined
  const { loss, next, signing } = state
  const lost = loss && { lost: loss.lost }
  const facts: KeysFacts = { realm: state.realm, person: state.me.id, keys: keyFacts(site, signing), next, ...lost }
  return framed(site, {
    title: 'Keys',
    entry: 'issuer/static/keys.ts',
    signedIn: state.me,
    body: html`<div class="headline"><h1 tabindex="-1">Keys</h1></div>
<div class="document medium" id="keys" data-live data-facts="${JSON.stringify(facts)}">
${loss && recovery(site, loss, signing, now)}
<h2>Yours</h2>
${state.mine.length === 0 ? html`<p>You have none.</p>` : list(state.mine, changes, now)}
<p><a href="/enrol">Register another key</a>. Two are better than one: a lost key then locks nobody out.</p>
${!administers && html`<p class="hint">Lost a key? Ask an administrator to suspend it at once: ${names(state.administrators)}.</p>`}
${state.others && html`<h2>Everybody else’s</h2>${state.others.length === 0 ? html`<p>None.</p>` : list(state.others, changes, now)}`}
${
  changes &&
  html`<form id="change" class="change">
<h2>Change the ticked keys</h2>
<fieldset class="row"><legend class="sr">What to do</legend>
<label class="choice"><input type="radio" name="operation" value="suspend" checked> <span>Suspend <span class="help">until reinstated</span></span></label>
<label class="choice"><input type="radio" name="operation" value="reinstate"> <span>Reinstate</span></label>
<label class="choice"><input type="radio" name="operation" value="revoke"> <span>Revoke <span class="help">for good</span></span></label>
</fieldset>
${keyChoice(site, state.signing)}
${ceremonyButtons(site, [{ act: 'change', label: 'Sign the change', style: 'danger' }])}
</form>`
}
</div>`,
  })
}

const names = (people: readonly Named[]): Html => html`${people.map(({ name }, at) => html`${at > 0 && ', '}${shown(name)}`)}`

const STATUS = { active: 'Active', suspended: 'Suspended', revoked: 'Revoked' } as const

const list = (rows: readonly KeyRow[], ticks: boolean, now: Date): Html =>
  html`<ul class="keys">${rows.map((row) => {
    const { owner, nickname, status, deviceBound, enrolledAt, usedAt, words } = row
    const name = html`<span><strong>${shown(nickname)}</strong> <span class="help">${shown(owner.name)}</span></span>`
    return html`<li class="${status}">
${ticks && status !== 'revoked' ? html`<label class="choice"><input type="checkbox" name="passkey" value="${row.thumbprint}"> ${name}</label>` : name}
<p class="help">${STATUS[status]} · ${deviceBound ? 'stays on one device' : 'may be copied between devices'} · enrolled ${when(enrolledAt, now)} · ${usedAt ? html`last used ${when(usedAt, now)}` : 'never used'}</p>
<p class="help">Words: ${words.join(' ')}</p>
</li>`
  })}</ul>`
