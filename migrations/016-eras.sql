-- Eras: when its roots are lost or stolen, a deployment is given new ones on the issuer's host, and a new era begins. Each has a chain of changes of its own,
-- from position 0; what was signed in an earlier one stays as it was and verifies with the roots of then. `roots` is the digest of the pinned file, the head
-- of position 0.
create table era (
  era integer primary key check (era > 0),
  roots text not null unique,
  began_at timestamptz not null
);
grant select, insert on era to countersign_issuer;
grant select on era to countersign_bot;

-- What was there before is of the first era.
alter table directory add column era integer not null default 1;
alter table directory drop constraint directory_pkey, add primary key (era, sequence);

-- The era whose chain a row repeats: keys of an earlier one have no power until they are enrolled anew.
alter table passkey add column era integer not null default 1;

-- A place of the chain is one of an era.
alter table wish add column era integer check (era > 0);
alter table passkey_hold add column era integer not null default 1;
alter table passkey_hold drop constraint passkey_hold_pkey, add primary key (passkey, era, sequence);
