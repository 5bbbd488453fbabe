-- Every table, each with exactly one writing role (DESIGN section 4; grants in 002). The bot writes no table that the issuer writes, locks or has a
-- unique key on. Times decided by a process are written by it (`…_at`, its own clock); times that order entries are the database's.

-- ── Written by the bot ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

-- What Slack sent, committed before it is acknowledged. The key is Slack's own identity of the delivery, so a duplicate changes nothing.
create table inbox (
  id text primary key,
  kind text not null,
  payload jsonb not null,
  received_at timestamptz not null,
  due_at timestamptz not null,
  attempts integer not null default 0,
  done_at timestamptz,
  last_error text
);
create index inbox_due on inbox (due_at) where done_at is null;

-- A proposal: canonical bytes of an intent, made once. Nobody has signed it and nothing believes it; the issuer derives it again.
create table request (
  id text primary key check (id ~ '^[0-7][0-9a-hjkmnp-tv-z]{25}$'),
  intent bytea not null check (octet_length(intent) <= 16384),
  intent_digest text not null unique,
  requester text not null,
  runbook text not null,
  action text not null,
  channel text not null,
  proposed_at timestamptz not null
);
create index request_recent on request (proposed_at);
create index request_requester on request (requester, proposed_at desc);

-- Openings of commitments: `reason`, and `parameter:<name>` for each personal one. Erasing a row leaves every signature valid.
create table personal (
  request_id text not null references request (id),
  name text not null,
  value text not null,
  salt text not null,
  primary key (request_id, name)
);

-- Who looks: an opaque id per request and person. It names, it has no power.
create table view (
  id text primary key,
  request_id text not null references request (id),
  person text not null,
  created_at timestamptz not null,
  unique (request_id, person)
);

-- What the bot wants changed; the issuer decides.
create table wish (
  id uuid primary key,
  request_id text references request (id),
  kind text not null check (kind in ('cancel', 'object', 'lift', 'return', 'deactivated')),
  person text not null,
  made_at timestamptz not null
);
create index wish_recent on wish (made_at);

create table bot_outbox (
  id uuid primary key,
  topic text not null,
  request_id text,
  payload jsonb not null,
  created_at timestamptz not null
);
create index bot_outbox_recent on bot_outbox (created_at);

-- One thing to tell one place, made from an outbox row of either process; retried with back-off until told.
create table delivery (
  id uuid primary key,
  source uuid not null,
  kind text not null,
  place text not null,
  request_id text,
  payload jsonb not null,
  created_at timestamptz not null,
  due_at timestamptz not null,
  attempts integer not null default 0,
  done_at timestamptz,
  last_error text,
  unique (source, kind, place)
);
create index delivery_due on delivery (due_at) where done_at is null;

-- The one Slack message a request has in each place, and what it last said.
create table message (
  request_id text not null,
  place text not null,
  channel text not null,
  ts text not null,
  shown text not null,
  primary key (request_id, place)
);

create table bot_session (
  id_hash text primary key,
  person text not null,
  created_at timestamptz not null,
  used_at timestamptz not null,
  expires_at timestamptz not null
);

-- ── Written by the issuer ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

create table rule_set (
  digest text primary key,
  body bytea not null
);
create table publication (
  sequence bigint generated always as identity primary key,
  digest text not null references rule_set (digest),
  published_at timestamptz not null
);

-- State is for people; for the issuer only evidence counts. `held` is an objection beside the state.
create table request_state (
  request_id text primary key references request (id),
  intent_digest text not null unique,
  state text not null check (state in ('awaiting_requester', 'awaiting_approvers', 'approved', 'claimed', 'lapsed', 'cancelled', 'voided', 'denied')),
  held_by text,
  held_at timestamptz,
  confirm_by timestamptz not null,
  decide_by timestamptz not null,
  claim_by timestamptz not null,
  ends_no_later_than timestamptz not null,
  first_seen_at timestamptz not null,
  confirmed_at timestamptz,
  approved_at timestamptz,
  claimed_at timestamptz,
  ended_at timestamptz,
  ended_by text,
  ended_reason text,
  missing jsonb not null default '[]',
  rule_set text not null,
  updated_at timestamptz not null
);
create index request_state_open on request_state (state, confirm_by) where state in ('awaiting_requester', 'awaiting_approvers', 'approved');
create index request_state_recent on request_state (updated_at);

