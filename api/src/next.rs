//! Where to measure next, from one release: the same for HTTP and for the command line.

use std::collections::{BTreeMap, HashMap};

use analytics::{NextArea, NextAsk, NextInput, NextLayer, NextList, RuleBook, Track, UnitSummary, next};
use domain::{AreaKey, AreaLevel, Layer, RegionId, ReleaseId, SourceClass, Window};
use store::{AreaData, ReleaseRow, Store};

use crate::{ApiError, published, ranking, read};

/// Hexagons of one list at most.
pub const MAX_TOP: u32 = 1_000;

/// Degrees around an area in which evidence still counts: ten steps on the grid (9 km), at any latitude with people.
const MARGIN: f64 = 0.25;

/// Which list.
#[derive(Clone, Debug)]
pub struct Request {
    /// Region.
    pub region: RegionId,
    /// Municipality, district or state; the whole region otherwise.
    pub area: Option<AreaKey>,
    /// Whose ranks are to move.
    pub track: Track,
    /// Only this layer; those of the track otherwise.
    pub layer: Option<Layer>,
    /// Hexagons at most.
    pub top: u32,
    /// This release; the newest that has the layers otherwise.
    pub release: Option<ReleaseId>,
    /// Only releases of this window.
    pub window: Option<Window>,
    /// Only releases of this source class.
    pub source: Option<SourceClass>,
}

/// Draws up the list from what one release published.
pub async fn compute(store: &Store, request: &Request) -> Result<NextList, ApiError> {
    if !(1..=MAX_TOP).contains(&request.top) {
        return Err(ApiError::BadRequest(format!(
            "top {}: ask for 1 to {MAX_TOP} hexagons, for example 50",
            request.top
        )));
    }
    let region = read::find_region(store, &request.region).await?;
    let areas = store::areas(store, &request.region).await?;
    if let Some(area) = request.area {
        find_area(&areas, &request.region, area)?;
    }
    let track = match request.layer {
        None => request.track,
        Some(Layer::Fixed) => Track::Fixed,
        Some(Layer::Mobile { .. }) => Track::Mobile,
    };
    let (release, wanted) = chosen(store, request, track).await?;
    let bbox = match request.area {
        None => None,
        Some(area) => store::area_boxes(store, &request.region).await?.get(&area).copied(),
    };
    let bbox = bbox.map(|[w, s, e, n]| [w - MARGIN, s - MARGIN, e + MARGIN, n + MARGIN]);
    let mut layers = Vec::with_capacity(wanted.len());
    for layer in wanted {
        layers.push(published_layer(store, &release.id, layer, bbox).await?);
    }
    let cover = store::load_cover(store, &request.region).await?;
    let rules = RuleBook::builtin();
    let header = ranking::header(&region, &release, &rules);
    let ask = NextAsk { area: request.area, track, single_layer: request.layer.is_some(), top: request.top };
    let municipalities = municipalities(areas);
    // Some seconds of computing for a whole state, which must not stop other requests.
    let compute = move || {
        let profile = rules.profile(track);
        next(NextInput { header, ask, cover: &cover, municipalities, layers, profile })
    };
    tokio::task::spawn_blocking(compute).await.map_err(|error| ApiError::Internal(error.to_string()))
}

/// The release, and the layers of it that are looked at.
async fn chosen(store: &Store, request: &Request, track: Track) -> Result<(ReleaseRow, Vec<Layer>), ApiError> {
    if let Some(layer) = request.layer {
        let asked = (request.release.as_ref(), request.window.as_ref(), request.source);
        return Ok((published::choose(store, &request.region, asked, layer).await?, vec![layer]));
    }
    let asked = ranking::Request {
        region: request.region.clone(),
        track,
        release: request.release.clone(),
        window: request.window.clone(),
        source: request.source,
    };
    let release = ranking::choose(store, &asked).await?;
    let layers = ranking::relevant(&store::release_layers(store, &release.id).await?, track);
    Ok((release, layers))
}

async fn published_layer(
    store: &Store,
    release: &ReleaseId,
    layer: Layer,
    bbox: Option<[f64; 4]>,
) -> Result<NextLayer, ApiError> {
    let pieces = published::pieces(store, release, layer, bbox).await?;
    let mut totals = BTreeMap::new();
    for row in store::area_rows(store, release, layer).await? {
        let summary: UnitSummary = published::summary(release, row.key, row.summary)?;
        totals.extend(summary.posterior.map(|posterior| (row.key, posterior)));
    }
    Ok(NextLayer { layer, pieces, totals })
}

/// An area of the region, or where to find the right ones.
pub(crate) fn find_area<'a>(areas: &'a [AreaData], region: &RegionId, key: AreaKey) -> Result<&'a AreaData, ApiError> {
    areas.iter().find(|area| area.key == key).ok_or_else(|| ApiError::NotFound {
        what: "area",
        id: key.to_string(),
        hint: format!("region {region} has no area of this key: GET /v1/areas?region={region} lists them").into(),
    })
}

fn municipalities(areas: Vec<AreaData>) -> Vec<NextArea> {
    let districts: HashMap<AreaKey, String> =
        areas.iter().filter(|area| area.level == AreaLevel::District).map(|a| (a.key, a.name.clone())).collect();
    let municipality = |area: AreaData| NextArea {
        key: area.key,
        name: area.name,
        district: area.parent.and_then(|key| districts.get(&key).cloned()).unwrap_or_default(),
        inhabitants: area.inhabitants,
        sites: area.sites.into_iter().map(|site| site.hex).collect(),
    };
    areas.into_iter().filter(|area| area.level == AreaLevel::Municipality).map(municipality).collect()
}
