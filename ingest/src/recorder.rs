use std::fmt;

use domain::DeviceSecret;
use sha2::{Digest, Sha256};

/// Whose voice a foreign record is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Recorder {
    /// A device that says its secret.
    Device(DeviceSecret),
    /// Told apart by what the format offers: an instrument, a phone model, a place.
    Named([u8; 16]),
}

impl Recorder {
    /// Named by what tells it apart from other recorders.
    pub fn named(parts: &[&str]) -> Self {
        Self::Named(short_hash(parts))
    }

    /// What its pseudonym is made of.
    ///
    /// Longer than a secret, so that nobody can claim a recorder of a file, whose name can be guessed, by
    /// sending that name as the secret of a device.
    pub(crate) fn message(&self) -> Vec<u8> {
        match self {
            Self::Device(secret) => secret.expose().to_vec(),
            Self::Named(name) => [b"recorder".as_slice(), name].concat(),
        }
    }
}

/// No more printed than the secret that it may hold.
impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recorder(…)")
    }
}

/// 128 bits of SHA-256 over texts, each with its length before it.
pub(crate) fn short_hash(parts: &[&str]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let mut short = [0; 16];
    short.copy_from_slice(&hash.finalize()[..16]);
    short
}

/// Two hexadecimal digits a byte.
pub(crate) fn digits(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut out, byte| {
        use fmt::Write as _;
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_device_can_say_the_name_of_a_recorder() {
        let Recorder::Named(name) = Recorder::named(&["drive-test", "x"]) else { unreachable!() };
        let claimed = Recorder::Device(DeviceSecret::from_bytes(name));
        assert_ne!(claimed.message(), Recorder::Named(name).message());
    }

    #[test]
    fn names_differ_by_where_their_parts_end() {
        assert_ne!(Recorder::named(&["ab", "c"]), Recorder::named(&["a", "bc"]));
    }
}
