-- "This was not me": a press in Slack names a change of the directory, or a key that waits; the issuer holds keys by it. A held key signs nothing and
-- counts for nothing, until another key of its owner, or a later change that administrators signed, says otherwise.

alter table wish
  drop constraint wish_kind_check,
  add constraint wish_kind_check check (kind in ('cancel', 'object', 'lift', 'return', 'deactivated', 'not_me')),
  add column sequence integer,
  add column registration text check (octet_length(registration) <= 64),
  add constraint wish_names_one check (
    case when kind = 'not_me' then request_id is null and num_nonnulls(sequence, registration) = 1
      else num_nonnulls(sequence, registration) = 0 end);

-- `sequence` is the change that was said to be somebody else's doing; each can be named once, so that a hold that was lifted does not come back.
create table passkey_hold (
  passkey text not null,
  sequence integer not null check (sequence > 0),
  person text not null,
  since timestamptz not null,
  lifted_at timestamptz,
  lifted_by text,
  primary key (passkey, sequence)
);
create unique index passkey_hold_now on passkey_hold (passkey) where lifted_at is null;
create index passkey_hold_since on passkey_hold (since);
grant select, insert, update on passkey_hold to countersign_issuer;
grant select on passkey_hold to countersign_bot;

-- One row that whoever holds or lifts locks first: so many holds at once are counted one after the other.
create table hold_watch (
  one boolean primary key default true check (one),
  alarmed_at timestamptz
);
insert into hold_watch default values;
grant select, update on hold_watch to countersign_issuer;

alter table statement
  drop constraint statement_kind_check,
  add constraint statement_kind_check check (kind in ('request', 'decide', 'revoke', 'register', 'directory', 'sign_in', 'lift'));

insert into entry_type (writer, type) values
  ('issuer', 'passkey.held'),
  ('issuer', 'passkey.released'),
  ('issuer', 'alarm.raised');
