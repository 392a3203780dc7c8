-- What others publish about supply, shown beside the evidence and never part of it: no leaf, release or rank reads
-- this table. A tile is a square of public ground (quadkey of web mercator), nobody's place.
create table supply_tiles (
    -- Who publishes it, which decides licence and credit.
    source text not null,
    -- Quarter of a year, `2023-Q4`.
    period text not null check (period ~ '^[0-9]{4}-Q[1-4]$'),
    kind text not null check (kind in ('fixed', 'mobile')),
    quadkey text not null check (quadkey ~ '^[0-3]{1,24}$'),
    download_kbps bigint not null,
    upload_kbps bigint not null,
    latency_ms integer not null,
    tests integer not null,
    devices integer not null,
    primary key (source, period, kind, quadkey)
);
