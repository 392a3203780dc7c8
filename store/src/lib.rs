//! The only crate that knows SQL: evidence, leaves, releases, regions and campaigns in PostgreSQL + PostGIS.
//!
//! - Writers take a [`Tx`] (from [`Store::run_tx`]), readers take anything that [`Read`]s: `&Store` or `&mut Tx`.
//! - Positions of people exist as hexagons only. No table has a person's latitude and longitude.
//! - Evidence is append-only; a release never changes once its transaction is committed.
//!
//! | module | holds |
//! |---|---|
//! | `cluster` | the private PostgreSQL server that the binary makes and runs itself |
//! | `db` | connection, named and retried transactions |
//! | `evidence` | what devices sent: taken once, marked dirty, read back by block and window |
//! | `dirty`, `leaves` | which blocks are to be summarised anew, and their summaries |
//! | `release` | immutable publications, their pieces and map tiles |
//! | `follow_up` | what became of a batch, for the holder of its code |
//! | `erasure` | what goes again: a device's evidence, a past year's |
//! | `quarantine` | what is kept outside of the statistics, and how it comes back |
//! | `region`, `campaign`, `year_key` | areas as hexagons, collection efforts, pseudonym keys |
//! | `supply_tiles` | what others publish about supply: context, never evidence |
//! | [`testing`] | one database per test |
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod campaign;
mod cluster;
mod copy;
mod db;
mod dirty;
mod erasure;
mod error;
mod evidence;
mod follow_up;
mod leaves;
mod mercator;
mod migrations;
mod month;
mod points;
mod quarantine;
mod region;
mod release;
mod rows;
mod supply_tiles;
pub mod testing;
mod year_key;

pub use campaign::{CampaignRow, campaign, campaigns, save_campaign};
pub use cluster::{ClusterConfig, ClusterError, Keeper, PrivateCluster};
pub use db::{BoxFuture, Read, Store, Tx, hold_still};
pub use dirty::{Backlog, Debounce, DirtyBlock, dirty_backlog, fold_dirty, settle_dirty, take_dirty, try_dirty_again};
pub use erasure::{Erased, Forgotten, erase_device, forget_years, kept_from};
pub use error::StoreError;
pub use evidence::{
    BlockEvidence, Piece, PieceRead, Stored, beside_retention, insert_evidence, known_items, read_block,
    read_speed_tests, send_evidence,
};
pub use follow_up::{CountingRelease, FollowUpRow, FollowedBatch, followed_batch, releases_after, save_follow_ups};
pub use leaves::{BlockLeaves, LeafRow, leaf_accesses, read_leaves, replace_leaves, windows};
pub use quarantine::{Lifted, QuarantineFilter, QuarantinedItem, lift_quarantine, often_tested, quarantined};
pub use region::{
    AreaData, RegionData, RegionRow, SiteRef, area_boxes, area_outlines_geojson, area_tile, areas, load_cover, regions,
    save_region,
};
pub use release::{
    AreaRow, Grounds, NewRelease, PieceRow, ReachRow, ReleaseLayer, ReleaseLayerRow, ReleaseRow, add_layer,
    add_private, all_pieces, area_rows, begin_release, insert_release, latest_release, piece_at, pieces, private_part,
    reach_rows, release, release_layers, releases, tile,
};
pub use supply_tiles::{SupplyTile, insert_supply_tiles, supply_tile_count};
pub use year_key::{year_key, year_keys};
