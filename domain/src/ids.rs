//! Identifiers. Made on the device: [`ItemId`], [`BatchId`], [`DeviceSecret`]. Made here: the rest.

use std::{fmt, str::FromStr};

use uuid::Uuid;

use crate::{Invalid, text::text_form};

macro_rules! uuid_v4 {
    ($(#[$meta:meta])* $name:ident, $what:literal) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// A fresh random id.
            pub fn random() -> Self {
                Self(Uuid::new_v4())
            }

            /// Only version 4: v1 and v7 carry a time, which would undo coarsened times.
            pub fn from_uuid(id: Uuid) -> Result<Self, Invalid> {
                match (id.get_version_num(), id.get_variant()) {
                    (4, uuid::Variant::RFC4122) => Ok(Self(id)),
                    _ => Err(Invalid::new($what, id, "must be a random UUID (version 4)")),
                }
            }

            /// The UUID.
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = Invalid;

            fn from_str(s: &str) -> Result<Self, Invalid> {
                let id = Uuid::try_parse(s).map_err(|_| Invalid::new($what, s, "must be a UUID"))?;
                Self::from_uuid(id)
            }
        }

        text_form!($name,
            "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
            "8c1d4f0e-6a39-4c55-9d0b-2f3a5b7c9e11"
        );
    };
}

uuid_v4!(
    /// Idempotency key of one recorded item, made on the device.
    ItemId,
    "item id"
);
uuid_v4!(
    /// Idempotency key of one upload.
    BatchId,
    "batch id"
);

/// 128 random bits that only the device keeps. The server sees it in a request, stores an HMAC of it,
/// and deletes what it wrote when it is shown again. Never printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DeviceSecret([u8; 16]);

impl DeviceSecret {
    /// From the bytes of a good random source.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// A fresh secret.
    pub fn random() -> Self {
        // A random UUID is 122 bits of the operating system's generator. Bytes 6 and 8 carry the fixed
        // version and variant bits; the slices below leave them out, so that all 128 bits are random.
        let (a, b) = (Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes());
        let mut bytes = [0; 16];
        bytes[..6].copy_from_slice(&a[..6]);
        bytes[6..12].copy_from_slice(&b[..6]);
        bytes[12..].copy_from_slice(&a[12..]);
        Self(bytes)
    }

    /// For the HMAC only.
    pub const fn expose(&self) -> &[u8; 16] {
        &self.0
    }

    /// The 32 hexadecimal digits that travel on the wire. Not `Display`, so that no log prints it by accident.
    pub fn to_wire(&self) -> String {
        self.0.iter().fold(String::with_capacity(32), |mut out, byte| {
            use fmt::Write as _;
            let _ = write!(out, "{byte:02x}");
            out
        })
    }
}

impl fmt::Debug for DeviceSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceSecret(…)")
    }
}

impl FromStr for DeviceSecret {
    type Err = Invalid;

    fn from_str(s: &str) -> Result<Self, Invalid> {
        let refuse = || Invalid::new("device secret", "not shown", "must be 32 hexadecimal digits");
        // Checked by digit: `from_str_radix` would also take a sign.
        if s.len() != 32 || !s.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(refuse());
        }
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(s.as_bytes().chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| refuse())?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| refuse())?;
        }
        if bytes == [0; 16] {
            return Err(refuse());
        }
        Ok(Self(bytes))
    }
}

/// What the server keeps instead of the secret: HMAC(secret, key of the calendar year), cut to 128 bits.
/// It singles out a device within its year, so that it is no more printed than the secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DevicePseudonym([u8; 16]);

impl fmt::Debug for DevicePseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DevicePseudonym(…)")
    }
}

impl DevicePseudonym {
    /// From the HMAC, or from the database.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// For the database.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

macro_rules! slug {
    ($(#[$meta:meta])* $name:ident, $what:literal, $example:literal) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = Invalid;

            fn from_str(s: &str) -> Result<Self, Invalid> {
                let fits = (1..=64).contains(&s.len())
                    && s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
                    && !s.starts_with('-');
                if fits {
                    Ok(Self(s.to_owned()))
                } else {
                    Err(Invalid::new($what, s, "must be 1 to 64 of a-z, 0-9 and -, not starting with -"))
                }
            }
        }

        text_form!($name, "^[a-z0-9][a-z0-9-]{0,63}$", $example);
    };
}

slug!(
    /// A bounded collection effort, for example a Mobilfunkmesswoche.
    CampaignId,
    "campaign id",
    "messwoche-nrw-2026"
);
slug!(
    /// A region: a set of areas with their hexagons.
    RegionId,
    "region id",
    "nrw"
);
slug!(
    /// An immutable publication: a hash of its evidence, rules and code.
    ReleaseId,
    "release id",
    "5f2c9a7be01d4c3a"
);
