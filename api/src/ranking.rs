//! A ranked list and an export from one release: the same for HTTP and for the command line.

use std::collections::{BTreeMap, HashMap};

use analytics::{
    AreaFacts, GroundBelow, Outline, RankHeader, RankInput, Ranking, Reach, ReachShares, RuleBook, Track, UnitSummary,
    rank,
};
use domain::{AreaKey, AreaLevel, Hex, Layer, RegionId, ReleaseId, SourceClass, TechnologyView, Window};
use store::{AreaData, RegionRow, ReleaseLayerRow, ReleaseRow, Store};

use crate::{ApiError, published, read};

/// Which list.
#[derive(Clone, Debug)]
pub struct Request {
    /// Region.
    pub region: RegionId,
    /// Fixed or mobile.
    pub track: Track,
    /// This release; the newest that has the track otherwise.
    pub release: Option<ReleaseId>,
    /// Only releases of this window.
    pub window: Option<Window>,
    /// Only releases of this source class.
    pub source: Option<SourceClass>,
}

/// Ranks the municipalities of a region from what one release published.
pub async fn compute(store: &Store, request: &Request) -> Result<Ranking, ApiError> {
    let region = read::find_region(store, &request.region).await?;
    let release = choose(store, request).await?;
    let layers = relevant(&store::release_layers(store, &release.id).await?, request.track);
    let mut reach: HashMap<AreaKey, BTreeMap<Layer, ReachShares>> = HashMap::new();
    let mut units: BTreeMap<AreaKey, Vec<(Layer, UnitSummary)>> = BTreeMap::new();
    for &layer in &layers {
        for row in store::area_rows(store, &release.id, layer).await? {
            let summary = published::summary(&release.id, row.key, row.summary)?;
            units.entry(row.key).or_default().push((layer, summary));
        }
        for row in store::reach_rows(store, &release.id, layer).await? {
            let found: Reach = serde_json::from_value(row.reach)
                .map_err(|error| ApiError::Internal(format!("reach of {} in {}: {error}", row.key, release.id)))?;
            reach.entry(row.key).or_default().insert(layer, ReachShares::from(&found));
        }
    }
    let rules = RuleBook::builtin();
    let profile = rules.profile(request.track);
    let header = header(&region, &release, &rules);
    let mut areas = facts(store, request, &release).await?;
    for area in &mut areas {
        area.reach = reach.remove(&area.key).unwrap_or_default();
    }
    // The seed belongs to the release: its list is the same whenever it is asked for.
    let seed = u64::from_str_radix(release.id.as_str(), 16).unwrap_or_default();
    let input = RankInput { track: request.track, header, areas, units, profile, seed };
    Ok(rank(input))
}

/// What a document says about where it comes from.
pub(crate) fn header(region: &RegionRow, release: &ReleaseRow, rules: &RuleBook) -> RankHeader {
    let credits = region.provenance.get("credits").and_then(|credits| credits.as_array()).cloned().unwrap_or_default();
    RankHeader {
        region: region.id.clone(),
        release: release.id.clone(),
        window: release.window.clone(),
        source: release.source,
        simulated: release.simulated,
        ruleset_hash: rules.hash(),
        generated_from: credits.iter().filter_map(|line| line.as_str().map(str::to_owned)).collect(),
    }
}

pub(crate) async fn choose(store: &Store, request: &Request) -> Result<ReleaseRow, ApiError> {
    if let Some(id) = &request.release {
        return published::in_region(read::find_release(store, id).await?, &request.region);
    }
    for release in candidates(store, &request.region, request.window.as_ref(), request.source).await? {
        if !relevant(&store::release_layers(store, &release.id).await?, request.track).is_empty() {
            return Ok(release);
        }
    }
    Err(ApiError::NotFound {
        what: "release for this track in region",
        id: request.region.to_string(),
        hint: "measure or import something, then run `whitespot release --region …`".into(),
    })
}

