// The tables as the two processes see them, one type per table (migrations/001-tables.sql is the truth). Columns that the database fills alone
// cannot be written here. JSON columns come back parsed and are written as text by the query that writes them.

import type { ColumnType, Generated } from 'kysely'
import type { Role } from '../domain/directory.ts'
import type { CredentialState, GrantState, Recall } from '../domain/grant.ts'
import type { PasskeyKey } from '../domain/keys.ts'
import type { RequestState } from '../domain/request-state.ts'
import type { StatementKind } from '../domain/statement.ts'
import type { Assertion, DirectoryLink } from '../evidence/bundle.ts'

type Json<T> = ColumnType<T, string, string>

export type Queued = { due_at: Date; attempts: Generated<number>; done_at: Date | null; last_error: string | null }
export type Outbox = {
  id: string
  topic: string
  request_id: string | null
  payload: Json<Record<string, unknown>>
  created_at: Date
}
export type PublicKeyRow = { key: Json<PasskeyKey>; device_bound: boolean; nickname: string; transports: Json<readonly string[]> }

export type Schema = {
  inbox: Queued & { id: string; kind: string; payload: Json<Record<string, unknown>>; received_at: Date }
  request: {
    id: string
    intent: Buffer
    intent_digest: string
    requester: string
    runbook: string
    action: string
    channel: string
    proposed_at: Date
  }
  personal: { request_id: string; name: string; value: string; salt: string }
  view: { id: string; request_id: string; person: string; created_at: Date }
  wish: {
    id: string
    request_id: string | null
    kind: 'cancel' | 'object' | 'lift' | 'return' | 'deactivated' | 'not_me'
    person: string
    made_at: Date
    sequence: ColumnType<number | null, number | null | undefined, never>
    era: ColumnType<number | null, number | null | undefined, never>
    registration: ColumnType<string | null, string | null | undefined, never>
  }
  bot_outbox: Outbox
  delivery: Queued & {
    id: string
    source: string
    kind: string
    place: string
    request_id: string | null
    payload: Json<Record<string, unknown>>
    created_at: Date
  }
  follows: { request_id: string; earlier: string; how: 'again' | 'same' }
  reminder: { request_id: string; person: string; due_at: Date; done_at: Date | null }
  message: { request_id: string; place: string; channel: string; ts: string; shown: string }
  bot_session: {
    id_hash: string
    person: string
    created_at: Date
    used_at: Date
    expires_at: Date
    roles: ColumnType<readonly Role[], string | undefined, string>
  }

  rule_set: { digest: string; body: Buffer }
  publication: { sequence: ColumnType<number, never, never>; digest: string; published_at: Date }
  request_state: {
    request_id: string
    intent_digest: string
    state: RequestState
    held_by: string | null
    held_at: Date | null
    confirm_by: Date
    decide_by: Date
    claim_by: Date
    ends_no_later_than: Date
    first_seen_at: Date
    confirmed_at: Date | null
    approved_at: Date | null
    claimed_at: Date | null
    ended_at: Date | null
    ended_by: string | null
    ended_reason: string | null
    missing: ColumnType<readonly { group: string; count: number }[], string | undefined, string>
    rule_set: string
    updated_at: Date
  }
  refused_request: { request_id: string; reason: string; detail: string; refused_at: Date }
  statement: {
    digest: string
    kind: StatementKind
    bytes: Buffer
    person: string | null
    passkey: string | null
    decision: string | null
    assertion: Json<Assertion>
    accepted_at: Date
    rule_set: string | null
    directory_sequence: number
    directory_head: string
    note_value: string | null
    note_salt: string | null
  }
  evidence: {
    request_id: string
    statement: string
    role: 'requester' | 'approver' | 'administrator'
    decision: 'confirm' | 'approve' | 'deny' | 'revoke'
    person: string
    passkey: string
    lease_seconds: number | null
    holder: string | null
    accepted_at: Date
  }
  grant: {
    request_id: string
    state: GrantState
    person: string
    lease_seconds: number
    started_at: Date
    ends_at: Date
    ended_at: Date | null
    ended_by: string | null
    ended_reason: string | null
    updated_at: Date
  }
  credential: {
    id: string
    request_id: string
    number: number
    state: CredentialState
    kind: string
    holder: string
    encrypt: string
    material: Json<Record<string, unknown>>
    fingerprint: string | null
    ciphertext: string | null
    created_at: Date
    expires_at: Date
    ended_at: Date | null
    recall: Recall | null
    recall_target: string | null
    recall_tries: Generated<number>
    recall_due_at: Date | null
    issued: Buffer | null
    issued_signature: string | null
  }
  wish_outcome: { wish_id: string; outcome: string; decided_at: Date }
  registration: PublicKeyRow & {
    thumbprint: string
    person: string
    passkey_id: string
    aaguid: string
    proved_aaguid: string | null
    attestation: Json<Record<string, unknown>>
    network: string | null
    signed_in: Generated<boolean>
    created_at: Date
    statement: string | null
    ended_at: Date | null
  }
  passkey: PublicKeyRow & {
    thumbprint: string
    person: string
    id: string
    aaguid: string | null
    in_full: Generated<boolean>
    status: 'active' | 'suspended' | 'revoked'
    era: number
    sign_count: Generated<number>
    enrolled_sequence: number
    enrolled_at: Date
    used_at: Date | null
  }
  directory_role: { person: string; role: Role }
  pending_change: {
    one: Generated<boolean>
    digest: string
    change: Buffer
    sequence: number
    statements: Json<DirectoryLink['statements']>
    person: string
    created_at: Date
  }
  passkey_hold: {
    passkey: string
    era: number
    sequence: number
    person: string
    since: Date
    lifted_at: Date | null
    lifted_by: string | null
    lifted_with: string | null
    spared: Generated<boolean>
  }
  passkey_held: ReadOnly<{ passkey: string; person: string; era: number; sequence: number; spared: boolean }>
  hold_watch: { one: ColumnType<boolean, never, never>; alarmed_at: Date | null }
  era: { era: number; roots: string; began_at: Date }
  directory: { era: number; sequence: number; head: string; change: Buffer; link: Json<DirectoryLink>; accepted_at: Date }
  watermark: { one: Generated<boolean>; counter: number; store: string; moved_at: Generated<Date>; seen_at: Generated<Date> }
  issuer_outbox: Outbox
  nonce: { nonce: string; used_at: Date }
  holder_offer: {
    code: string
    sign_key: Json<Record<string, unknown>>
    encrypt_key: Json<Record<string, unknown>>
    name: string
    address: string
    created_at: Date
  }
  issuer_session: { id_hash: string; person: string; passkey: string; created_at: Date; used_at: Date; expires_at: Date }
  sign_in_code: {
    code_hash: string
    client_id: string
    redirect_uri: string
    code_challenge: string
    nonce: string
    person: string
    authenticated_at: Date
    created_at: Date
    used_at: Date | null
  }
  entry_type: { type: string; writer: string }
  entry: EntryRow
  pending: { writer: string; entry_id: string; leaf_hash: Buffer }
}

type ReadOnly<T> = { [K in keyof T]: ColumnType<T[K], never, never> }
type EntryRow = ReadOnly<{
  writer: 'bot' | 'issuer'
  id: string
  type: string
  recorded_at: Date
  request_id: string | null
  actor: string | null
  bytes: Buffer
  leaf_hash: Buffer
}>
