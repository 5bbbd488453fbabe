-- Of one request and place one delivery at a time is being told: two bots with different clocks, or one whose commit came late, must not write a place
-- twice. A delivery has attempts from when it is taken until it is done or put off untried.

update delivery d set attempts = 0
where d.done_at is null and d.attempts > 0 and exists (
  select from delivery earlier
  where earlier.done_at is null and earlier.attempts > 0 and earlier.kind = d.kind and earlier.request_id = d.request_id
    and earlier.place = d.place and (earlier.created_at, earlier.id) < (d.created_at, d.id));
create unique index delivery_one_teller on delivery (request_id, place, kind) where done_at is null and attempts > 0;
