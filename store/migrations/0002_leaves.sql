-- Blocks whose leaves no longer say what the evidence says. The version comes from one sequence and is never
-- used twice: an aggregator that clears what it read cannot clear what was written meanwhile.
create sequence dirty_version;
create table dirty_blocks (
    block bigint not null,
    time_window text not null,
    version bigint not null default nextval('dirty_version'),
    primary key (block, time_window)
);

-- Leaf summaries: the device votes of one block, window, source class and layer, as analytics packs them.
-- Always rebuilt whole from evidence.
create table leaves (
    time_window text not null,
    block bigint not null,
    source text not null,
    layer text not null,
    votes bytea not null,
    primary key (time_window, block, source, layer)
);
create index leaves_by_layer on leaves (time_window, source, layer, block);
