create table regions (
    id text primary key,
    title text not null,
    provenance jsonb not null
);

-- Administrative areas as sets of hexagons. Official keys are text: NRW's begin with a zero.
-- `hexes` are compacted and given for municipalities; the outline of a district or state is that of
-- its municipalities. Public geometry in web mercator (EPSG:3857), derived from the hexagons.
create table areas (
    region text not null references regions on delete cascade,
    key text not null,
    level text not null check (level in ('state', 'district', 'municipality')),
    name text not null,
    parent text,
    inhabitants bigint,
    supply jsonb not null,
    sites jsonb not null,
    hexes bigint[] not null,
    outline geometry(MultiPolygon, 3857),
    primary key (region, key)
);
create index areas_outline on areas using gist (outline);

-- Bounded collection efforts. Times are seconds since 1970.
create table campaigns (
    id text primary key,
    region text not null,
    title text not null,
    from_second bigint not null,
    to_second bigint not null,
    source text not null check (source in ('crowd', 'survey', 'reported', 'simulated')),
    check (from_second < to_second)
);
create index campaigns_by_region on campaigns (region, from_second);
