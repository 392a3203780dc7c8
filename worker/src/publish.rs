use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use analytics::{Ground, LayerInput, LayerRelease, LeafVotes, RuleBook, build_layer, reach};
use domain::{Clock, Cover, Hex, Invalid, Layer, RegionId, ReleaseId, SourceClass, Window};
use rayon::prelude::*;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use store::{AreaRow, Grounds, NewRelease, PieceRow, ReachRow, ReleaseLayer, Store, Tx};
use tokio::task::JoinHandle;
use tracing::info;

use crate::WorkerError;

/// A release as it was published.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Published {
    /// Its id: a hash of evidence, rules and code.
    pub id: ReleaseId,
    /// Window that it judges.
    pub window: Window,
    /// Class of its evidence.
    pub source: SourceClass,
    /// Layers written now.
    pub layers: u64,
    /// Pieces of ground written now, over all layers.
    pub pieces: u64,
    /// False: nothing had changed since the release of that id.
    pub new: bool,
}

/// Layers that are gated at the same time. Each holds its votes in memory.
const LAYERS_AT_ONCE: usize = 2;

/// What to publish.
#[derive(Clone, Copy, Debug, Default)]
pub struct Selection<'a> {
    /// This window. Otherwise the campaigns, and the years of classes without a campaign: the difference of a
    /// campaign and its year would be the evidence of those outside of the campaign.
    pub window: Option<&'a Window>,
    /// This source class; all of them otherwise.
    pub source: Option<SourceClass>,
}

/// Passes all leaves of a region through the gate and publishes what changed, one release for each window
/// and source class. Nothing is published where the gate refuses; an unchanged release is not repeated.
pub async fn publish(
    store: &Store,
    region: &RegionId,
    selection: Selection<'_>,
    clock: Arc<dyn Clock>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Vec<Published>, WorkerError> {
    // One at a time: each release is gated against the one before it.
    store.alone("publish", publish_alone(store, region, selection, clock, progress)).await?
}

async fn publish_alone(
    store: &Store,
    region: &RegionId,
    selection: Selection<'_>,
    clock: Arc<dyn Clock>,
    progress: &(dyn Fn(u64) + Sync),
) -> Result<Vec<Published>, WorkerError> {
    if !store::regions(store).await?.iter().any(|known| known.id == *region) {
        return Err(WorkerError::NoRegion(region.clone()));
    }
    let cover = store::load_cover(store, region).await?;
    let areas = store::areas(store, region).await?;
    let sites = areas.iter().flat_map(|area| &area.sites).map(|site| site.hex).collect();
    let terrain = Arc::new(Terrain { ground: Ground::new(&cover), cover, sites });
    let started = clock.monotonic();
    let mut published = Vec::new();
    let mut layers_done = 0;
    for ((source, window), layers) in chosen(store, selection).await? {
        let task = Task { store, region, window: &window, source, terrain: &terrain };
        if let Some(release) = task.release(&layers, &mut layers_done, progress).await? {
            published.push(release);
        }
    }
    let took = clock.monotonic().saturating_sub(started);
    info!(releases.count = published.len(), publish.duration_ms = took.as_millis(), "published");
    Ok(published)
}

type Layers = BTreeMap<(SourceClass, Window), Vec<Layer>>;

async fn chosen(store: &Store, selection: Selection<'_>) -> Result<Layers, WorkerError> {
    let mut found = Layers::new();
    for window in store::windows(store).await? {
        for (source, layer) in store::leaf_layers(store, &window).await? {
            found.entry((source, window.clone())).or_default().push(layer);
        }
    }
    let in_campaigns: BTreeSet<SourceClass> =
        found.keys().filter(|(_, window)| matches!(window, Window::Campaign(_))).map(|&(source, _)| source).collect();
    found.retain(|(source, window), _| {
        let wanted = selection.window.map_or_else(
            || matches!(window, Window::Campaign(_)) || !in_campaigns.contains(source),
            |wanted| wanted == window,
        );
        wanted && selection.source.is_none_or(|wanted| wanted == *source)
    });
    Ok(found)
}

struct Task<'a> {
    store: &'a Store,
    region: &'a RegionId,
    window: &'a Window,
    source: SourceClass,
    terrain: &'a Arc<Terrain>,
}

