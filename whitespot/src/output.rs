//! To the terminal or to a file.

use std::{
    error::Error,
    io::{self, Write as _},
    path::Path,
};

use crate::Failure;

/// An error with what lies behind it, each said once.
pub fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text
}

/// Prints; a reader that went away (`| head`) is no error.
pub fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

/// To `file`, all of it or nothing, or to the terminal.
pub fn write(text: &str, file: Option<&Path>) -> Result<(), Failure> {
    let Some(file) = file else { return Ok(print(text.trim_end_matches('\n'))?) };
    let explain = |error: io::Error| format!("cannot write {}: {error}. Choose another place", file.display());
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut temporary = tempfile::NamedTempFile::new_in(folder).map_err(explain)?;
    temporary.write_all(text.as_bytes()).map_err(explain)?;
    temporary.persist(file).map_err(|error| explain(error.error))?;
    Ok(())
}
