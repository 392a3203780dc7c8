-- since: when a key was marked first. A block waits a moment before it is rebuilt, so that what arrives meanwhile is
-- rebuilt once; the age of the oldest key is the aggregator's lag. Times are those of the database and compared with
-- its own clock; after a step back a key is due at once.
-- claimed: somebody has begun to rebuild it. A writer that finds an unclaimed key only holds it until its commit, and
-- writes nothing; it marks a claimed key anew.
alter table dirty_blocks
    add column since timestamptz not null default now(),
    add column claimed boolean not null default false;
