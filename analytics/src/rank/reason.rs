//! Why a municipality stands where it stands: one German sentence.

use std::{collections::BTreeMap, fmt::Write as _};

use domain::Operator;

use super::{AreaFacts, Track, score::Facts};
use crate::{
    summary::UnitSummary,
    text::{capitalised, decimal},
};

/// Once in every document (METHODS 3.5).
pub(super) const NOTE: &str = "Keine Repräsentativerhebung; ersetzt kein Markterkundungsverfahren.";

/// For municipalities without a published total.
pub(super) const UNMEASURED: &str =
    "Nicht gemessen oder von zu wenigen Geräten: keine Aussage, weder gut noch schlecht.";

/// The two largest contributions, the interval, the devices, the grade.
pub(super) fn sentence(
    track: Track,
    area: &AreaFacts,
    facts: &Facts,
    unit: &UnitSummary,
    contributions: &[f64; 5],
    names: &BTreeMap<Operator, String>,
) -> String {
    let mut order: Vec<usize> = (0..5).filter(|&at| contributions[at] > 0.0).collect();
    order.sort_by(|&a, &b| contributions[b].total_cmp(&contributions[a]).then(a.cmp(&b)));
    let why: Vec<String> =
        order.iter().take(2).map(|&at| phrase(track.components()[at], area, facts, unit, names)).collect();
    let mut out = if why.is_empty() { "kein messbarer Bedarf".to_owned() } else { why.join(" und ") };
    if let Some(share) = unit.share {
        let _ = write!(
            out,
            "; Anteil mit 95 % Sicherheit zwischen {} und {} %, {}, Aussagekraft {}.",
            percent(share.low),
            percent(share.high),
            if unit.devices == 1 { "1 Gerät".to_owned() } else { format!("{} Geräte", unit.devices) },
            unit.grade.code(),
        );
    }
    capitalised(&out)
}

fn phrase(
    component: &str,
    area: &AreaFacts,
    facts: &Facts,
    unit: &UnitSummary,
    names: &BTreeMap<Operator, String>,
) -> String {
    let share = unit.share.map_or_else(String::new, |share| percent(share.value));
    match component {
        "severity" => format!("bei {share} % der Geräte Hinweis auf Unterschreitung des Mindestangebots"),
        "gap" => format!("mittlerer Download {} Mbit/s", decimal(facts.median.map_or(0.0, |(median, _)| median))),
        "latency" => format!("80 % der Geräte erst bei {} ms Latenz", decimal(facts.latency_p80.unwrap_or(0.0))),
        "rural" => format!("ländlich mit {} Einwohnern je km²", decimal(facts.density.unwrap_or(0.0).round())),
        "public_interest" => format!(
            "{} von {} Standorten öffentlicher Einrichtungen in Gebieten darunter",
            area.site_hexes_below, area.site_hexes_total
        ),
        "worst_operator" => {
            let operator = facts.shares.first().and_then(|(operator, _)| *operator);
            let name = operator.map_or_else(String::new, |operator| {
                names.get(&operator).cloned().unwrap_or_else(|| operator.to_string())
            });
            format!("im schwächsten Netz ({name}) {share} % der Geräte ohne mobiles Breitband")
        }
        "grey" => {
            let shares: Vec<f64> = facts.shares.iter().map(|(_, posterior)| posterior.mean()).collect();
            let mean = shares.iter().sum::<f64>() / shares.len().max(1) as f64;
            format!(
                "Schätzwert über alle gemessenen Netze ({}): {} % ohne mobiles Breitband",
                shares.len(),
                percent(mean)
            )
        }
        other => other.to_owned(),
    }
}

fn percent(share: f64) -> String {
    decimal((share * 1000.0).round() / 10.0)
}
