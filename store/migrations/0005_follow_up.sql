-- What became of the items of a batch, for whoever holds its code. The code itself is not here, only a hash;
-- places are resolution 8. `after_release` is the newest release at that time: a later one of the same window
-- counts the items. The device is here for erasure.
create table follow_ups (
    code bytea primary key check (octet_length(code) = 16),
    device bytea not null check (octet_length(device) = 16),
    received_on date not null default current_date,
    after_release bigint not null,
    items jsonb not null
);
create index follow_ups_by_device on follow_ups (device);

-- Evidence of earlier years was destroyed with its keys, and is not taken any more.
create table retention (
    kept_from smallint not null
);
create unique index retention_one_row on retention ((true));
