// The log as a plain list for auditors and administrators: what is stored, byte for byte but for line breaks, newest first. It proves nothing by
// itself; proofs are over the stored bytes.

import type { EntryFilter, EntryView } from '../../db/bot-queries/entries.ts'
import type { RuleSet } from '../../domain/action.ts'
import { type Html, html, shown } from '../../html.ts'
import { receiptOf } from '../own-work.ts'

type Found = { readonly entries: readonly EntryView[]; readonly more: boolean }

export function auditPage(set: RuleSet, filter: EntryFilter, { entries, more }: Found, issuerUrl: string): Html {
  const last = entries.at(-1)
  return html`<div class="document">
<form class="filters" method="get" action="/audit">
${input('type', 'Type begins with', filter.type)}${input('actor', 'Person', filter.actor)}${input('request', 'Request', filter.request)}
<button>Search</button> <a href="/audit">Show all</a>
</form>
<p class="quiet">Newest first. This search is itself an entry.</p>
<table>
<thead><tr><th scope="col">Time (UTC)</th><th scope="col">Type</th><th scope="col">Who</th><th scope="col">Request</th><th scope="col">What is recorded</th></tr></thead>
<tbody>${entries.map((entry) => row(set, entry, issuerUrl))}</tbody>
</table>
${entries.length === 0 && html`<p>No entry matches.</p>`}
${more && last && html`<p class="row"><a class="button" href="${olderLink(filter, last)}">Older</a></p>`}
</div>`
}

const input = (name: string, label: string, value: string | undefined): Html =>
  html`<label>${label}<br><input type="text" name="${name}" value="${value ?? ''}" autocomplete="off"></label>`

function row(set: RuleSet, entry: EntryView, issuerUrl: string): Html {
  const name = entry.actor === null ? undefined : (set.people.find(({ id }) => id === entry.actor)?.name ?? entry.actor)
  return html`<tr>
<td><time datetime="${entry.recorded_at.toISOString()}">${entry.recorded_at.toISOString().replace('T', ' ').slice(0, 23)}</time></td>
<td>${entry.type}<br><span class="quiet">${entry.writer}</span></td>
<td>${name !== undefined && html`<a href="/audit?actor=${entry.actor ?? ''}">${shown(name)}</a>`}</td>
<td>${entry.request_id !== null && html`<a class="code" href="/audit?request=${entry.request_id}">${entry.request_id.slice(0, 8)}…</a>`}${receipt(entry, issuerUrl)}</td>
<td>${recorded(entry.bytes)}</td>
</tr>`
}

/** Where a credential was issued, the way to what proves it. */
const receipt = ({ type, request_id }: EntryView, issuerUrl: string): Html | false =>
  type === 'credential.issued' && request_id !== null && html`<br><a href="${receiptOf(issuerUrl, request_id)}">Receipt</a>`

/** So many lines are read at a glance; more are folded under the names of what they hold. */
const GLANCE_LINES = 6

/** The body after the header line; what is no JSON, which no writer makes, is shown as it is. */
function recorded(bytes: Buffer): Html {
  const text = bytes.toString('utf8')
  const body = text.slice(text.indexOf('\n') + 1)
  const value = parsed(body)
  if (value === undefined) return html`<pre>${body}</pre>`
  const lines = JSON.stringify(value, null, 1)
  const names = Object.keys(value).filter((name) => name !== 'v')
  return lines.split('\n').length <= GLANCE_LINES
    ? html`<pre>${lines}</pre>`
    : html`<details><summary>${names.join(', ')}</summary><pre>${lines}</pre></details>`
}

function parsed(body: string): object | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

function olderLink({ type, actor, request }: EntryFilter, last: EntryView): string {
  const query = new URLSearchParams({ ...(type && { type }), ...(actor && { actor }), ...(request && { request }) })
  query.set('before', `${last.writer}/${last.id}`)
  return `/audit?${query}`
}
