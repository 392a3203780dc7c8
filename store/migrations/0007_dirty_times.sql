-- When a key was marked first and last since it was cleared: a block that is still being written to waits until it
-- is quiet or has waited long enough, and the age of the oldest key is the aggregator's lag. Times of the database
-- only: they are compared with its own clock, and a clock that steps back makes a key due at once.
alter table dirty_blocks
    add column since timestamptz not null default now(),
    add column touched timestamptz not null default now();
