use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
    sync::LazyLock,
};

use serde_json::{Value, value::RawValue};

use super::json_schema;

/// Names of all fields that there are in an item.
static KNOWN: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let mut names = BTreeSet::new();
    collect(&json_schema(), &mut names);
    names
});

fn collect(schema: &Value, names: &mut BTreeSet<String>) {
    match schema {
        Value::Object(schema) => {
            if let Some(Value::Object(properties)) = schema.get("properties") {
                names.extend(properties.keys().cloned());
            }
            schema.values().for_each(|part| collect(part, names));
        }
        Value::Array(parts) => parts.iter().for_each(|part| collect(part, names)),
        _ => {}
    }
}

/// How many fields of an item, of its network and of its result no record of this version has: a newer client sends them.
pub fn unknown_fields(item: &RawValue) -> usize {
    let Ok(fields) = serde_json::from_str::<HashMap<Cow<'_, str>, &RawValue>>(item.get()) else { return 0 };
    let unknown = |(name, value): (&Cow<'_, str>, &&RawValue)| match name.as_ref() {
        "network" | "result" => unknown_fields(value),
        name => usize::from(!KNOWN.contains(name)),
    };
    fields.iter().map(unknown).sum()
}
