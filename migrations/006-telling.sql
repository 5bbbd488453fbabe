-- What the bot keeps so that it tells people once and at the right time: all of it written by the bot alone and believed by nobody.

-- The request that another was asked after: again by the same person, or the same by a colleague.
create table follows (
  request_id text primary key references request (id),
  earlier text not null references request (id),
  how text not null check (how in ('again', 'same'))
);

-- When somebody who was asked is reminded, at most once for each request.
create table reminder (
  request_id text not null references request (id),
  person text not null,
  due_at timestamptz not null,
  done_at timestamptz,
  primary key (request_id, person)
);
create index reminder_due on reminder (due_at) where done_at is null;

grant select, insert on follows to countersign_bot;
grant select, insert, update, delete on reminder to countersign_bot;

create index wish_person on wish (person, made_at desc);

insert into entry_type (writer, type) values ('bot', 'objection.explained');