-- A proposal the issuer would not take: kept, so that it is refused once and the bot can say why.
create table refused_request (
  request_id text primary key references request (id),
  reason text not null,
  detail text not null,
  refused_at timestamptz not null
);

create table statement (
  digest text primary key,
  kind text not null check (kind in ('request', 'decide', 'revoke', 'register', 'directory', 'sign_in')),
  bytes bytea not null,
  person text,
  passkey text,
  decision text,
  assertion jsonb not null,
  accepted_at timestamptz not null,
  rule_set text,
  directory_sequence integer not null,
  directory_head text not null,
  note_value text,
  note_salt text
);

-- Which statements stand for which request. One decision per approver and request, ever.
create table evidence (
  request_id text not null references request_state (request_id),
  statement text not null references statement (digest),
  role text not null check (role in ('requester', 'approver', 'administrator')),
  decision text not null check (decision in ('confirm', 'approve', 'deny', 'revoke')),
  person text not null,
  passkey text not null,
  lease_seconds integer,
  -- The place that a confirmation names: the thumbprint of its signing key.
  holder text,
  accepted_at timestamptz not null,
  primary key (request_id, statement)
);
create index evidence_holder on evidence (holder, accepted_at desc) where holder is not null;
create unique index evidence_one_decision on evidence (request_id, person) where decision in ('approve', 'deny');

create table "grant" (
  request_id text primary key references request_state (request_id),
  state text not null check (state in ('issuing', 'active', 'revoking', 'revoked', 'returned', 'failed', 'expired')),
  person text not null,
  lease_seconds integer not null check (lease_seconds > 0),
  started_at timestamptz not null,
  ends_at timestamptz not null,
  ended_at timestamptz,
  ended_by text,
  ended_reason text,
  updated_at timestamptz not null
);
create index grant_live on "grant" (ends_at) where state in ('issuing', 'active', 'revoking');

create table credential (
  id text primary key,
  request_id text not null references "grant" (request_id),
  number integer not null check (number > 0),
  state text not null check (state in ('issuing', 'issued', 'failed', 'unknown', 'revoking', 'revoked', 'expired')),
  kind text not null,
  holder text not null,
  encrypt text not null,
  material jsonb not null,
  fingerprint text,
  ciphertext text,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  recall text check (recall in ('confirmed', 'pending', 'not_before_expiry')),
  unique (request_id, number)
);
create index credential_live on credential (expires_at) where state in ('issuing', 'issued', 'unknown', 'revoking');

create table wish_outcome (
  wish_id uuid primary key references wish (id),
  outcome text not null,
  decided_at timestamptz not null
);

create table registration (
  thumbprint text primary key,
  person text not null,
  passkey_id text not null unique,
  key jsonb not null,
  device_bound boolean not null,
  nickname text not null,
  aaguid text not null,
  transports jsonb not null,
  attestation jsonb not null,
  created_at timestamptz not null,
  statement text references statement (digest),
  ended_at timestamptz
);
create index registration_open on registration (created_at) where ended_at is null;

-- The directory as it stands, derived from the chain; the chain decides.
create table passkey (
  thumbprint text primary key,
  person text not null,
  id text not null unique,
  key jsonb not null,
  device_bound boolean not null,
  nickname text not null,
  transports jsonb not null,
  status text not null check (status in ('active', 'suspended', 'revoked')),
  sign_count bigint not null default 0,
  enrolled_sequence integer not null,
  enrolled_at timestamptz not null,
  used_at timestamptz
);
create index passkey_person on passkey (person);

create table directory (
  sequence integer primary key check (sequence > 0),
  head text not null unique,
  change bytea not null,
  link jsonb not null,
  accepted_at timestamptz not null
);

create table issuer_outbox (
  id uuid primary key,
  topic text not null,
  request_id text,
  payload jsonb not null,
  created_at timestamptz not null
);
create index issuer_outbox_recent on issuer_outbox (created_at);

