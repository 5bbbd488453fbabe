-- How large what the bot writes and the issuer reads may be. With the bot's login alone a thief could otherwise stop the issuer by one row that no
-- process can hold in memory, or whose person fits into no index of the log. Everything that the bot's own process writes lies far below.

alter table request
  add check (octet_length(intent_digest) <= 64),
  add check (octet_length(requester) <= 64),
  add check (octet_length(runbook) <= 64),
  add check (octet_length(action) <= 64),
  add check (octet_length(channel) <= 128);

-- A value of 4000 UTF-16 units, each as a six-byte escape, between quotes.
alter table personal
  add check (octet_length(name) <= 80),
  add check (octet_length(value) <= 24002),
  add check (octet_length(salt) <= 64);

alter table view
  add check (octet_length(id) <= 64),
  add check (octet_length(person) <= 64);

alter table wish
  add check (octet_length(person) <= 64);
