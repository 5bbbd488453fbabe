-- What each process may do, table by table. The group roles exist before migrations run; logins are made outside and join exactly one of them.
-- Whatever is not granted here is refused. The bot never reads ciphertext, nonces, offers, sessions or sign-in codes of the issuer.

revoke all on schema public from public;
revoke all on all functions in schema public from public;
grant usage on schema public to countersign_bot, countersign_issuer;

grant select, insert, update, delete on inbox, bot_outbox, delivery, message, bot_session to countersign_bot;
grant select, insert on request, personal, view, wish to countersign_bot;
grant select on rule_set, publication, request_state, refused_request, statement, evidence, "grant", wish_outcome, passkey, directory, issuer_outbox, entry
  to countersign_bot;
grant select (id, request_id, number, state, kind, fingerprint, created_at, expires_at, ended_at, recall) on credential to countersign_bot;
grant execute on function append_bot to countersign_bot;

grant select on request, personal, view, wish to countersign_issuer;
grant select, insert on rule_set, publication, refused_request, statement, evidence, wish_outcome, directory to countersign_issuer;
grant select, insert, update on request_state, "grant", credential, registration, passkey to countersign_issuer;
grant select, insert, update, delete on issuer_outbox, nonce, holder_offer, issuer_session, sign_in_code to countersign_issuer;
grant select on entry to countersign_issuer;
grant select, delete on pending to countersign_issuer;
grant execute on function append_issuer to countersign_issuer;
