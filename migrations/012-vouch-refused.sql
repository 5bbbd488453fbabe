-- Somebody signed in at the provider for a key that is registered for another person.

insert into entry_type (writer, type) values ('issuer', 'passkey.vouch_refused');
