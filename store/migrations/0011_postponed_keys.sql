-- A key whose evidence could not be read or counted waits until then, and keeps the time since when it is behind.
alter table dirty_blocks add column not_before timestamptz;
