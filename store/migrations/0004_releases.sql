-- What is published. A release is written once, in one transaction, and never changes: triggers refuse
-- UPDATE, DELETE and TRUNCATE, and pieces that arrive after their release.

create table releases (
    number bigint generated always as identity unique,
    id text primary key,
    region text not null,
    time_window text not null,
    source text not null check (source in ('crowd', 'survey', 'reported', 'simulated')),
    simulated boolean not null,
    manifest jsonb not null,
    created_at timestamptz not null default now(),
    -- Evidence of a program says so everywhere (DESIGN).
    check (simulated or source <> 'simulated')
);
create index releases_by_region on releases (region, number desc);

create table release_layers (
    layer_id bigint generated always as identity primary key,
    release text not null references releases,
    layer text not null,
    -- What the next release must know of this one to reveal nothing by comparison. Never published.
    private bytea not null,
    unique (release, layer)
);

-- Rows below refer to release_layers without a foreign key: the trigger not_late looks each layer up once a
-- statement, a foreign key once a row, and a release has a million rows that never change afterwards.
create table release_pieces (
    layer_id bigint not null,
    number integer not null,
    kind text not null check (kind in ('hex', 'remainder')),
    resolution smallint not null,
    hexes bigint[] not null,
    state text not null check (state in ('covered', 'dead', 'not_measured')),
    devices integer not null,
    attempts bigint not null,
    summary jsonb not null,
    primary key (layer_id, number)
);

-- The same hexagons, one a row, to be found by place. The primary key keeps pieces disjoint.
create table release_hexes (
    layer_id bigint not null,
    hex bigint not null,
    number integer not null,
    primary key (layer_id, hex)
);

create table release_areas (
    layer_id bigint not null,
    key text not null,
    state text not null check (state in ('covered', 'dead', 'not_measured')),
    devices integer not null,
    attempts bigint not null,
    summary jsonb not null,
    primary key (layer_id, key)
);

-- Outline of a hexagon in web mercator: public geometry of the H3 grid, shared by all releases and layers.
create table hex_outlines (
    hex bigint primary key,
    outline geometry(Polygon, 3857) not null
);
create index hex_outlines_outline on hex_outlines using gist (outline);

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'releases are immutable: % of % refused', lower(tg_op), tg_table_name
        using errcode = 'WS001', hint = 'publish a new release instead';
end
$$;

-- A row of a release may be written only by the transaction that wrote the release.
create function refuse_late_layer() returns trigger language plpgsql as $$
begin
    if exists (
        select from fresh join releases on releases.id = fresh.release
        where releases.xmin <> pg_current_xact_id()::xid
    ) then
        raise exception 'releases are immutable: late insert into % refused', tg_table_name
            using errcode = 'WS001', hint = 'publish a new release instead';
    end if;
    return null;
end
$$;
create function refuse_late_row() returns trigger language plpgsql as $$
begin
    if exists (
        select from (select distinct layer_id from fresh) as fresh
        left join release_layers using (layer_id) left join releases on releases.id = release_layers.release
        where releases.id is null or releases.xmin <> pg_current_xact_id()::xid
    ) then
        raise exception 'releases are immutable: late insert into % refused', tg_table_name
            using errcode = 'WS001', hint = 'publish a new release instead';
    end if;
    return null;
end
$$;

create trigger immutable before update or delete or truncate on releases
    for each statement execute function refuse_change();
create trigger immutable before update or delete or truncate on release_layers
    for each statement execute function refuse_change();
create trigger immutable before update or delete or truncate on release_pieces
    for each statement execute function refuse_change();
create trigger immutable before update or delete or truncate on release_hexes
    for each statement execute function refuse_change();
create trigger immutable before update or delete or truncate on release_areas
    for each statement execute function refuse_change();

create trigger not_late after insert on release_layers
    referencing new table as fresh for each statement execute function refuse_late_layer();
create trigger not_late after insert on release_pieces
    referencing new table as fresh for each statement execute function refuse_late_row();
create trigger not_late after insert on release_hexes
    referencing new table as fresh for each statement execute function refuse_late_row();
create trigger not_late after insert on release_areas
    referencing new table as fresh for each statement execute function refuse_late_row();
