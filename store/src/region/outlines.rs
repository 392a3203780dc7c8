use std::collections::HashMap;

use domain::{AreaKey, AreaLevel, Hex, Invalid};

use super::AreaData;
use crate::mercator;

/// The outline of every area, in the order of `areas`; `None` where there is no ground at all.
///
/// A district or state without hexagons of its own gets those of the municipalities whose key begins with its key.
pub(super) fn outlines(areas: &[AreaData]) -> Result<Vec<Option<Vec<u8>>>, Invalid> {
    let mut ground: HashMap<AreaKey, Vec<Hex>> = HashMap::new();
    for area in areas.iter().filter(|area| area.level == AreaLevel::Municipality) {
        for around in [area.key.district(), Some(area.key.state())].into_iter().flatten() {
            ground.entry(around).or_default().extend(&area.hexes);
        }
    }
    let hexes = |area: &AreaData| match (&area.hexes[..], ground.get(&area.key)) {
        ([], Some(of_municipalities)) => of_municipalities.clone(),
        (own, _) => own.to_vec(),
    };
    let outline = |hexes: Vec<Hex>| (!hexes.is_empty()).then(|| mercator::outline(&hexes)).transpose();
    areas.iter().map(hexes).map(outline).collect()
}
