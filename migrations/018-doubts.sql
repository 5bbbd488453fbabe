-- A key may be in doubt by several changes of the directory at once, and is held until each of them is settled: whoever said it first must not decide what
-- is held. `lifted_with` is the key by which an owner lifted it; what a key lifted that comes into doubt itself is held again. A key that is `spared` still
-- signs changes of the directory, since too few administrators could without it; they are told to suspend it.
drop index passkey_hold_now;
create index passkey_hold_standing on passkey_hold (passkey) where lifted_at is null;
alter table passkey_hold
  add column lifted_with text check (octet_length(lifted_with) <= 64),
  add column spared boolean not null default false;

-- The holds in force, `spared` ones among them. One of an earlier era holds nothing: whoever enrolled the key in this one has compared its words anew.
create view passkey_held as
  select h.passkey, h.person, h.era, h.sequence, h.spared from passkey_hold h
  join passkey p on p.thumbprint = h.passkey and p.era = h.era
  where h.lifted_at is null;
grant select on passkey_held to countersign_issuer, countersign_bot;
