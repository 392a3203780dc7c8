//! What the engine knows besides the items.

use std::collections::BTreeSet;

use domain::DeviceSecret;
use serde::{Deserialize, Serialize};

use crate::{
    Losses, StorageError,
    consent::ConsentState,
    disk::{Disk, Folder},
    item_file::FORMAT,
};

const FILE: &str = "state.json";

#[derive(Serialize, Deserialize)]
pub(crate) struct State {
    format: u32,
    pub consent: ConsentState,
    /// Hexadecimal; the file is readable by its owner only.
    secret: String,
    /// Items that reached the server.
    pub delivered: u64,
    #[serde(default)]
    pub losses: Losses,
    /// Files in `dropped/` that `losses` already counts.
    #[serde(default)]
    pub counted: BTreeSet<String>,
}

impl State {
    pub(crate) fn new() -> Self {
        Self {
            format: FORMAT,
            consent: ConsentState::NotAsked,
            secret: DeviceSecret::random().to_wire(),
            delivered: 0,
            losses: Losses::new(),
            counted: BTreeSet::new(),
        }
    }

    /// `None` where nothing has been stored yet. A damaged file is moved to `quarantine/` and a new one
    /// begun: consent has to be asked again, items wait for it.
    pub(crate) fn load(disk: &Disk) -> Result<Option<Self>, StorageError> {
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let Some(bytes) = disk.read_if_any(Folder::Root, FILE)? else { return Ok(None) };
        if let Ok(Version { format }) = serde_json::from_slice(&bytes)
            && format > FORMAT
        {
            return Err(StorageError::NewerFormat { found: format, known: FORMAT });
        }
        match serde_json::from_slice::<Self>(&bytes) {
            Ok(state) if state.secret.parse::<DeviceSecret>().is_ok() => Ok(Some(state)),
            _ => {
                disk.prepare()?;
                disk.rename((Folder::Root, FILE), (Folder::Quarantine, FILE))?;
                Ok(Some(Self::new()))
            }
        }
    }

    pub(crate) fn save(&self, disk: &Disk) -> Result<(), StorageError> {
        // Serialising own plain structs to memory cannot fail.
        disk.write(Folder::Root, FILE, &serde_json::to_vec(self).unwrap_or_default())
    }

    /// As it travels on the wire.
    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }

    /// A new pseudonym for everything recorded from now on.
    pub(crate) fn rotate_secret(&mut self) {
        self.secret = DeviceSecret::random().to_wire();
    }
}

/// Without the secret.
impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("consent", &self.consent).field("losses", &self.losses).finish_non_exhaustive()
    }
}
