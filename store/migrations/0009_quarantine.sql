-- Quarantined items are few among many: who looks at them or lifts them reads only these.
create index speed_tests_quarantined on speed_tests (quarantine, block) where quarantine is not null;
create index coverage_blocks_quarantined on coverage_blocks (quarantine, block) where quarantine is not null;
create index dead_spot_reports_quarantined on dead_spot_reports (quarantine, block) where quarantine is not null;
