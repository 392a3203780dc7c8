//! The folder of the queue: whole files appear and disappear, halves never do.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use uuid::Uuid;

use crate::StorageError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Folder {
    /// Files being written; emptied at start.
    Tmp,
    /// Items that wait.
    Pending,
    /// Items on their way out of the books; see `Queue::lose`.
    Dropped,
    /// Refused items, for a look.
    Quarantine,
    /// The folder itself.
    Root,
}

impl Folder {
    const fn name(self) -> &'static str {
        match self {
            Self::Tmp => "tmp",
            Self::Pending => "pending",
            Self::Dropped => "dropped",
            Self::Quarantine => "quarantine",
            Self::Root => ".",
        }
    }
}

#[derive(Debug)]
pub(crate) struct Disk {
    dir: PathBuf,
    durable: bool,
    /// Primitive operations until the machine "loses power": from then on every one fails.
    #[cfg(test)]
    pub(crate) power: std::cell::Cell<Option<u32>>,
}

impl Disk {
    pub(crate) fn new(dir: &Path, durable: bool) -> Self {
        Self {
            dir: dir.to_owned(),
            durable,
            #[cfg(test)]
            power: std::cell::Cell::new(None),
        }
    }

    pub(crate) fn path(&self, folder: Folder, name: &str) -> PathBuf {
        self.dir.join(folder.name()).join(name)
    }

    /// Makes the sub-folders. Nothing is created before consent.
    pub(crate) fn prepare(&self) -> Result<(), StorageError> {
        [Folder::Tmp, Folder::Pending, Folder::Dropped, Folder::Quarantine]
            .into_iter()
            .try_for_each(|folder| fs::create_dir_all(self.dir.join(folder.name())))
            .map_err(|source| self.error("create folders", source))
    }

    /// Writes a whole file: `tmp`, flushed to the disk, renamed, and the folder flushed as well.
    pub(crate) fn write(&self, folder: Folder, name: &str, bytes: &[u8]) -> Result<(), StorageError> {
        let tmp = self.path(Folder::Tmp, &Uuid::new_v4().simple().to_string());
        let written = self.write_tmp(&tmp, bytes).and_then(|()| {
            self.step()?;
            fs::rename(&tmp, self.path(folder, name))
        });
        if let Err(source) = written {
            // Whatever is left of it is removed at the next start.
            let _ = self.step().and_then(|()| fs::remove_file(&tmp));
            return Err(self.error("write", source));
        }
        self.sync_folder(folder)
    }

    fn write_tmp(&self, tmp: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        self.step()?;
        let mut file = options.open(tmp)?;
        let half = bytes.len() / 2;
        file.write_all(&bytes[..half])?;
        self.step()?;
        file.write_all(&bytes[half..])?;
        if self.durable { file.sync_all() } else { Ok(()) }
    }

    pub(crate) fn read(&self, folder: Folder, name: &str) -> Result<Vec<u8>, StorageError> {
        fs::read(self.path(folder, name)).map_err(|source| self.error("read", source))
    }

    /// The file, or `None` if it is not there.
    pub(crate) fn read_if_any(&self, folder: Folder, name: &str) -> Result<Option<Vec<u8>>, StorageError> {
        match fs::read(self.path(folder, name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(self.error("read", source)),
        }
    }

    pub(crate) fn rename(&self, from: (Folder, &str), to: (Folder, &str)) -> Result<(), StorageError> {
        self.step()
            .and_then(|()| fs::rename(self.path(from.0, from.1), self.path(to.0, to.1)))
            .map_err(|source| self.error("move a file", source))?;
        self.sync_folder(to.0)
    }

    /// Removing what is not there is no error.
    pub(crate) fn remove(&self, folder: Folder, name: &str) -> Result<(), StorageError> {
        match self.step().and_then(|()| fs::remove_file(self.path(folder, name))) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(self.error("remove a file", source)),
            _ => Ok(()),
        }
    }

    /// File names in order; empty if the folder does not exist yet.
    pub(crate) fn list(&self, folder: Folder) -> Result<Vec<String>, StorageError> {
        let entries = match fs::read_dir(self.dir.join(folder.name())) {
            Ok(entries) => entries,
            Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(self.error("list files", source)),
        };
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| !name.starts_with('.'))
            .collect();
        names.sort_unstable();
        Ok(names)
    }

    fn sync_folder(&self, folder: Folder) -> Result<(), StorageError> {
        if !self.durable {
            return Ok(());
        }
        // Not every system lets a folder be opened; where it does, a rename survives a power cut.
        #[cfg(unix)]
        File::open(self.dir.join(folder.name()))
            .and_then(|folder| folder.sync_all())
            .map_err(|source| self.error("flush a folder", source))?;
        Ok(())
    }

    fn error(&self, action: &'static str, source: io::Error) -> StorageError {
        StorageError::Io { action, dir: self.dir.clone(), source }
    }

    #[cfg(not(test))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "tests cut the power here")]
    fn step(&self) -> io::Result<()> {
        Ok(())
    }

    #[cfg(test)]
    fn step(&self) -> io::Result<()> {
        match self.power.get() {
            None => Ok(()),
            Some(0) => Err(io::Error::other("the power is gone")),
            Some(left) => {
                self.power.set(Some(left - 1));
                Ok(())
            }
        }
    }
}
