//! The folder of a region: written whole or not at all, and checked when read.

use std::{fs, fs::File, io::Write as _, path::Path};

use super::{
    RegionTables,
    cover_file::{self, CoverError},
    licences,
    provenance::{FORMAT, Provenance, Role, TableNote, sha256},
    rows,
};
use crate::ReadError;

const PROVENANCE: &str = "provenance.toml";
const AREAS: &str = "areas.csv";
const SUPPLY: &str = "supply.csv";
const SITES: &str = "sites.csv";
const COVER: &str = "cover.bin.zst";

/// A file of the folder before it is written.
#[derive(Debug)]
struct Content {
    file: &'static str,
    bytes: Vec<u8>,
    rows: u64,
    sources: &'static [Role],
}

impl RegionTables {
    /// Writes the folder `dir`, replacing one that is there. All files are written beside it first and take its place
    /// together: after an error the old folder is as it was.
    ///
    /// Returns the size of each file in bytes.
    pub fn write(&self, dir: &Path) -> Result<Vec<(String, u64)>, ReadError> {
        let contents = self.contents(dir)?;
        let provenance = self.noted(&contents);
        let text = toml::to_string_pretty(&provenance)
            .map_err(|error| ReadError::writing(dir.join(PROVENANCE))(std::io::Error::other(error)))?;
        let licences = licences::note(&provenance);
        let mut files: Vec<(&str, &[u8])> = contents.iter().map(|c| (c.file, c.bytes.as_slice())).collect();
        files.extend([(PROVENANCE, text.as_bytes()), (licences::FILE, licences.as_bytes())]);

        let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(ReadError::writing(parent))?;
        // Removed again on every way out, unless it became the folder.
        let fresh = tempfile::Builder::new()
            .prefix(".region-")
            .permissions(folder_permissions())
            .tempdir_in(parent)
            .map_err(ReadError::writing(parent))?;
        for (name, bytes) in &files {
            let path = fresh.path().join(name);
            let mut file = File::create(&path).map_err(ReadError::writing(&path))?;
            file.write_all(bytes).and_then(|()| file.sync_all()).map_err(ReadError::writing(&path))?;
        }
        replace(fresh, dir)?;
        Ok(files.into_iter().map(|(name, bytes)| (name.to_owned(), bytes.len() as u64)).collect())
    }

    fn contents(&self, dir: &Path) -> Result<Vec<Content>, ReadError> {
        let csv = |file: &'static str, bytes: csv::Result<Vec<u8>>, sources| {
            let bytes = bytes.map_err(|error| ReadError::writing(dir.join(file))(error.into()))?;
            let rows = csv::Reader::from_reader(bytes.as_slice()).into_byte_records().count() as u64;
            Ok(Content { file, bytes, rows, sources })
        };
        let mut contents =
            vec![csv(AREAS, rows::write_areas(&self.areas), &[Role::Boundaries, Role::Districts, Role::Population])?];
        if self.areas().any(|area| !area.supply.is_empty()) {
            contents.push(csv(SUPPLY, rows::write_supply(&self.areas), &[Role::Supply])?);
        }
        if self.areas().any(|area| !area.sites.is_empty()) {
            contents.push(csv(SITES, rows::write_sites(&self.areas), &[Role::Sites])?);
        }
        let bytes = cover_file::encode(&self.hexes).map_err(ReadError::writing(dir.join(COVER)))?;
        contents.push(Content { file: COVER, bytes, rows: self.hexes.len() as u64, sources: &[Role::Boundaries] });
        Ok(contents)
    }

    fn noted(&self, contents: &[Content]) -> Provenance {
        let present = |role: &Role| self.provenance.sources.iter().any(|source| source.role == *role);
        let tables = contents.iter().map(|content| TableNote {
            file: content.file.to_owned(),
            rows: content.rows,
            bytes: content.bytes.len() as u64,
            sha256: sha256(&content.bytes),
            sources: content.sources.iter().copied().filter(present).collect(),
            credits: self.provenance.credits_of(content.sources),
        });
        Provenance { tables: tables.collect(), ..self.provenance.clone() }
    }

    /// Reads a folder that [`Self::write`] made. Every table is checked against its checksum first.
    pub fn read(dir: &Path) -> Result<Self, ReadError> {
        let path = dir.join(PROVENANCE);
        let text = fs::read_to_string(&path).map_err(ReadError::reading(&path))?;
        let provenance = parse_provenance(&path, &text)?;
        let table = |name: &str| table_of(dir, &provenance, name);
        let missing = |name: &str| content(&path, "tables", format!("{name} is not listed"));

        let areas_bytes = table(AREAS)?.ok_or_else(|| missing(AREAS))?;
        let mut areas = rows::read_areas(&areas_bytes).map_err(at(dir, AREAS))?;
        let cover_bytes = table(COVER)?.ok_or_else(|| missing(COVER))?;
        let hexes = cover_file::decode(&cover_bytes).map_err(|error| match error {
            CoverError::Version(found) => {
                ReadError::Version { file: dir.join(COVER), found: found.into(), known: cover_file::VERSION.into() }
            }
            CoverError::Damaged(what) => content(&dir.join(COVER), "as a cover", what.into()),
        })?;
        if let Some(key) = hexes.keys().find(|key| !areas.contains_key(key)) {
            return Err(content(&dir.join(COVER), "as a cover", format!("{key} is not in {AREAS}")));
        }
        if let Some(bytes) = table(SUPPLY)? {
            rows::read_supply(&bytes, &mut areas).map_err(at(dir, SUPPLY))?;
        }
        let mut tables = Self { areas, hexes, provenance };
        if let Some(bytes) = table_of(dir, &tables.provenance, SITES)? {
            let cover = tables.cover();
            rows::read_sites(&bytes, &mut tables.areas, &cover).map_err(at(dir, SITES))?;
        }
        Ok(tables)
    }
}

