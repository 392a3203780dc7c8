use std::{collections::BTreeMap, sync::LazyLock};

use domain::Operator;
use serde::Deserialize;

#[derive(Deserialize)]
struct Operators {
    operators: BTreeMap<Operator, String>,
}

static OPERATORS: LazyLock<BTreeMap<Operator, String>> = LazyLock::new(|| {
    toml::from_str::<Operators>(include_str!("../../../data/operators.toml"))
        .map(|file| file.operators)
        .unwrap_or_default()
});

/// Name of a network, if it has one here.
pub fn name(operator: Operator) -> Option<&'static str> {
    OPERATORS.get(&operator).map(String::as_str)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_four_german_networks_have_names() {
        let names: Vec<_> = ["26201", "26202", "26203", "26223"].map(|code| super::name(code.parse().unwrap())).into();
        assert_eq!(names, [Some("Telekom"), Some("Vodafone"), Some("Telefónica (o2)"), Some("1&1")]);
    }
}
