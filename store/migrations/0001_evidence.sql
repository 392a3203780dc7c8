-- Evidence: what devices sent, positions as H3 hexagons only. No column here may hold a person's
-- latitude, longitude or geometry; a test reads information_schema and fails if one appears.

-- Every id ever taken, with the hash of its content. Unpartitioned: a unique index on a partitioned table
-- would have to contain the month, and the same id could then be taken once a month. Kept longer than any
-- client keeps a queue, and kept when evidence is erased: an erased item that is sent again stays a duplicate.
create table item_ids (
    id uuid primary key,
    content_hash bytea not null check (octet_length(content_hash) = 16),
    received_on date not null default current_date
);

-- Partitioned by month: `month` counts calendar months (UTC) as year * 12 + month - 1, so a year is a range.
-- Partitions are made when their first row arrives (function evidence_partition).
-- `block` is the resolution-7 ancestor: evidence of one block is kept and rebuilt together.

create table speed_tests (
    id uuid not null,
    month integer not null,
    block bigint not null,
    device bytea not null check (octet_length(device) = 16),
    source text not null check (source in ('crowd', 'survey', 'reported', 'simulated')),
    campaign text,
    quarantine text,
    at_minute integer not null,
    hex bigint not null,
    -- Fixed: medium and perhaps access. Mobile: operator, roaming, and technology unless nothing served.
    medium text,
    access text,
    operator text,
    technology text,
    roaming boolean,
    -- Why the network broke it; null for a completed test.
    failure text,
    download_bps bigint,
    upload_bps bigint,
    idle_latency_us integer,
    loaded_latency_us integer,
    jitter_us integer,
    loss_ppm integer,
    protocol text not null,
    bytes bigint not null,
    plan_download_bps bigint,
    check ((medium is not null) <> (operator is not null and roaming is not null))
) partition by list (month);
create index speed_tests_by_month on speed_tests (block, month);
create index speed_tests_by_campaign on speed_tests (campaign, block) where campaign is not null;
create index speed_tests_by_device on speed_tests (device);

-- One row per track, block and month. The points are packed (points.rs): hexagon, hour, operator,
-- technology, levels; 146 million points a week are too many for a row each.
create table coverage_blocks (
    id uuid not null,
    month integer not null,
    block bigint not null,
    device bytea not null check (octet_length(device) = 16),
    source text not null check (source in ('crowd', 'survey', 'reported', 'simulated')),
    campaign text,
    quarantine text,
    locked_to text,
    points bytea not null
) partition by list (month);
create index coverage_blocks_by_month on coverage_blocks (block, month);
create index coverage_blocks_by_campaign on coverage_blocks (campaign, block) where campaign is not null;
create index coverage_blocks_by_device on coverage_blocks (device);

create table dead_spot_reports (
    id uuid not null,
    month integer not null,
    block bigint not null,
    device bytea not null check (octet_length(device) = 16),
    source text not null check (source in ('crowd', 'survey', 'reported', 'simulated')),
    campaign text,
    quarantine text,
    at_minute integer not null,
    hex bigint not null,
    failing text not null,
    operator text,
    -- Days since 1970.
    since_day integer,
    comment text check (char_length(comment) <= 280)
) partition by list (month);
create index dead_spot_reports_by_month on dead_spot_reports (block, month);
create index dead_spot_reports_by_campaign on dead_spot_reports (campaign, block) where campaign is not null;
create index dead_spot_reports_by_device on dead_spot_reports (device);

-- Makes the partitions of a month in all three tables. Attaching a finished table takes a lock that lets
-- readers and writers go on; `create table ... partition of` would stop both. The advisory lock lets one
-- transaction at a time do it.
create function evidence_partition(wanted integer) returns void language plpgsql as $$
declare
    parent text;
    child text;
begin
    if to_regclass(format('dead_spot_reports_%s_%s', wanted / 12, lpad((wanted % 12 + 1)::text, 2, '0'))) is not null then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtext('whitespot evidence partitions'));
    foreach parent in array array['speed_tests', 'coverage_blocks', 'dead_spot_reports'] loop
        child := format('%s_%s_%s', parent, wanted / 12, lpad((wanted % 12 + 1)::text, 2, '0'));
        if to_regclass(child) is null then
            execute format('create table %I (like %I including all)', child, parent);
            execute format('alter table %I attach partition %I for values in (%s)', parent, child, wanted);
        end if;
    end loop;
end
$$;

-- The key of a calendar year: device pseudonyms are HMACs with it. Destroyed together with the evidence.
create table year_keys (
    year smallint primary key,
    key bytea not null check (octet_length(key) = 32)
);