/// A listed table with the checksum it should have; `None` if it is not listed.
fn table_of(dir: &Path, provenance: &Provenance, name: &str) -> Result<Option<Vec<u8>>, ReadError> {
    let Some(note) = provenance.tables.iter().find(|note| note.file == name) else { return Ok(None) };
    let path = dir.join(name);
    let bytes = fs::read(&path).map_err(ReadError::reading(&path))?;
    let what = if bytes.len() as u64 == note.bytes {
        if sha256(&bytes) == note.sha256 {
            return Ok(Some(bytes));
        }
        "its checksum differs from provenance.toml".to_owned()
    } else {
        format!("{} bytes instead of {}", bytes.len(), note.bytes)
    };
    Err(ReadError::Checksum { file: path, what, command: provenance.command.clone() })
}

fn parse_provenance(path: &Path, text: &str) -> Result<Provenance, ReadError> {
    #[derive(serde::Deserialize)]
    struct Head {
        format: u32,
    }
    let broken = |error: toml::de::Error| content(path, "as TOML", error.message().to_owned());
    // The number first: the rest of a newer format may not parse.
    let head: Head = toml::from_str(text).map_err(broken)?;
    if head.format != FORMAT {
        return Err(ReadError::Version { file: path.to_owned(), found: head.format, known: FORMAT });
    }
    toml::from_str(text).map_err(broken)
}

/// Puts a finished folder in the place of `dir`.
fn replace(fresh: tempfile::TempDir, dir: &Path) -> Result<(), ReadError> {
    let rename = |from: &Path, to: &Path| fs::rename(from, to).map_err(ReadError::writing(to));
    if dir.exists() {
        // A folder cannot be renamed onto one that is not empty, so the old one steps aside first.
        let parent = fresh.path().parent().unwrap_or(Path::new("."));
        let old = tempfile::TempDir::with_prefix_in(".region-", parent).map_err(ReadError::writing(parent))?;
        let old_path = old.path().join("old");
        rename(dir, &old_path)?;
        if let Err(error) = rename(fresh.path(), dir) {
            rename(&old_path, dir)?;
            return Err(error);
        }
    } else {
        rename(fresh.path(), dir)?;
    }
    // It is the region's folder now, not a temporary one.
    let _ = fresh.keep();
    Ok(())
}

fn content(file: &Path, place: &str, what: String) -> ReadError {
    ReadError::Content { file: file.to_owned(), place: place.to_owned(), what }
}

fn at(dir: &Path, name: &'static str) -> impl FnOnce(rows::RowError) -> ReadError {
    let file = dir.join(name);
    move |(line, what)| ReadError::Content { file, place: format!("line {line}"), what }
}

/// Readable for everybody, as the files of a checkout are.
fn folder_permissions() -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    fs::Permissions::from_mode(0o755)
}
