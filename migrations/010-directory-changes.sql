-- A change of the passkey directory that one administrator has signed and a second one must sign too. One at a time, since it holds the next place
-- of the chain; it counts for nothing until the chain that is extended by it verifies.
create table pending_change (
  one boolean primary key default true check (one),
  digest text not null,
  change bytea not null,
  sequence integer not null,
  statements jsonb not null,
  person text not null,
  created_at timestamptz not null
);
grant select, insert, update, delete on pending_change to countersign_issuer;

-- The roles that the chain gives, as it stands; the chain decides.
create table directory_role (
  person text not null,
  role text not null check (role in ('administrator', 'approver', 'auditor')),
  primary key (person, role)
);
grant select, insert, update, delete on directory_role to countersign_issuer;
grant select on directory_role to countersign_bot;

-- Whether as many administrators as the directory asks for have compared the words of the key: no other key serves a role.
alter table passkey add column in_full boolean not null default false;

-- The roles that the issuer's ID token named when the session began.
alter table bot_session add column roles jsonb not null default '[]';

insert into entry_type (writer, type) values
  ('issuer', 'directory.change_proposed'),
  ('issuer', 'directory.change_withdrawn'),
  ('issuer', 'directory.change_lapsed');
