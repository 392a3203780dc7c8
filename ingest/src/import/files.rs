//! The files of an input: one file, a folder, or a gzipped tar archive; each may be gzipped itself.

use std::{
    cell::Cell,
    fs::File,
    io::{self, BufReader, Read},
    ops::ControlFlow,
    path::{Path, PathBuf},
    rc::Rc,
};

use flate2::read::MultiGzDecoder;

use super::ImportError;

/// Text of measurements packs 10 to 40 times, repetitive text 100 times; a bomb 1,000 times.
const MAX_RATIO: u64 = 250;
/// Below this nobody is hurt, and small files of one repeated row may pack well.
const FREE_BYTES: u64 = 64 * 1024 * 1024;

/// A file inside the input.
#[derive(Clone, Debug, Default)]
pub struct FileRef {
    /// Its name inside the input.
    pub name: String,
    /// Where it lies, unless in an archive.
    pub path: Option<PathBuf>,
    /// The packed input or file that it comes from.
    packed: Option<PathBuf>,
}

impl FileRef {
    /// Content that lies nowhere.
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// What an error of reading it means.
    pub fn failed(&self, source: io::Error) -> ImportError {
        match &self.packed {
            Some(path) => damaged(path, source),
            None => ImportError::Read { file: self.name.clone(), source },
        }
    }
}

fn damaged(path: &Path, source: io::Error) -> ImportError {
    let path = path.to_owned();
    if source.kind() == io::ErrorKind::FileTooLarge {
        ImportError::Bomb { path, ratio: MAX_RATIO }
    } else {
        ImportError::DamagedArchive { path, source }
    }
}

/// Takes a file inside the input and its unpacked content; says whether to go on.
type Each<'a> = &'a mut dyn FnMut(&FileRef, &mut dyn Read) -> Result<ControlFlow<()>, ImportError>;

/// Calls `each` for every file that ends in one of `extensions` (perhaps with `.gz` behind it), in a fixed
/// order; a single file may end in anything. An archive is read to its end, so that a cut or altered one is
/// found even after its last file.
pub fn each_file(input: &Path, extensions: &[&str], each: Each<'_>) -> Result<(), ImportError> {
    let open = |source| ImportError::Open { path: input.to_owned(), source };
    let mut count = 0_u64;
    if input.is_dir() {
        let mut paths = Vec::new();
        walk(input, &mut paths).map_err(open)?;
        paths.retain(|path| ends_in(path, extensions));
        paths.sort();
        for path in paths {
            let name = path.strip_prefix(input).unwrap_or(&path).to_string_lossy().into_owned();
            count += 1;
            if single(&path, name, each)?.is_break() {
                break;
            }
        }
    } else if is_tar_gz(input) {
        count = each_in_archive(input, extensions, each)?;
    } else {
        let name = input.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let _ = single(input, name, each)?;
        count = 1;
    }
    if count == 0 {
        let extensions = extensions.iter().map(|e| format!(".{e}")).collect::<Vec<_>>().join(", ");
        return Err(ImportError::NoFiles { path: input.to_owned(), extensions });
    }
    Ok(())
}

fn single(path: &Path, name: String, each: Each<'_>) -> Result<ControlFlow<()>, ImportError> {
    let open = |source| ImportError::Open { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(open)?;
    let mut magic = Vec::with_capacity(4);
    (&mut file).take(4).read_to_end(&mut magic).map_err(open)?;
    let head = io::Cursor::new(magic.clone());
    let path = path.to_owned();
    match magic.as_slice() {
        [0x1f, 0x8b, ..] => {
            let mut content = Unpacking::new(head.chain(file));
            let file = FileRef { name, packed: Some(path.clone()), path: Some(path.clone()) };
            let went_on = each(&file, &mut content)?;
            if went_on.is_continue() {
                // A reader may stop at the end of its document: the checksum lies behind it.
                io::copy(&mut content, &mut io::sink()).map_err(|source| damaged(&path, source))?;
            }
            Ok(went_on)
        }
        b"PK\x03\x04" => Err(ImportError::Zip { path }),
        _ => each(&FileRef { name, packed: None, path: Some(path) }, &mut head.chain(file)),
    }
}

fn each_in_archive(input: &Path, extensions: &[&str], each: Each<'_>) -> Result<u64, ImportError> {
    let damaged = |source| damaged(input, source);
    let file = File::open(input).map_err(|source| ImportError::Open { path: input.to_owned(), source })?;
    let mut archive = tar::Archive::new(Unpacking::new(file));
    let mut count = 0;
    for entry in archive.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        let path = entry.path().map_err(damaged)?.into_owned();
        if !entry.header().entry_type().is_file() || !ends_in(&path, extensions) {
            continue;
        }
        count += 1;
        let name = path.to_string_lossy().into_owned();
        let file = FileRef { name, path: None, packed: Some(input.to_owned()) };
        let went_on = if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("gz")) {
            let mut content = Unpacking::new(&mut entry);
            let went_on = each(&file, &mut content)?;
            if went_on.is_continue() {
                io::copy(&mut content, &mut io::sink()).map_err(damaged)?;
            }
            went_on
        } else {
            each(&file, &mut entry)?
        };
        if went_on.is_break() {
            return Ok(count);
        }
    }
    // Past the last entry lie padding and the checksum of the whole stream.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(damaged)?;
    Ok(count)
}

fn is_tar_gz(path: &Path) -> bool {
    let name = path.to_string_lossy().to_lowercase();
    [".tar.gz", ".tgz"].iter().any(|ending| name.ends_with(ending))
}

fn ends_in(path: &Path, extensions: &[&str]) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    // Side files of archives made on a Mac are no tables.
    if name.starts_with("._") {
        return false;
    }
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    extensions.iter().any(|extension| name.strip_suffix(extension).is_some_and(|stem| stem.ends_with('.')))
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

/// Unpacks gzip, and gives up where little becomes very much.
struct Unpacking<R> {
    decoder: MultiGzDecoder<BufReader<Counted<R>>>,
    packed: Rc<Cell<u64>>,
    unpacked: u64,
}

impl<R: Read> Unpacking<R> {
    fn new(inner: R) -> Self {
        let packed = Rc::new(Cell::new(0));
        let counted = Counted { inner, bytes: Rc::clone(&packed) };
        let decoder = MultiGzDecoder::new(BufReader::with_capacity(1 << 16, counted));
        Self { decoder, packed, unpacked: 0 }
    }
}

impl<R: Read> Read for Unpacking<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.decoder.read(buffer)?;
        self.unpacked += n as u64;
        if self.unpacked > FREE_BYTES && self.unpacked / MAX_RATIO > self.packed.get() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(n)
    }
}

struct Counted<R> {
    inner: R,
    bytes: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.bytes.set(self.bytes.get() + n as u64);
        Ok(n)
    }
}