/// What all layers of a region have in common.
struct Terrain {
    cover: Cover,
    ground: Ground,
    /// Hexagons with public sites.
    sites: BTreeSet<Hex>,
}

impl Task<'_> {
    async fn release(
        &self,
        layers: &[Layer],
        layers_done: &mut u64,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Option<Published>, WorkerError> {
        let previous = store::latest_release(self.store, self.region, Some(self.window), Some(self.source)).await?;
        let rules = RuleBook::builtin().hash();
        let snapshot = self.snapshot(layers).await?;
        let manifest = json!({
            "snapshot_hash": snapshot,
            "ruleset_hash": rules,
            "software": concat!("whitespot ", env!("CARGO_PKG_VERSION")),
            "min_devices": self.source.min_devices(),
        });
        if let Some(previous) = previous.as_ref().filter(|previous| previous.manifest == manifest) {
            return Ok(Some(self.published(previous.id.clone(), 0, 0, false)));
        }
        let previous = previous.map(|release| release.id);
        let release = NewRelease {
            id: self.id(&snapshot, &rules, previous.as_ref()),
            region: self.region.clone(),
            window: self.window.clone(),
            source: self.source,
            simulated: self.source == SourceClass::Simulated,
            manifest,
            layers: Vec::new(),
        };
        let before = *layers_done;
        // The transaction may run more than once, and fails with errors of the store only: ours waits here.
        let (done, failure) = (AtomicU64::new(0), Mutex::new(None));
        let written = self
            .store
            .run_tx("publish_release", |tx| {
                let (release, previous, done, failure) = (&release, previous.as_ref(), &done, &failure);
                Box::pin(async move {
                    done.store(0, Ordering::Relaxed);
                    let tell = |layers: usize| {
                        let sum = done.fetch_add(layers as u64, Ordering::Relaxed) + layers as u64;
                        progress(before + sum);
                    };
                    self.write(tx, release, layers, previous, &tell).await.map_err(|error| match error {
                        WorkerError::Store(error) => error,
                        other => {
                            let text = other.to_string();
                            *failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(other);
                            Invalid::new("release", text, "was not published").into()
                        }
                    })
                })
            })
            .await;
        *layers_done += layers.len() as u64;
        match (written, failure.into_inner().unwrap_or_else(PoisonError::into_inner)) {
            (Err(_), Some(failure)) => Err(failure),
            (Err(error), None) => Err(error.into()),
            (Ok(Written { layers: 0, .. }), _) => Ok(None),
            (Ok(written), _) => Ok(Some(self.published(release.id, written.layers, written.pieces, true))),
        }
    }

    /// Gates and writes some layers at a time, so that a release of a whole country is never held in memory.
    async fn write(
        &self,
        tx: &mut Tx<'_>,
        release: &NewRelease,
        layers: &[Layer],
        previous: Option<&ReleaseId>,
        tell: &(dyn Fn(usize) + Sync),
    ) -> Result<Written, WorkerError> {
        let mut written = Written::default();
        let mut grounds = Grounds::default();
        // The database writes some layers while the next ones are gated.
        let mut under_way: Option<(usize, JoinHandle<_>)> = None;
        for some in layers.chunks(LAYERS_AT_ONCE).map(Some).chain([None]) {
            let gated = match under_way.take() {
                Some((count, gated)) => {
                    Some((count, gated.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?))
                }
                None => None,
            };
            if let Some(some) = some {
                under_way = Some((some.len(), self.gating(tx, some, previous).await?));
            }
            let Some((count, built)) = gated else { continue };
            // A layer with nothing to show (other regions' evidence, too few devices) is not part of the release.
            for layer in built.iter().filter(|layer| !layer.pieces.is_empty()) {
                if written.layers == 0 {
                    store::begin_release(tx, release).await?;
                }
                store::add_layer(tx, &release.id, layer, &mut grounds).await?;
                written.layers += 1;
                written.pieces += layer.pieces.len() as u64;
            }
            tell(count);
        }
        Ok(written)
    }

    /// Begins to gate these layers.
    async fn gating(
        &self,
        tx: &mut Tx<'_>,
        layers: &[Layer],
        previous: Option<&ReleaseId>,
    ) -> Result<JoinHandle<Result<Vec<ReleaseLayer>, WorkerError>>, WorkerError> {
        let mut inputs = Vec::with_capacity(layers.len());
        for &layer in layers {
            let leaves = store::read_leaves(&mut *tx, self.window, self.source, layer).await?;
            let private = match previous {
                Some(previous) => store::private_part(&mut *tx, previous, layer).await?,
                None => None,
            };
            inputs.push((layer, leaves, private));
        }
        let (window, source, terrain) = (self.window.clone(), self.source, Arc::clone(self.terrain));
        Ok(tokio::task::spawn_blocking(move || {
            let gate = |(layer, leaves, private): &(Layer, Vec<Vec<u8>>, Option<Vec<u8>>)| {
                gate(*layer, leaves, private.as_deref(), &window, source, &terrain)
            };
            inputs.par_iter().map(gate).collect()
        }))
    }

    /// Hash of all leaves: the same evidence gives the same text.
    async fn snapshot(&self, layers: &[Layer]) -> Result<String, WorkerError> {
        let mut hash = Sha256::new();
        for &layer in layers {
            hash.update(layer.to_string());
            for leaf in store::read_leaves(self.store, self.window, self.source, layer).await? {
                hash.update((leaf.len() as u64).to_be_bytes());
                hash.update(leaf);
            }
        }
        Ok(hex(&hash.finalize()))
    }

    /// The same evidence, rules, code and predecessor give the same id.
    fn id(&self, snapshot: &str, rules: &str, previous: Option<&ReleaseId>) -> ReleaseId {
        let mut hash = Sha256::new();
        let previous = previous.map_or("", ReleaseId::as_str);
        let (window, version) = (self.window.to_string(), env!("CARGO_PKG_VERSION"));
        for part in [self.region.as_str(), &window, self.source.code(), snapshot, rules, version, previous] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let text = hex(&hash.finalize()[..8]);
        #[expect(clippy::expect_used, reason = "16 hexadecimal digits are a valid id")]
        text.parse().expect("hexadecimal digits")
    }

    fn published(&self, id: ReleaseId, layers: u64, pieces: u64, new: bool) -> Published {
        Published { id, window: self.window.clone(), source: self.source, layers, pieces, new }
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Written {
    layers: u64,
    pieces: u64,
}

fn gate(
    layer: Layer,
    leaves: &[Vec<u8>],
    previous: Option<&[u8]>,
    window: &Window,
    source: SourceClass,
    terrain: &Terrain,
) -> Result<ReleaseLayer, WorkerError> {
    let leaves = leaves.par_iter().map(|leaf| LeafVotes::decode(leaf)).collect::<Result<Vec<_>, _>>()?;
    let LayerRelease { pieces, areas, private } = build_layer(LayerInput {
        layer,
        source,
        min_devices: source.min_devices(),
        window,
        leaves,
        ground: &terrain.ground,
        district_level: true,
        previous,
    })
    .map_err(|error| WorkerError::Previous(error.to_string()))?;
    let reach = reach(&terrain.cover, &pieces, &terrain.sites);
    let piece = |piece: analytics::Piece| PieceRow {
        number: piece.number,
        kind: piece.kind.code().to_owned(),
        resolution: i16::from(piece.resolution),
        hexes: piece.hexes,
        state: piece.summary.state.code().to_owned(),
        devices: piece.summary.devices as i32,
        attempts: piece.summary.attempts as i64,
        summary: json!(piece.summary),
    };
    let area = |area: analytics::AreaUnit| AreaRow {
        key: area.key,
        state: area.summary.state.code().to_owned(),
        devices: area.summary.devices as i32,
        attempts: area.summary.attempts as i64,
        summary: json!(area.summary),
    };
    Ok(ReleaseLayer {
        layer,
        pieces: pieces.into_iter().map(piece).collect(),
        areas: areas.into_iter().map(area).collect(),
        reach: reach.into_iter().map(|(key, reach)| ReachRow { key, reach: json!(reach) }).collect(),
        private,
    })
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
