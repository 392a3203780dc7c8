use std::sync::{Mutex, PoisonError};

type Place<V> = Option<(u64, V)>;

/// What was last seen of each key, as far as a table of fixed size remembers: a newer key takes the place of
/// an older one.
#[derive(Debug)]
pub(super) struct Recent<V> {
    places: Mutex<Box<[Place<V>]>>,
}

impl<V: Copy> Recent<V> {
    pub fn new(places: usize) -> Self {
        Self { places: Mutex::new(vec![None; places].into_boxed_slice()) }
    }

    pub fn get(&self, key: u64) -> Option<V> {
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places[key as usize % places.len()].filter(|(known, _)| *known == key).map(|(_, value)| value)
    }

    pub fn put(&self, key: u64, value: V) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let at = key as usize % places.len();
        places[at] = Some((key, value));
    }
}
