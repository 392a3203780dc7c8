//! The published hexagons of one layer as a file.

use domain::{Hex, Layer, RegionId, SourceClass, Window};
use geojson::{Feature, FeatureCollection, Geometry, GeometryValue, JsonObject};
use serde_json::json;
use store::{PieceRow, ReleaseRow, Store};

use crate::{ApiError, published};

/// Form of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HexForm {
    /// One line a hexagon: UTF-8, comma, dot decimals.
    Csv,
    /// The pieces as the API gives them.
    Json,
    /// RFC 7946, one feature a piece.
    GeoJson,
}

/// All pieces of a layer in the newest release that has it.
pub async fn hexes(
    store: &Store,
    region: &RegionId,
    window: Option<&Window>,
    source: Option<SourceClass>,
    layer: Layer,
    form: HexForm,
) -> Result<String, ApiError> {
    let release = published::choose(store, region, (None, window, source), layer).await?;
    let pieces = store::all_pieces(store, &release.id, layer, None).await?;
    Ok(match form {
        HexForm::Csv => csv(&release, layer, &pieces)?,
        HexForm::Json => json!({
            "release": release.id, "window": release.window, "source": release.source, "simulated": release.simulated,
            "layer": layer, "items": pieces.iter().map(piece).collect::<Vec<_>>(),
        })
        .to_string(),
        HexForm::GeoJson => geojson(&release, layer, &pieces),
    })
}

/// A piece as JSON: also the answer of `GET /v1/hexes`.
pub(crate) fn piece(piece: &PieceRow) -> serde_json::Value {
    json!({
        "number": piece.number, "kind": piece.kind, "resolution": piece.resolution, "hexes": piece.hexes,
        "state": piece.state, "devices": piece.devices, "attempts": piece.attempts, "summary": piece.summary,
    })
}

fn csv(release: &ReleaseRow, layer: Layer, pieces: &[PieceRow]) -> Result<String, ApiError> {
    let mut out = csv::Writer::from_writer(Vec::new());
    let internal = |error: csv::Error| ApiError::Internal(error.to_string());
    out.write_record([
        "release",
        "source",
        "simulated",
        "layer",
        "piece",
        "kind",
        "hex",
        "state",
        "devices",
        "attempts",
        "share_low",
        "share",
        "share_high",
        "grade",
    ])
    .map_err(internal)?;
    for piece in pieces {
        let of = |pointer: &str| piece.summary.pointer(pointer).map(plain).unwrap_or_default();
        for hex in &piece.hexes {
            out.write_record([
                release.id.to_string(),
                release.source.to_string(),
                release.simulated.to_string(),
                layer.to_string(),
                piece.number.to_string(),
                piece.kind.clone(),
                hex.to_string(),
                piece.state.clone(),
                piece.devices.to_string(),
                piece.attempts.to_string(),
                of("/share/low"),
                of("/share/value"),
                of("/share/high"),
                of("/grade"),
            ])
            .map_err(internal)?;
        }
    }
    let bytes = out.into_inner().map_err(|error| ApiError::Internal(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| ApiError::Internal(error.to_string()))
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn geojson(release: &ReleaseRow, layer: Layer, pieces: &[PieceRow]) -> String {
    let feature = |row: &PieceRow| {
        let mut properties = JsonObject::new();
        if let serde_json::Value::Object(fields) = piece(row) {
            properties.extend(fields.into_iter().filter(|(name, _)| name != "hexes"));
        }
        let ring = |hex: &Hex| hex.outline_degrees().into_iter().map(Vec::from).collect::<Vec<_>>();
        let polygons = row.hexes.iter().map(|hex| vec![ring(hex)]).collect::<Vec<_>>();
        let geometry = Geometry::new(GeometryValue::new_multi_polygon(polygons));
        Feature { geometry: Some(geometry), properties: Some(properties), ..Feature::default() }
    };
    let mut about = JsonObject::new();
    about.insert("release".into(), json!(release.id));
    about.insert("window".into(), json!(release.window));
    about.insert("source".into(), json!(release.source));
    about.insert("simulated".into(), json!(release.simulated));
    about.insert("layer".into(), json!(layer));
    let features = pieces.iter().map(feature).collect();
    FeatureCollection { bbox: None, features, foreign_members: Some(about) }.to_string()
}
