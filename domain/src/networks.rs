//! The networks of the home country, as data: `data/operators.toml`.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

use crate::Operator;

#[derive(Deserialize)]
struct File {
    operators: BTreeMap<Operator, String>,
}

static NETWORKS: LazyLock<BTreeMap<Operator, String>> = LazyLock::new(|| {
    // The file is compiled in; a test reads it.
    toml::from_str::<File>(include_str!("../../data/operators.toml")).map(|file| file.operators).unwrap_or_default()
});

/// Name of a network that is ranked and shown; `None` for foreign and unknown ones.
pub fn name(operator: Operator) -> Option<&'static str> {
    NETWORKS.get(&operator).map(String::as_str)
}

/// Whether a code belongs to the home country but to none of its networks: a mistake in the data.
pub fn is_invented(operator: Operator) -> bool {
    name(operator).is_none() && NETWORKS.keys().any(|known| known.mcc() == operator.mcc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_german_networks_have_names_and_a_fifth_is_invented() {
        let names = ["26201", "26202", "26203", "26223"].map(|code| name(code.parse().unwrap()));
        assert_eq!(names, [Some("Telekom"), Some("Vodafone"), Some("Telefónica (o2)"), Some("1&1")]);
        assert!(is_invented("26277".parse().unwrap()));
        assert!(!is_invented("20404".parse().unwrap()), "a foreign network is unknown here, but may exist");
    }
}
