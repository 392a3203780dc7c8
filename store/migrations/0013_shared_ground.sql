-- The layers of a release that judge the same looks through different technologies have the same pieces: their hexagons
-- are kept once, under the first of them. Null: the layer has its own, as all have from before this migration.
alter table release_layers add column ground bigint;

-- Digests and hashes do not get smaller; trying took as long as writing them.
alter table release_layers alter column private set storage external;
