-- Leaves are kept once for each network, and no longer once for each layer that judges it. They are made anew from the
-- evidence.
-- An aggregator of the program before may be at work: nothing is to come between the marks and the end of the leaves.
lock table leaves in access exclusive mode;
insert into dirty_marks (block, time_window) select distinct block, time_window from leaves;
truncate leaves;
alter table leaves rename column layer to access;
alter index leaves_by_layer rename to leaves_by_access;

-- What the next release must know of this one to reveal nothing by comparison: one part for each network, whose layers
-- share a partition. Never published.
create table release_private (
    release text not null references releases,
    access text not null,
    private bytea not null,
    primary key (release, access)
);
-- Digests and hashes do not get smaller; trying took as long as writing them.
alter table release_private alter column private set storage external;
-- Of releases from before only their version, so that the gate knows of them: it cannot hold a new one against partitions
-- that differ by layer.
insert into release_private (release, access, private)
select distinct on (release, access) release, access, substring(private from 1 for 5)
from (select release, layer, substring(layer from '^(?:fixed|mobile-[0-9]+)') as access, private from release_layers) as old
order by release, access, layer;
alter table release_layers drop column private;

create trigger immutable before update or delete or truncate on release_private
    for each statement execute function refuse_change();
create trigger not_late after insert on release_private
    referencing new table as fresh for each statement execute function refuse_late_layer();
