use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use analytics::{GateInput, Gated, Ground, LayerRelease, LeafVotes, RuleBook, build_layers, reach};
use domain::{Access, Clock, Cover, Hex, Invalid, RegionId, ReleaseId, SourceClass, Window};
use rayon::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::{AreaRow, Grounds, NewRelease, PieceRow, ReachRow, ReleaseLayer, ReleaseRow, Store, Tx};
use tokio::task::JoinHandle;
use tracing::{info, warn};

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

/// Version of aggregate and gate, raised when the same evidence is to be published with other numbers.
const METHOD: u32 = 4;

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
/// and source class. Nothing is published where the gate refuses: the others are, and then the first refusal is the error. An
/// unchanged release is not repeated. `progress` is told how many networks are done.
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
    let ground = Ground::new(cover);
    let hash = hash_of(&ground, &sites);
    let terrain = Arc::new(Terrain { ground, sites, hash });
    let started = clock.monotonic();
    let (mut published, mut refused) = (Vec::new(), None);
    let mut done = 0;
    for ((source, window), networks) in chosen(store, selection).await? {
        let task = Task { store, region, window: &window, source, terrain: &terrain };
        let release = async {
            refuse_shared_ground(store, region, terrain.ground.cover(), &window, source).await?;
            task.release(&networks, &mut done, progress).await
        };
        match release.await {
            Ok(release) => published.extend(release),
            // A window that cannot be continued does not keep the others from being published.
            Err(error @ (WorkerError::Previous { .. } | WorkerError::SharedGround { .. })) => {
                warn!(%window, %source, %error, "refused");
                refused.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    let took = clock.monotonic().saturating_sub(started);
    info!(releases.count = published.len(), publish.duration_ms = took.as_millis(), "published");
    refused.map_or(Ok(published), Err)
}

/// Two regions of the same ground publish two partitions of it, and no gate compares them.
async fn refuse_shared_ground(
    store: &Store,
    region: &RegionId,
    cover: &Cover,
    window: &Window,
    source: SourceClass,
) -> Result<(), WorkerError> {
    for other in store::regions(store).await?.into_iter().map(|known| known.id).filter(|other| other != region) {
        if store::latest_release(store, &other, Some(window), Some(source)).await?.is_none() {
            continue;
        }
        let mut is_shared = false;
        for (hex, _) in store::load_cover(store, &other).await?.pairs() {
            cover.parts(hex, &mut |_, _| is_shared = true);
        }
        if is_shared {
            return Err(WorkerError::SharedGround { region: region.clone(), other, window: window.clone() });
        }
    }
    Ok(())
}

type Networks = BTreeMap<(SourceClass, Window), Vec<Access>>;

async fn chosen(store: &Store, selection: Selection<'_>) -> Result<Networks, WorkerError> {
    let mut found = Networks::new();
    for window in store::windows(store).await? {
        for (source, access) in store::leaf_accesses(store, &window).await? {
            found.entry((source, window.clone())).or_default().push(access);
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
    ground: Ground,
    /// Hexagons with public sites.
    sites: BTreeSet<Hex>,
    /// Of all of these.
    hash: String,
}

fn hash_of(ground: &Ground, sites: &BTreeSet<Hex>) -> String {
    let mut hash = Sha256::new_with_prefix(ground.fingerprint().to_be_bytes());
    for site in sites {
        hash.update(site.as_i64().to_be_bytes());
    }
    hex(&hash.finalize()[..16])
}

impl Task<'_> {
    async fn release(
        &self,
        networks: &[Access],
        networks_done: &mut u64,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Option<Published>, WorkerError> {
        let previous = store::latest_release(self.store, self.region, Some(self.window), Some(self.source)).await?;
        let before = *networks_done;
        // The transaction may run more than once, and fails with errors of the store only: ours waits here.
        let (done, failure) = (AtomicU64::new(0), Mutex::new(None));
        let written = self
            .store
            .run_tx("publish_release", |tx| {
                let (previous, done, failure) = (previous.as_ref(), &done, &failure);
                Box::pin(async move {
                    done.store(0, Ordering::Relaxed);
                    let tell = || progress(before + done.fetch_add(1, Ordering::Relaxed) + 1);
                    self.write(tx, networks, previous, &tell).await.map_err(|error| match error {
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
        *networks_done += networks.len() as u64;
        match (written, failure.into_inner().unwrap_or_else(PoisonError::into_inner)) {
            (Err(_), Some(failure)) => Err(failure),
            (Err(error), None) => Err(error.into()),
            (Ok(written), _) => Ok(written),
        }
    }

    /// Gates and writes one network after the other, so that a release of a whole country is never held in memory. `None`:
    /// none has anything to show.
    async fn write(
        &self,
        tx: &mut Tx<'_>,
        networks: &[Access],
        previous: Option<&ReleaseRow>,
        tell: &(dyn Fn() + Sync),
    ) -> Result<Option<Published>, WorkerError> {
        // A running server summarises on: all networks are of one moment, the one that the id is a hash of.
        store::hold_still(tx).await?;
        let snapshot = self.snapshot(tx, networks).await?;
        let manifest = self.manifest(&snapshot);
        if let Some(previous) = previous.filter(|previous| previous.manifest == manifest) {
            return Ok(Some(self.published(previous.id.clone(), 0, 0, false)));
        }
        let release = NewRelease {
            id: self.id(&manifest, previous.map(|release| &release.id)),
            region: self.region.clone(),
            window: self.window.clone(),
            source: self.source,
            simulated: self.source == SourceClass::Simulated,
            manifest,
            layers: Vec::new(),
            private: Vec::new(),
        };
        // The database writes one network while the next one is gated.
        let mut under_way: Option<Gating> = None;
        let written = self.write_networks(tx, &release, networks, &mut under_way, tell).await;
        if let Some(gating) = under_way {
            // After an error: a second attempt beside it would need twice the memory.
            drop(gating.await);
        }
        let (layers, pieces) = written?;
        Ok((layers > 0).then(|| self.published(release.id, layers, pieces, true)))
    }

    async fn write_networks(
        &self,
        tx: &mut Tx<'_>,
        release: &NewRelease,
        networks: &[Access],
        under_way: &mut Option<Gating>,
        tell: &(dyn Fn() + Sync),
    ) -> Result<(u64, u64), WorkerError> {
        let (mut written, mut pieces) = (0, 0);
        let mut grounds = Grounds::default();
        for next in networks.iter().map(Some).chain([None]) {
            let gated = match under_way.take() {
                Some(gating) => {
                    Some(gating.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?)
                }
                None => None,
            };
            if let Some(&next) = next {
                *under_way = Some(self.gating(tx, next).await?);
            }
            let Some(network) = gated else { continue };
            // A network with nothing to show (other regions' evidence, too few devices) is not part of the release.
            if !network.layers.is_empty() {
                if written == 0 {
                    store::begin_release(tx, release).await?;
                }
                for layer in &network.layers {
                    store::add_layer(tx, &release.id, layer, &mut grounds).await?;
                    written += 1;
                    pieces += layer.pieces.len() as u64;
                }
                store::add_private(tx, &release.id, network.access, &network.private).await?;
            }
            tell();
        }
        Ok((written, pieces))
    }

    /// Begins to gate a network.
    async fn gating(&self, tx: &mut Tx<'_>, access: Access) -> Result<Gating, WorkerError> {
        let leaves = store::read_leaves(&mut *tx, self.window, self.source, access).await?;
        let private = store::private_part(&mut *tx, self.region, self.window, self.source, access).await?;
        let (window, source, terrain) = (self.window.clone(), self.source, Arc::clone(self.terrain));
        let gate = move || gate(access, leaves, private.as_deref(), &window, source, &terrain);
        Ok(tokio::task::spawn_blocking(gate))
    }

    /// Hash of all leaves: the same evidence gives the same text.
    async fn snapshot(&self, tx: &mut Tx<'_>, networks: &[Access]) -> Result<String, WorkerError> {
        let mut hash = Sha256::new();
        for &access in networks {
            hash.update(access.to_string());
            for leaf in store::read_leaves(&mut *tx, self.window, self.source, access).await? {
                hash.update((leaf.len() as u64).to_be_bytes());
                hash.update(leaf);
            }
        }
        Ok(hex(&hash.finalize()))
    }

    /// All that a release is made from, besides the one before.
    fn manifest(&self, snapshot: &str) -> Value {
        json!({
            "snapshot_hash": snapshot,
            "ground_hash": self.terrain.hash,
            "ruleset_hash": RuleBook::builtin().hash(),
            "software": concat!("whitespot ", env!("CARGO_PKG_VERSION")),
            "method": METHOD,
            "min_devices": self.source.min_devices(),
        })
    }

    /// The same evidence, ground, rules, code and predecessor give the same id.
    fn id(&self, manifest: &Value, previous: Option<&ReleaseId>) -> ReleaseId {
        let mut hash = Sha256::new();
        let previous = previous.map_or("", ReleaseId::as_str);
        let (window, manifest) = (self.window.to_string(), manifest.to_string());
        for part in [self.region.as_str(), &window, self.source.code(), &manifest, previous] {
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

/// What is published of a network, and what the next release must know of it.
struct Network {
    access: Access,
    layers: Vec<ReleaseLayer>,
    private: Vec<u8>,
}

/// A network that is being gated.
type Gating = JoinHandle<Result<Network, WorkerError>>;

fn gate(
    access: Access,
    blobs: Vec<Vec<u8>>,
    previous: Option<&[u8]>,
    window: &Window,
    source: SourceClass,
    terrain: &Terrain,
) -> Result<Network, WorkerError> {
    let leaves = blobs.into_par_iter().map(|leaf| LeafVotes::decode(&leaf)).collect::<Result<Vec<_>, _>>()?;
    let Gated { layers, private } = build_layers(GateInput {
        access,
        source,
        min_devices: source.min_devices(),
        window,
        leaves,
        ground: &terrain.ground,
        district_level: true,
        previous,
    })
    .map_err(|reason| WorkerError::Previous { source_class: source, window: window.clone(), reason })?;
    let layers = layers.into_par_iter().map(|layer| written(layer, terrain)).collect();
    Ok(Network { access, layers, private })
}

/// A layer as the database keeps it.
fn written(LayerRelease { layer, pieces, areas }: LayerRelease, terrain: &Terrain) -> ReleaseLayer {
    let reach = reach(terrain.ground.cover(), &pieces, &terrain.sites);
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
    ReleaseLayer {
        layer,
        pieces: pieces.into_iter().map(piece).collect(),
        areas: areas.into_iter().map(area).collect(),
        reach: reach.into_iter().map(|(key, reach)| ReachRow { key, reach: json!(reach) }).collect(),
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
