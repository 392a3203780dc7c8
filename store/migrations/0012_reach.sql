-- How much of each area a layer of a release measured, counted in hexagons when the release is written. Releases
-- from before this migration have none.
create table release_reach (
    layer_id bigint not null,
    key text not null,
    reach jsonb not null,
    primary key (layer_id, key)
);

create trigger immutable before update or delete or truncate on release_reach
    for each statement execute function refuse_change();
create trigger not_late after insert on release_reach
    referencing new table as fresh for each statement execute function refuse_late_row();
