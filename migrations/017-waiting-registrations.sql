-- Registrations are made by whoever comes. `network` is where one came from, coarsely, while it waits: where too many wait, the network with the most of them
-- gives way. `signed_in`: it was made in a browser in which its person was signed in.
alter table registration
  add column network text check (octet_length(network) <= 64),
  add column signed_in boolean not null default false;
create index registration_waiting on registration (person, created_at) where ended_at is null;
-- Whoever drops a statement has these asked whether it stands for anything.
create index registration_statement on registration (statement) where statement is not null;
create index evidence_statement on evidence (statement);

-- Registrations that nobody signed for or turned down go, with the proofs that their keys were held, and nothing else ever does: what was enrolled is found
-- by its passkey, and no other statement is named here.
create function drop_registrations(p_thumbprints text[]) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_proofs text[];
  v_dropped integer;
begin
  with dropped as (
    delete from public.registration r
    where r.thumbprint = any (p_thumbprints) and r.ended_at is null
      and not exists (select from public.passkey p where p.thumbprint = r.thumbprint)
    returning r.statement)
  select count(*), array_remove(array_agg(statement), null) into v_dropped, v_proofs from dropped;
  delete from public.statement s where s.digest = any (v_proofs) and s.kind = 'register';
  return v_dropped;
end $$;
revoke all on function drop_registrations from public;
grant execute on function drop_registrations to countersign_issuer;
