-- The issuer's signed word of each credential that it made (domain/issued.ts): canonical bytes, and the signature by its log key. Credentials that were
-- made before this have none; their receipts prove signatures, and not the rules.
alter table credential
  add column issued bytea check (octet_length(issued) <= 65536),
  add column issued_signature text;
grant select (issued, issued_signature) on credential to countersign_bot;
