-- The model of a key where a chain of certificates has proved it; `registration.aaguid` stays what the key says of itself.
alter table registration add column proved_aaguid text;
alter table passkey add column aaguid text;
