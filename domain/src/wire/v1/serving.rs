use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Technology;

/// A technology as it comes: one that is younger than this version costs its point, not its track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serving {
    /// One that is judged here.
    Known(Technology),
    /// Another word.
    Unknown,
}

impl From<Technology> for Serving {
    fn from(technology: Technology) -> Self {
        Self::Known(technology)
    }
}

impl Serialize for Serving {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(technology) => technology.serialize(serializer),
            Self::Unknown => serializer.serialize_str("unknown"),
        }
    }
}

impl<'de> Deserialize<'de> for Serving {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Word;
        impl de::Visitor<'_> for Word {
            type Value = Serving;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a technology")
            }

            fn visit_str<E: de::Error>(self, word: &str) -> Result<Serving, E> {
                Ok(word.parse().map_or(Serving::Unknown, Serving::Known))
            }
        }
        deserializer.deserialize_str(Word)
    }
}
