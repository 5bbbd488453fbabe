-- One counter that only grows, moved by the issuer after what it committed and repeated in its head store outside: a database put back to an older
-- moment is below what the store has seen. `store` is the head store that serves this database; `seen_at` is when an issuer with it last looked.
-- Both times are the database's own.

create table watermark (
  one boolean primary key default true check (one),
  counter bigint not null check (counter >= 0),
  store text not null check (octet_length(store) between 1 and 128),
  moved_at timestamptz not null default clock_timestamp(),
  seen_at timestamptz not null default clock_timestamp()
);
grant select, insert, update on watermark to countersign_issuer;

insert into entry_type (writer, type) values ('issuer', 'clock.stepped_back');
