// The log against the tables: every request's entries are replayed through the machines of DESIGN section 3, written down here a second time, and must lead to
// the state that stands there. Nothing may stand in a table that no entry tells, and nothing be told twice.

import { type Entry, type Facts, groups } from './facts.ts'

const REQUEST: Readonly<Record<string, readonly [from: readonly string[], to: string]>> = {
  'request.adopted': [['proposed'], 'awaiting_requester'],
  'request.refused': [['proposed'], 'refused'],
  'request.confirmed': [['awaiting_requester'], 'awaiting_approvers'],
  'request.approved': [['awaiting_approvers'], 'approved'],
  'grant.started': [['approved'], 'claimed'],
  'request.denied': [['awaiting_requester', 'awaiting_approvers', 'approved'], 'denied'],
  'request.cancelled': [['awaiting_requester', 'awaiting_approvers', 'approved'], 'cancelled'],
  'request.voided': [['awaiting_requester', 'awaiting_approvers', 'approved'], 'voided'],
  'request.lapsed': [['awaiting_requester', 'awaiting_approvers', 'approved'], 'lapsed'],
}
const GRANT: Readonly<Record<string, readonly [from: readonly string[], to: string]>> = {
  'grant.started': [['none'], 'issuing'],
  'grant.activated': [['issuing'], 'active'],
  'grant.failed': [['issuing'], 'failed'],
  'grant.ending': [['issuing', 'active'], 'revoking'],
  'grant.returned': [['revoking'], 'returned'],
  'grant.revoked': [['revoking'], 'revoked'],
  'grant.expired': [['issuing', 'active'], 'expired'],
}
const CREDENTIAL: Readonly<Record<string, readonly [from: readonly string[], to: string]>> = {
  'credential.issuing': [['none'], 'issuing'],
  'credential.issued': [['issuing'], 'issued'],
  'credential.issue_failed': [['issuing'], 'failed'],
  'credential.issue_unknown': [['issuing'], 'unknown'],
  'credential.revoked': [['issued', 'unknown'], 'revoked'],
  'credential.expired': [['issued'], 'expired'],
}

/** Every way in which the log and the tables differ, or a machine was left. */
export function checkLog(facts: Facts): string[] {
  const problems: string[] = []
  const told = groups(facts.entries, ({ request }) => request)
  const states = new Map(facts.state.map((row) => [row.request_id, row.state as string]))
  const grants = new Map(facts.grant.map((row) => [row.request_id, row.state as string]))
  const evidence = groups(facts.evidence, ({ request_id }) => request_id)
  const credentials = groups(facts.credential, ({ request_id }) => request_id)
  const requests = new Set(facts.request.map(({ id }) => id))

  for (const { id } of facts.request) {
    const entries = told.get(id) ?? []
    const say = (what: string) => problems.push(`request ${id} (life ${facts.lives.get(id)}): ${what}`)
    const count = (type: string) => entries.filter((entry) => entry.type === type).length
    if (count('request.proposed') !== 1) say(`${count('request.proposed')} entries say that it was proposed`)
    const refused = facts.refused.includes(id)
    const end = replay(entries, REQUEST, 'proposed', say)
    const stands = states.get(id) ?? (refused ? 'refused' : 'proposed')
    if (end !== stands) say(`the log leads to ${end}, the table says ${stands}`)
    const grantEnd = replay(entries, GRANT, 'none', say)
    if (grantEnd !== (grants.get(id) ?? 'none'))
      say(`the log leads to the grant ${grantEnd}, the table says ${grants.get(id) ?? 'none'}`)
    checkCredentials(entries, credentials.get(id) ?? [], say)
    checkStatements(entries, evidence.get(id) ?? [], say)
  }
  for (const request of told.keys())
    if (!requests.has(request)) problems.push(`the log tells of request ${request}, which is not there`)
  const disagreements = facts.entries.filter(({ type }) => type === 'verifiers.disagree').length
  if (disagreements > 0) problems.push(`${disagreements} times the two verifiers disagreed`)
  return problems
}

function replay(entries: readonly Entry[], machine: typeof REQUEST, start: string, say: (what: string) => void): string {
  let state = start
  for (const { type } of entries) {
    const move = machine[type]
    if (!move) continue
    if (!move[0].includes(state)) say(`${type} when it was ${state}`)
    state = move[1]
  }
  return state
}

function checkCredentials(entries: readonly Entry[], rows: Facts['credential'], say: (what: string) => void): void {
  const told = groups(entries, ({ type, body }) => (type.startsWith('credential.') ? String(body['credential']) : null))
  for (const [id, about] of told) {
    const row = rows.find((each) => each.id === id)
    const end = replay(about, CREDENTIAL, 'none', (what) => say(`credential ${id}: ${what}`))
    // What was given up counts as made and is taken back; the log says so by one entry and by the revocation.
    if (!row) say(`the log tells of credential ${id}, which is not there`)
    else if (row.state !== end) say(`credential ${id}: the log leads to ${end}, the table says ${row.state}`)
    const brackets = about.filter(({ type }) =>
      ['credential.issued', 'credential.issue_failed', 'credential.issue_unknown'].includes(type),
    )
    if (brackets.length !== 1) say(`credential ${id}: ${brackets.length} entries say what became of making it`)
    const issued = about.find(({ type }) => type === 'credential.issued')
    if (issued && row && issued.body['fingerprint'] !== row.fingerprint) say(`credential ${id}: another fingerprint in the log`)
  }
  for (const { id } of rows) if (!told.has(id)) say(`credential ${id} stands there and the log does not tell of it`)
  if (new Set(rows.map(({ number }) => number)).size !== rows.length) say('two credentials of one number')
}

function checkStatements(entries: readonly Entry[], rows: Facts['evidence'], say: (what: string) => void): void {
  const accepted = entries.filter(({ type }) => type === 'statement.accepted')
  for (const [statement, all] of groups(accepted, ({ body }) => String(body['statement'])))
    if (all.length > 1) say(`statement ${statement} was accepted ${all.length} times`)
  const named = new Set(accepted.map(({ body }) => String(body['statement'])))
  for (const { statement } of rows) if (!named.has(statement)) say(`evidence ${statement} that the log does not tell of`)
  if (named.size !== rows.length) say(`${named.size} statements in the log, ${rows.length} in the evidence`)
  for (const [person, decisions] of groups(rows, (row) => (['approve', 'deny'].includes(row.decision) ? row.person : null)))
    if (decisions.length > 1) say(`${person} decided ${decisions.length} times`)
}
