-- What is kept of asking a target to end a credential early, so that a restart goes on where it was: whom to ask, how often it was asked in vain, and
-- when it is asked again. Asked are rows with state `revoking` and recall `pending`; in all others these columns mean nothing.

alter table credential
  add column recall_target text,
  add column recall_tries integer not null default 0 check (recall_tries >= 0),
  add column recall_due_at timestamptz;
update credential set recall_target = '', recall_due_at = ended_at where state = 'revoking' and recall = 'pending';
create index credential_recall on credential (recall_target, recall_due_at) where state = 'revoking' and recall = 'pending';
grant select (recall_tries) on credential to countersign_bot;

insert into entry_type (writer, type) values ('issuer', 'credential.recall_failed');
