//! `provenance.toml`: where a region comes from, under which licences, and how to make it again.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use domain::{AreaKey, RegionId};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{BuildError, BuildSpec, Credit, Source};

/// Format of the folder this program writes and reads.
pub const FORMAT: u32 = 1;

/// Sources, licences and checksums. No paths of the machine that built it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// Format of the folder.
    pub format: u32,
    /// Id of the region.
    pub id: RegionId,
    /// Title shown to people.
    pub title: String,
    /// Keys of its states.
    pub states: Vec<AreaKey>,
    /// The command that rebuilds it.
    pub command: String,
    /// What it was made from.
    #[serde(rename = "source", default)]
    pub sources: Vec<SourceNote>,
    /// What it was made into; filled when the folder is written.
    #[serde(rename = "table", default)]
    pub tables: Vec<TableNote>,
}

/// What a source is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Municipality boundaries.
    Boundaries,
    /// District names.
    Districts,
    /// Inhabitants.
    Population,
    /// Percent of households with a bit rate on offer.
    Supply,
    /// Places of public interest.
    Sites,
}

/// One source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceNote {
    /// What it is for.
    pub role: Role,
    /// What it is.
    pub title: String,
    /// Day or year it describes.
    pub reference_date: String,
    /// Licences and credit lines.
    pub credits: Vec<Credit>,
    /// The files, all parts of a Shapefile.
    pub files: Vec<FileNote>,
}

/// One input file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileNote {
    /// Name without folder.
    pub name: String,
    /// Size.
    pub bytes: u64,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
}

/// One table of the folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableNote {
    /// Name in the folder.
    pub file: String,
    /// Rows, or municipalities of the cover.
    pub rows: u64,
    /// Size.
    pub bytes: u64,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
    /// What it was derived from.
    pub sources: Vec<Role>,
    /// The licences it stands under, with credit lines.
    pub credits: Vec<Credit>,
}

impl Provenance {
    pub(crate) fn new(spec: &BuildSpec) -> Self {
        Self {
            format: FORMAT,
            id: spec.id.clone(),
            title: spec.title.clone(),
            states: spec.states.clone(),
            command: spec.command.clone(),
            sources: Vec::new(),
            tables: Vec::new(),
        }
    }

    /// Notes a source with the checksums of its files.
    pub(crate) fn add(&mut self, role: Role, source: &Source, files: &[PathBuf]) -> Result<(), BuildError> {
        let files = files.iter().map(|file| file_note(file)).collect::<Result<_, _>>()?;
        self.sources.push(SourceNote {
            role,
            title: source.title.clone(),
            reference_date: source.reference_date.clone(),
            credits: source.credits.clone(),
            files,
        });
        Ok(())
    }

    /// Licences of the sources that play one of `roles`, each once, in order.
    pub(super) fn credits_of(&self, roles: &[Role]) -> Vec<Credit> {
        let mut credits = Vec::new();
        for credit in self.sources.iter().filter(|source| roles.contains(&source.role)).flat_map(|s| &s.credits) {
            if !credits.contains(credit) {
                credits.push(credit.clone());
            }
        }
        credits
    }

    /// All credit lines, each once.
    pub fn credits(&self) -> Vec<String> {
        let roles = [Role::Boundaries, Role::Districts, Role::Population, Role::Supply, Role::Sites];
        let mut lines: Vec<String> = self.credits_of(&roles).into_iter().map(|credit| credit.credit).collect();
        let mut seen = std::collections::BTreeSet::new();
        lines.retain(|line| seen.insert(line.clone()));
        lines
    }
}

fn file_note(file: &Path) -> Result<FileNote, BuildError> {
    let content = std::fs::read(file).map_err(BuildError::io(file))?;
    Ok(FileNote {
        name: file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        bytes: content.len() as u64,
        sha256: sha256(&content),
    })
}

/// SHA-256 in hexadecimal.
pub(super) fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().fold(String::with_capacity(64), |mut out, byte| {
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}
