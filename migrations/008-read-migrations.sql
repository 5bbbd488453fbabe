-- Each process compares what has run here with its own program before it serves.

grant select on kysely_migration to countersign_bot, countersign_issuer;
