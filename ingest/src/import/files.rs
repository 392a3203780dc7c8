//! The files of an input: one file, a folder, or a gzipped tar archive.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

use flate2::read::GzDecoder;

use super::ImportError;

/// Takes the name of a file inside the input, and its content.
type Each<'a> = &'a mut dyn FnMut(&str, &[u8]) -> Result<(), ImportError>;

/// Calls `each` with the name inside the input and the content of every file that ends in `.extension`, in a
/// fixed order. An archive is read to its end, so that a cut or altered one is found even after its last file.
pub fn each_file(input: &Path, extension: &str, each: Each<'_>) -> Result<(), ImportError> {
    let open = |source| ImportError::Open { path: input.to_owned(), source };
    let mut count = 0_u64;
    if input.is_dir() {
        let mut paths = Vec::new();
        walk(input, &mut paths).map_err(open)?;
        paths.retain(|path| path.extension().is_some_and(|e| e == extension));
        paths.sort();
        for path in paths {
            let name = path.strip_prefix(input).unwrap_or(&path).to_string_lossy().into_owned();
            each(&name, &std::fs::read(&path).map_err(open)?)?;
            count += 1;
        }
    } else if is_tar_gz(input) {
        count = each_in_archive(input, extension, each)?;
    } else {
        let name = input.file_name().unwrap_or_default().to_string_lossy().into_owned();
        each(&name, &std::fs::read(input).map_err(open)?)?;
        count = 1;
    }
    if count == 0 { Err(ImportError::NoFiles { path: input.to_owned() }) } else { Ok(()) }
}

fn is_tar_gz(path: &Path) -> bool {
    let name = path.to_string_lossy().to_lowercase();
    [".tar.gz", ".tgz"].iter().any(|ending| name.ends_with(ending))
}

fn each_in_archive(input: &Path, extension: &str, each: Each<'_>) -> Result<u64, ImportError> {
    let damaged = |source| ImportError::DamagedArchive { path: input.to_owned(), source };
    let file = File::open(input).map_err(|source| ImportError::Open { path: input.to_owned(), source })?;
    let mut archive = tar::Archive::new(GzDecoder::new(BufReader::new(file)));
    let mut count = 0;
    let mut content = Vec::new();
    for entry in archive.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        let path = entry.path().map_err(damaged)?.into_owned();
        let wanted = entry.header().entry_type().is_file() && path.extension().is_some_and(|e| e == extension);
        if wanted {
            content.clear();
            entry.read_to_end(&mut content).map_err(damaged)?;
            each(&path.to_string_lossy(), &content)?;
            count += 1;
        }
    }
    // Past the last entry lie padding and the checksum of the whole stream.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(damaged)?;
    Ok(count)
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), paths)?;
        } else {
            paths.push(entry.path());
        }
    }
    Ok(())
}
