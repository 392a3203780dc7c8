//! Why a hexagon is proposed: one German sentence; and what stands in for missing figures.

use std::{collections::BTreeMap, fmt::Write as _};

use domain::AreaKey;

use super::{NEUTRAL, NextArea, NextEvidence, NextRow, PROPOSED, places::TAKING_PART, value::Weighing};
use crate::{
    gate::PieceKind,
    text::{capitalised, decimal},
};

/// Once in every document.
pub(super) const NOTE: &str = "Vorschlag zum Messen, keine Messung und keine Bewertung des Ortes; \
     nur aus der genannten Veröffentlichung und amtlichen Tabellen.";

/// What stands in for figures that the region's tables do not have.
pub(super) fn proxies(knows_inhabitants: bool) -> Vec<String> {
    let people = if knows_inhabitants {
        "Menschen: Einwohner der Gemeinde, gleichmäßig auf ihre Hexagone verteilt; Haushalte je Hexagon sind nicht bekannt."
    } else {
        "Menschen: für diese Region sind keine Einwohner bekannt; alle Hexagone zählen gleich."
    };
    let passing = format!(
        "Jemand kommt vorbei: 1 − e^(−λ), λ = {} % der Menschen im Hexagon und seinen Nachbarn; \
         so viele machten 2023 bei der Messwoche in NRW mit.",
        decimal_at(TAKING_PART * 100.0, 2)
    );
    let way = "Weg: 1 plus Kilometer Luftlinie bis zur nächsten Schule oder bis zu Boden, der für sich gemessen ist; \
               höchstens 10 Schritte im Raster."
        .to_owned();
    vec![people.to_owned(), passing, way]
}

pub(super) fn sentence(row: &NextRow, areas: &BTreeMap<AreaKey, NextArea>, weighing: &Weighing<'_>) -> String {
    let mut out = String::new();
    let main = row
        .evidence
        .iter()
        .max_by(|a, b| (a.weight * a.evsi).total_cmp(&(b.weight * b.evsi)).then(b.layer.cmp(&a.layer)));
    match main {
        Some(main) if !row.no_data => evidence(&mut out, main, row, weighing),
        _ if row.evidence.len() > 1 => {
            let _ = write!(out, "In keinem der {} Netze ist hier etwas gemessen", row.evidence.len());
        }
        _ => out.push_str("Hier ist nichts gemessen"),
    }
    if let Some(inhabitants) = row.inhabitants {
        let _ = write!(out, "; etwa {inhabitants} Menschen");
    }
    if let Some(main) = main {
        let points = |variance: f64| decimal(variance.sqrt() * 100.0);
        let _ = write!(
            out,
            "; {} Geräte mehr senken die Unsicherheit von {} auf {} Punkte",
            weighing.devices(),
            points(main.variance),
            points(main.variance_after)
        );
    }
    if !weighing.is_ranked(row.key) {
        let name = areas.get(&row.key).map_or("die Gemeinde", |area| area.name.as_str());
        let _ = write!(out, "; {name} hat noch keinen Rang");
    }
    out.push('.');
    capitalised(&out)
}

fn evidence(out: &mut String, main: &NextEvidence, row: &NextRow, weighing: &Weighing<'_>) {
    let below = match weighing.network(&main.layer) {
        Some(network) => {
            let _ = write!(out, "{network}: ");
            if weighing.asks_for_broadband(&main.layer) { "ohne mobiles Breitband" } else { "ohne Versorgung" }
        }
        None => "unter dem Mindestangebot",
    };
    if main.devices == 0 {
        let measured = row.evidence.iter().filter(|layer| layer.devices > 0).count();
        let others = if measured == 1 { "einem anderen Netz".to_owned() } else { format!("{measured} anderen Netzen") };
        let _ = write!(out, "hier nichts gemessen, in {others} schon");
        return;
    }
    let whole = u8::from(PROPOSED);
    let resolution = main.resolution.unwrap_or(whole);
    let _ = match (resolution < whole, main.kind) {
        (true, _) => {
            write!(out, "{} irgendwo in einer größeren Fläche (Auflösung {resolution})", devices(main.devices))
        }
        (false, Some(PieceKind::Hex)) if resolution == whole => write!(out, "erst {}", devices(main.devices)),
        // A finer hexagon, or the rest of this one after finer ones were published.
        (false, _) => write!(out, "erst {} in einem Teil davon", devices(main.devices)),
    };
    if let Some(share) = main.share {
        let _ = write!(
            out,
            ", Anteil {below} zwischen {} und {} %: offen, ob mehr oder weniger als {} %",
            decimal(share.low * 100.0),
            decimal(share.high * 100.0),
            decimal(NEUTRAL * 100.0)
        );
    }
}

fn devices(count: u32) -> String {
    if count == 1 { "1 Gerät".to_owned() } else { format!("{count} Geräte") }
}

/// German decimals with so many digits behind the comma.
pub(super) fn decimal_at(value: f64, digits: usize) -> String {
    format!("{value:.digits$}").replace('.', ",")
}
