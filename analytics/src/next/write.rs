//! The documents that carry the list: JSON, CSV, GeoJSON and a table for a terminal.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{NextList, reason::decimal_at};
use crate::{
    collection::feature_collection,
    text::{Line, fitted},
};

impl NextList {
    /// Pretty JSON with a newline at the end.
    pub fn to_json(&self) -> String {
        // Plain numbers, text and closed sets: there is always a JSON form.
        let mut out = serde_json::to_string_pretty(self).unwrap_or_default();
        out.push('\n');
        out
    }

    /// RFC 4180 with a header; UTF-8, comma, dot decimals. Text is always quoted, so that an AGS stays text; a value
    /// that is not known is empty. The evidence of the layers is left to JSON.
    pub fn to_csv(&self) -> String {
        let mut out = String::from("place,hex,centre_lat,centre_lng,key,name,district,no_data,index,value,inhabitants");
        out.push_str(
            ",pass_probability,travel_cost,track,simulated,source,window,release,ruleset_hash,reason,note\r\n",
        );
        for row in &self.rows {
            let mut line = Line::default();
            line.number(Some(row.place)).text(&row.hex.to_string());
            line.number(Some(row.centre_lat)).number(Some(row.centre_lng));
            line.text(row.key.as_str()).text(&row.name).text(&row.district).number(Some(row.no_data));
            line.number(Some(row.index)).number(Some(row.value)).number(row.inhabitants);
            line.number(Some(row.pass_probability)).number(Some(row.travel_cost)).text(self.track.code());
            line.number(Some(self.header.simulated)).text(self.header.source.code());
            line.text(&self.header.window.to_string()).text(self.header.release.as_str());
            line.text(&self.header.ruleset_hash).text(&row.reason).text(&self.note);
            out.push_str(&line.finish());
        }
        out
    }

    /// For a terminal of 120 columns: a line with figures, and below it the reason.
    pub fn to_table(&self) -> String {
        let mut out = String::new();
        let head = &self.header;
        if head.simulated {
            out += "SIMULIERT, keine Messung\n";
        }
        let area = self.area.map_or_else(|| head.region.to_string(), |area| area.to_string());
        let _ = writeln!(
            out,
            "Wo als Nächstes messen: {area} {}  Fenster {}  Quelle {}  Veröffentlichung {}",
            self.track, head.window, head.source, head.release
        );
        let line = |cells: [&str; 7]| {
            let [place, hex, centre, name, people, way, index] = cells;
            let name = fitted(name, 28);
            let line = format!("{place:>5}  {hex:<15}  {centre:<18}  {name}  {people:>8}  {way:>7}  {index:>12}");
            line.trim_end().to_owned() + "\n"
        };
        out += &line(["Platz", "Hexagon", "Mitte", "Gemeinde", "Menschen", "Weg", "Index"]);
        for row in &self.rows {
            out += &line([
                &row.place.to_string(),
                &row.hex.to_string(),
                &format!("{:.5}, {:.5}", row.centre_lat, row.centre_lng),
                &row.name,
                &row.inhabitants.map_or_else(|| "–".to_owned(), |people| format!("{people:.0}")),
                &decimal_at(row.travel_cost, 1),
                &decimal_at(row.index, 4),
            ]);
            for part in wrapped(&row.reason, 112) {
                let _ = writeln!(out, "       {part}");
            }
        }
        if self.rows.len() < self.top as usize {
            let _ = writeln!(
                out,
                "{} statt {}: mehr Hexagone, die sich nicht berühren und wo Messen noch etwas entscheidet, sind hier nicht zu finden.",
                self.rows.len(),
                self.top
            );
        }
        for line in self.proxies.iter().chain([&self.note]) {
            for part in wrapped(line, 120) {
                let _ = writeln!(out, "{part}");
            }
        }
        out
    }

    /// RFC 7946, one feature with the outline of each hexagon.
    pub fn to_geojson(&self) -> String {
        let features = self.rows.iter().map(|row| {
            let properties = serde_json::to_value(row).unwrap_or(Value::Null);
            let geometry = json!({ "type": "Polygon", "coordinates": [row.hex.outline_degrees()] });
            json!({ "type": "Feature", "id": row.hex, "properties": properties, "geometry": geometry })
        });
        feature_collection(self, "rows", features.collect())
    }

    /// The JSON schema of the document, as committed in `schemas/next.json`.
    pub fn json_schema() -> Value {
        schemars::schema_for!(Self).into()
    }
}

/// Lines of at most so many characters, broken at spaces.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().map_or(0, |line| line.chars().count());
        if line > 0 && line + 1 + word.chars().count() > width {
            lines.push(String::new());
        }
        if let Some(last) = lines.last_mut() {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines
}
