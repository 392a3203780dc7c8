-- What writers say: the evidence of this block and window has changed. Appended in the transaction of the evidence and
-- read by nobody but the aggregator, so that no writer waits for another or for an aggregator.
create table dirty_marks (
    block bigint not null,
    time_window text not null,
    at timestamptz not null default now()
);
-- Folded from the marks by the aggregator, one row a key. since: first mark, and the lag; quiet_since: last mark.
-- Who rebuilds a key deletes it in the transaction that writes its leaves: if that fails, it is there again.
alter table dirty_blocks
    add column quiet_since timestamptz not null default now(),
    drop column claimed,
    drop column version;
drop sequence dirty_version;

-- Nobody searches by these; to sample and sort them took autovacuum a second of a core in the middle of a burst.
alter table follow_ups alter column items set statistics 0;
alter table leaves alter column votes set statistics 0;
