//! The documents that carry a ranking: JSON, CSV, GeoJSON and a table for a terminal.

use std::{collections::HashMap, fmt::Write as _};

use serde_json::{Value, json};

use super::{Outline, RankRow, Ranking};
use crate::{
    collection::feature_collection,
    text::{Line, decimal, fitted},
};

impl Ranking {
    /// Pretty JSON with a newline at the end.
    pub fn to_json(&self) -> String {
        // Plain numbers, text and closed sets: there is always a JSON form.
        let mut out = serde_json::to_string_pretty(self).unwrap_or_default();
        out.push('\n');
        out
    }

    /// RFC 4180 with a header; UTF-8, comma, dot decimals. Text is always quoted, so that an AGS stays
    /// text; a value that is not known is empty.
    pub fn to_csv(&self) -> String {
        let components = self.track.components();
        let mut out = String::from("rank,rank_low,rank_high,tie,key,name,district,need,need_low,need_high");
        for name in components {
            let _ = write!(out, ",{name}");
        }
        out.push_str(",share_low,share,share_high,devices,attempts,grade,inhabitants,state");
        out.push_str(",simulated,source,window,release,ruleset_hash,reason,note\r\n");
        for row in &self.rows {
            let mut line = Line::default();
            line.number(row.rank).number(row.rank_low).number(row.rank_high).number(Some(row.tie));
            line.text(row.key.as_str()).text(&row.name).text(&row.district);
            line.number(row.need).number(row.need_low).number(row.need_high);
            for name in components {
                line.number(row.components.get(*name).copied().flatten());
            }
            let share = row.share;
            line.number(share.map(|s| s.low)).number(share.map(|s| s.value)).number(share.map(|s| s.high));
            line.number(Some(row.devices)).number(Some(row.attempts)).text(row.grade.code());
            line.number(row.inhabitants).text(row.state.code()).number(Some(self.header.simulated));
            line.text(self.header.source.code()).text(&self.header.window.to_string());
            line.text(self.header.release.as_str()).text(&self.header.ruleset_hash).text(&row.reason).text(&self.note);
            out.push_str(&line.finish());
        }
        out
    }

    /// For a terminal of 120 columns. `limit`: rows to show; all if `None`.
    pub fn to_table(&self, limit: Option<usize>) -> String {
        let mut out = String::new();
        let head = &self.header;
        if head.simulated {
            out += "SIMULIERT, keine Messung\n";
        }
        let _ = writeln!(
            out,
            "{} {}  Fenster {}  Quelle {}  Veröffentlichung {}",
            head.region, self.track, head.window, head.source, head.release
        );
        let line = |cells: [&str; 9]| {
            let [rank, span, key, name, district, need, share, devices, grade] = cells;
            let line = format!(
                "{rank:>5} {span:>9}  {key:<8}  {}  {}  {need:>6}  {share:>18}  {devices:>7}  {grade:<5}",
                fitted(name, 26),
                fitted(district, 22),
            );
            line.trim_end().to_owned() + "\n"
        };
        out += &line(["Rang", "5–95 %", "AGS", "Gemeinde", "Kreis", "Bedarf", "Anteil (95 %)", "Geräte", "Güte"]);
        let shown = limit.unwrap_or(usize::MAX).min(self.rows.len());
        for row in &self.rows[..shown] {
            out += &line([
                &rank_text(row),
                &row.rank_low.zip(row.rank_high).map_or_else(|| "–".to_owned(), |(low, high)| format!("{low}–{high}")),
                row.key.as_str(),
                &row.name,
                &row.district,
                &row.need.map_or_else(|| "–".to_owned(), |need| format!("{need:.3}").replace('.', ",")),
                &row.share.map_or_else(
                    || "nicht gemessen".to_owned(),
                    |s| format!("{} ({}–{}) %", percent(s.value), percent(s.low), percent(s.high)),
                ),
                &row.devices.to_string(),
                row.grade.code(),
            ]);
        }
        if shown < self.rows.len() {
            let _ = writeln!(out, "… {} weitere", self.rows.len() - shown);
        }
        if !self.missing_components.is_empty() {
            let _ = writeln!(out, "Ohne Datenquelle, trägt nichts bei: {}", self.missing_components.join(", "));
        }
        let _ = writeln!(out, "= teilt den Rang: nicht zu unterscheiden. {}", self.note);
        out
    }

    /// RFC 7946, one feature for each row; geometry null where no outline is given.
    pub fn to_geojson(&self, outlines: &[Outline]) -> String {
        let outlines: HashMap<_, _> = outlines.iter().map(|outline| (outline.key, outline)).collect();
        let features = self.rows.iter().map(|row| {
            let properties = serde_json::to_value(row).unwrap_or(Value::Null);
            let geometry = outlines.get(&row.key).map_or(Value::Null, |outline| multipolygon(outline));
            json!({ "type": "Feature", "id": row.key, "properties": properties, "geometry": geometry })
        });
        feature_collection(self, "rows", features.collect())
    }

    /// The JSON schema of the document, as committed in `schemas/rank.json`.
    pub fn json_schema() -> Value {
        schemars::schema_for!(Self).into()
    }
}

fn rank_text(row: &RankRow) -> String {
    row.rank.map_or_else(|| "–".to_owned(), |rank| if row.tie { format!("={rank}") } else { rank.to_string() })
}

fn percent(share: f64) -> String {
    decimal((share * 100.0).round())
}

/// Right-hand rule: outer rings run counter-clockwise, holes clockwise; rings are closed; 7 decimals are 1 cm.
fn multipolygon(outline: &Outline) -> Value {
    let ring = |at: usize, ring: &Vec<[f64; 2]>| {
        let mut ring: Vec<[f64; 2]> = ring.iter().map(|p| p.map(|x| (x * 1e7).round() / 1e7)).collect();
        if ring.first() != ring.last() {
            ring.extend(ring.first().copied());
        }
        let doubled_area: f64 = ring.windows(2).map(|p| p[0][0] * p[1][1] - p[1][0] * p[0][1]).sum();
        if (doubled_area > 0.0) != (at == 0) {
            ring.reverse();
        }
        ring
    };
    let polygons = outline.polygons.iter();
    let polygons: Vec<Vec<_>> =
        polygons.map(|rings| rings.iter().enumerate().map(|(at, points)| ring(at, points)).collect()).collect();
    json!({ "type": "MultiPolygon", "coordinates": polygons })
}
