//! Names what is wrong with an item that did not parse.
//!
//! Clients are older and newer than the server. The typed parse only says that an item does not fit; a
//! client (and the count of rejections by reason) needs to know whether it was a technology that came
//! after this version, a missing time or a number that cannot be. So the item is looked through once more.

use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};
use uuid::Uuid;

use super::{Refusal, item::KINDS};
use crate::{
    Invalid, RejectionReason, Technology,
    record::{AccessTechnology, Failing, FailureCause, FixedMedium, Protocol},
};

type Fault = (RejectionReason, String);

/// The refusal of an item that serde refused with `error`.
pub(super) fn diagnose(raw: &RawValue, error: &serde_json::Error) -> Refusal {
    #[derive(Deserialize)]
    struct Head {
        id: Uuid,
    }
    let id = serde_json::from_str::<Head>(raw.get()).ok().map(|head| head.id);
    let (reason, detail) = match serde_json::from_str(raw.get()) {
        Ok(Value::Object(item)) => first_fault(&item).unwrap_or_else(|| fallback(error)),
        Ok(_) => (RejectionReason::Malformed, "an item is a JSON object".to_owned()),
        // The text is valid JSON, or it were no `RawValue`: 1e999 overflows, or it is nested too deep.
        Err(e) if e.to_string().starts_with("number out of range") => {
            (RejectionReason::ImplausibleValue, "a number is beyond anything that can be measured".to_owned())
        }
        Err(e) => fallback(&e),
    };
    Refusal { id, reason, detail }
}

/// Serde's own words, bounded: they repeat what was sent.
fn fallback(error: &serde_json::Error) -> Fault {
    (RejectionReason::Malformed, error.to_string().chars().take(200).collect())
}

fn first_fault(item: &Map<String, Value>) -> Option<Fault> {
    let Some(kind) = item.get("kind").and_then(Value::as_str) else {
        return Some((RejectionReason::Malformed, format!("`kind` must be one of {}", KINDS.join(" "))));
    };
    if !KINDS.contains(&kind) {
        let unknown = Invalid::new("kind", kind, "is not known to this server");
        return Some((RejectionReason::UnknownKind, unknown.to_string()));
    }
    let id = item.get("id").and_then(Value::as_str).map(Uuid::try_parse);
    if !matches!(id, Some(Ok(_))) {
        return Some((RejectionReason::BadId, "`id` must be a random UUID (version 4)".to_owned()));
    }
    let empty = Map::new();
    let network = item.get("network").and_then(Value::as_object).unwrap_or(&empty);
    let result = item.get("result").and_then(Value::as_object).unwrap_or(&empty);
    time(item, kind)
        .or_else(|| position(item))
        .or_else(|| technology(item.get("locked_to")))
        .or_else(|| technology(item.get("technology")))
        .or_else(|| technology(network.get("technology")))
        .or_else(|| operator(item.get("operator")).or_else(|| operator(network.get("operator"))))
        .or_else(|| word::<FailureCause>(item.get("failure")))
        .or_else(|| word::<Protocol>(item.get("protocol")))
        .or_else(|| word::<Failing>(item.get("failing")))
        .or_else(|| word::<FixedMedium>(network.get("medium")))
        .or_else(|| word::<AccessTechnology>(network.get("access")))
        .or_else(|| network_type(network))
        .or_else(|| ["bytes", "plan_download_bps"].into_iter().find_map(|name| count(item, name)))
        .or_else(|| result.keys().filter(|name| MEASURED.contains(&name.as_str())).find_map(|name| count(result, name)))
        .or_else(|| ["signal_dbm", "rsrq_db", "sinr_db", "hour"].into_iter().find_map(|name| column(item, name)))
}

const MEASURED: [&str; 6] =
    ["download_bps", "upload_bps", "idle_latency_us", "loaded_latency_us", "jitter_us", "loss_ppm"];

/// One value or a column of them.
fn each(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::Array(values)) => values,
        Some(value) => std::slice::from_ref(value),
        None => &[],
    }
}

fn time(item: &Map<String, Value>, kind: &str) -> Option<Fault> {
    let name = if kind == "coverage_track" { "hour" } else { "at" };
    let given = item.get(name).filter(|value| !each(Some(value)).iter().any(Value::is_null));
    given.is_none().then(|| (RejectionReason::NoTime, format!("`{name}` must say when it was measured")))
}

fn position(item: &Map<String, Value>) -> Option<Fault> {
    let given = item.get("hex").filter(|value| each(Some(value)).iter().all(Value::is_string));
    // No echo: what stands here instead of a hexagon may be a coordinate.
    given.is_none().then(|| (RejectionReason::BadPosition, "`hex` must be an H3 cell index as text".to_owned()))
}

fn technology(value: Option<&Value>) -> Option<Fault> {
    each(value)
        .iter()
        .filter_map(Value::as_str)
        .find_map(|text| text.parse::<Technology>().err())
        .map(|unknown| (RejectionReason::UnknownTechnology, unknown.to_string()))
}

fn operator(value: Option<&Value>) -> Option<Fault> {
    let odd = each(value).iter().any(|value| !value.is_string() && !value.is_null());
    odd.then(|| (RejectionReason::UnknownOperator, "`operator` must be text, for example \"26201\"".to_owned()))
}

fn word<T: std::str::FromStr<Err = Invalid>>(value: Option<&Value>) -> Option<Fault> {
    let unknown = value?.as_str()?.parse::<T>().err()?;
    Some((RejectionReason::UnknownValue, unknown.to_string()))
}

fn network_type(network: &Map<String, Value>) -> Option<Fault> {
    let name = network.get("type")?.as_str()?;
    let unknown = Invalid::new("network type", name, "one of fixed mobile");
    (!["fixed", "mobile"].contains(&name)).then(|| (RejectionReason::UnknownValue, unknown.to_string()))
}

fn count(fields: &Map<String, Value>, name: &str) -> Option<Fault> {
    let odd = fields.get(name).is_some_and(|value| !value.is_null() && value.as_u64().is_none_or(too_much(name)));
    odd.then(|| (RejectionReason::ImplausibleValue, format!("`{name}` must be a whole number, zero or more")))
}

/// The only count that is narrower than 64 bits on the wire.
fn too_much(name: &str) -> impl FnOnce(u64) -> bool {
    let loss = name == "loss_ppm";
    move |value| loss && value > 1_000_000
}

fn column(item: &Map<String, Value>, name: &str) -> Option<Fault> {
    let fits = |value: &Value| match value.as_i64() {
        Some(number) if name == "hour" => i32::try_from(number).is_ok(),
        Some(number) => i16::try_from(number).is_ok(),
        None => value.is_null(),
    };
    let odd = matches!(item.get(name), Some(Value::Array(values)) if !values.iter().all(fits));
    odd.then(|| (RejectionReason::ImplausibleValue, format!("`{name}` must hold whole numbers or null")))
}