/// Releases that fit, newest first; what was measured before what was simulated.
pub(crate) async fn candidates(
    store: &Store,
    region: &RegionId,
    window: Option<&Window>,
    source: Option<SourceClass>,
) -> Result<Vec<ReleaseRow>, ApiError> {
    let mut releases = store::releases(store, region).await?;
    releases.retain(|release| window.is_none_or(|wanted| *wanted == release.window));
    releases.retain(|release| source.is_none_or(|wanted| wanted == release.source));
    releases.sort_by_key(|release| release.simulated);
    Ok(releases)
}

pub(crate) fn relevant(layers: &[ReleaseLayerRow], track: Track) -> Vec<Layer> {
    let wanted = |layer: &Layer| match track {
        Track::Fixed => *layer == Layer::Fixed,
        // The networks of the country; roaming and border signals say nothing about its supply.
        Track::Mobile => {
            let ours = layer.operator().and_then(domain::networks::name).is_some();
            ours && layer.view() == Some(TechnologyView::Broadband)
        }
    };
    layers.iter().map(|row| row.layer).filter(wanted).collect()
}

async fn facts(store: &Store, request: &Request, release: &ReleaseRow) -> Result<Vec<AreaFacts>, ApiError> {
    let areas = store::areas(store, &request.region).await?;
    let districts: HashMap<AreaKey, String> =
        areas.iter().filter(|a| a.level == AreaLevel::District).map(|a| (a.key, a.name.clone())).collect();
    let mut area_km2: HashMap<AreaKey, f64> = HashMap::new();
    for (hex, key) in store::load_cover(store, &request.region).await?.pairs() {
        *area_km2.entry(key).or_default() += hex.as_h3().area_km2();
    }
    let below = match request.track {
        Track::Fixed => ground_below(store, release).await?,
        Track::Mobile => GroundBelow::default(),
    };
    let municipalities = areas.into_iter().filter(|area| area.level == AreaLevel::Municipality);
    Ok(municipalities.map(|area| fact(area, &districts, &area_km2, &below)).collect())
}

fn fact(
    area: AreaData,
    districts: &HashMap<AreaKey, String>,
    area_km2: &HashMap<AreaKey, f64>,
    below: &GroundBelow,
) -> AreaFacts {
    let mut sites: Vec<Hex> = area.sites.iter().map(|site| site.hex).collect();
    sites.sort_unstable();
    sites.dedup();
    AreaFacts {
        key: area.key,
        name: area.name,
        district: area.parent.and_then(|key| districts.get(&key).cloned()).unwrap_or_default(),
        inhabitants: area.inhabitants,
        area_km2: area_km2.get(&area.key).copied().unwrap_or_default(),
        site_hexes_total: sites.len() as u32,
        site_hexes_below: below.count(&sites),
        reach: BTreeMap::new(),
    }
}

/// Published pieces of the fixed layer whose state is below the floor.
async fn ground_below(store: &Store, release: &ReleaseRow) -> Result<GroundBelow, ApiError> {
    let rows = store::all_pieces(store, &release.id, Layer::Fixed, None).await?;
    Ok(rows.into_iter().filter(|row| row.state == "dead").flat_map(|row| row.hexes).collect())
}

/// The list as GeoJSON, with the outlines of the municipalities.
pub async fn to_geojson(store: &Store, region: &RegionId, ranking: &Ranking) -> Result<String, ApiError> {
    let outlines = store::area_outlines_geojson(store, region).await?;
    let features = outlines.get("features").and_then(|features| features.as_array()).cloned().unwrap_or_default();
    let outlines: Vec<Outline> = features.iter().filter_map(outline).collect();
    Ok(ranking.to_geojson(&outlines))
}

fn outline(feature: &serde_json::Value) -> Option<Outline> {
    let key = feature.pointer("/properties/key")?.as_str()?.parse().ok()?;
    let coordinates = feature.pointer("/geometry/coordinates")?.clone();
    let polygons = match feature.pointer("/geometry/type")?.as_str()? {
        "Polygon" => vec![serde_json::from_value(coordinates).ok()?],
        "MultiPolygon" => serde_json::from_value(coordinates).ok()?,
        _ => return None,
    };
    Some(Outline { key, polygons })
}