-- Used nonces. Authenticity and age are in the nonce itself; single use is this key.
create table nonce (
  nonce text primary key,
  used_at timestamptz not null
);
create index nonce_used on nonce (used_at);

create table holder_offer (
  code text primary key,
  sign_key jsonb not null,
  encrypt_key jsonb not null,
  name text not null,
  address text not null,
  created_at timestamptz not null
);

create table issuer_session (
  id_hash text primary key,
  person text not null,
  passkey text not null,
  created_at timestamptz not null,
  used_at timestamptz not null,
  expires_at timestamptz not null
);

create table sign_in_code (
  code_hash text primary key,
  client_id text not null,
  redirect_uri text not null,
  code_challenge text not null,
  nonce text not null,
  person text not null,
  authenticated_at timestamptz not null,
  created_at timestamptz not null,
  used_at timestamptz
);

-- ── The log: written by two functions only ─────────────────────────────────────────────────────────────────────────────────────────────

create table entry_type (
  type text not null,
  writer text not null check (writer in ('bot', 'issuer')),
  primary key (type, writer)
);

-- `bytes` is what is hashed: a header line made by the database, then the RFC 8785 body. The other columns only repeat it, for queries.
create table entry (
  writer text not null,
  id uuid not null,
  type text not null,
  recorded_at timestamptz not null,
  request_id text,
  actor text,
  bytes bytea not null check (octet_length(bytes) <= 32768),
  leaf_hash bytea not null,
  primary key (writer, id),
  check (leaf_hash = sha256('\x00'::bytea || bytes))
);
create index entry_time on entry (recorded_at desc, id desc);
create index entry_request on entry (request_id, recorded_at);
create index entry_actor on entry (actor, recorded_at desc);
create index entry_of_type on entry (type, recorded_at desc);

-- Entries that stand in no tree yet.
create table pending (
  writer text not null,
  entry_id uuid not null,
  leaf_hash bytea not null,
  primary key (writer, entry_id)
);

create function append_entry(p_writer text, p_id uuid, p_type text, p_request text, p_actor text, p_body bytea) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  v_micros bigint := (extract(epoch from clock_timestamp()) * 1000000)::bigint;
  v_bytes bytea;
begin
  if not exists (select from public.entry_type t where t.type = p_type and t.writer = p_writer) then
    raise exception 'entry type % is not for %', p_type, p_writer using errcode = 'insufficient_privilege';
  end if;
  if position('\x0a'::bytea in p_body) > 0 then
    raise exception 'an entry body is one line' using errcode = 'data_exception';
  end if;
  v_bytes := convert_to(format(E'countersign/1 %s %s %s %s\n', p_id, p_type, v_micros, p_writer), 'UTF8') || p_body;
  insert into public.entry (writer, id, type, recorded_at, request_id, actor, bytes, leaf_hash)
  values (p_writer, p_id, p_type, 'epoch'::timestamptz + make_interval(secs => v_micros / 1000000) + (v_micros % 1000000) * interval '1 microsecond',
          p_request, p_actor, v_bytes, sha256('\x00'::bytea || v_bytes));
  insert into public.pending (writer, entry_id, leaf_hash) values (p_writer, p_id, sha256('\x00'::bytea || v_bytes));
end $$;

create function append_bot(p_id uuid, p_type text, p_request text, p_actor text, p_body bytea) returns void
language sql security definer set search_path = pg_catalog, pg_temp
as $$ select public.append_entry('bot', p_id, p_type, p_request, p_actor, p_body) $$;

create function append_issuer(p_id uuid, p_type text, p_request text, p_actor text, p_body bytea) returns void
language sql security definer set search_path = pg_catalog, pg_temp
as $$ select public.append_entry('issuer', p_id, p_type, p_request, p_actor, p_body) $$;

-- Entries are only ever added, whoever asks and in whatever replication role.
create function refuse_change() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  raise exception 'entries are never changed' using errcode = 'insufficient_privilege';
end $$;
create trigger entry_stays before update or delete on entry for each row execute function refuse_change();
create trigger entry_stays_whole before truncate on entry for each statement execute function refuse_change();
alter table entry enable always trigger entry_stays;
alter table entry enable always trigger entry_stays_whole;
