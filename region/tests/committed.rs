//! The tables in data/regions, as everybody gets them with a checkout.
#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::path::Path;

use domain::AreaLevel;
use region::RegionTables;

#[test]
fn the_committed_nrw_reads_back_with_its_checksums_counts_and_credits() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/regions/nrw");
    let tables = RegionTables::read(&folder).unwrap();
    let of = |level| tables.areas().filter(move |area| area.level() == level);
    assert_eq!(of(AreaLevel::Municipality).count(), 396);
    assert_eq!(of(AreaLevel::District).count(), 53);
    assert_eq!(of(AreaLevel::State).filter_map(|area| area.inhabitants).collect::<Vec<_>>(), [17_890_489]);
    assert!(of(AreaLevel::Municipality).all(|area| !tables.hexes(area.key).is_empty() && !area.supply.is_empty()));
    let credits = tables.credits().join("\n");
    for holder in ["GeoBasis-DE / BKG", "Statistische Ämter", "Breitbandatlas", "OpenStreetMap"] {
        assert!(credits.contains(holder), "{holder}");
    }
}
