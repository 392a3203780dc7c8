//! Which format an input has: asked for, or recognised.

use std::{
    io::Read,
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::Arc,
};

use domain::Hex;

use super::{
    Format, Head, ImportError, Period, TileKind,
    csv_mapping::{Csv, Mapping},
    drive_test::DriveTest,
    files::each_file,
    funkloch_app::FunklochApp,
    geosubmit::Geosubmit,
    head::HEAD_BYTES,
    librespeed_telemetry::LibrespeedTelemetry,
    ndt7_json::Ndt7Json,
    ookla_tiles::OoklaTiles,
    rtr_opendata::RtrOpendata,
};

/// Files of a folder or archive that are looked at before giving up.
const MAX_LOOKS: usize = 50;

/// What a format may need to be told.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Place of everything in the input, for formats without one.
    pub hex: Option<Hex>,
    /// Which column of a table means what.
    pub mapping: Option<PathBuf>,
    /// When what others publish was measured.
    pub period: Option<Period>,
    /// Which of their layers it is.
    pub kind: Option<TileKind>,
}

/// All formats, in the order of their names in messages.
pub fn formats(options: &Options) -> Result<Vec<Arc<dyn Format>>, ImportError> {
    let hex = options.hex.map(|hex| hex.at_most(Hex::FIXED));
    let mapping = options.mapping.as_deref().map(Mapping::read).transpose()?;
    Ok(vec![
        Arc::new(DriveTest),
        Arc::new(FunklochApp),
        Arc::new(RtrOpendata),
        Arc::new(Geosubmit),
        Arc::new(LibrespeedTelemetry { hex }),
        Arc::new(Ndt7Json { hex }),
        Arc::new(OoklaTiles { period: options.period, kind: options.kind }),
        Arc::new(Csv { mapping }),
    ])
}

/// The format called `asked`, or the one that the input has.
///
/// An input that is recognised as another format than `asked` is refused. One that is not recognised is left
/// to the format asked for, which says what is missing.
pub fn choose(asked: Option<&str>, input: &Path, options: &Options) -> Result<Arc<dyn Format>, ImportError> {
    let formats = formats(options)?;
    let known = || formats.iter().map(|format| format.name()).collect::<Vec<_>>().join(", ");
    // A mapping is for tables that nobody knows.
    let wanted = match asked.or(options.mapping.as_ref().map(|_| "csv")) {
        None => None,
        Some(name) => Some(
            formats
                .iter()
                .find(|format| format.name() == name)
                .ok_or_else(|| ImportError::UnknownFormat { name: name.to_owned(), known: known() })?,
        ),
    };
    // Files that the wanted format does not read may be of any other.
    let look = match wanted {
        Some(wanted) => look(input, &formats, wanted.extensions())?,
        None => look(input, &formats, &all_extensions(&formats))?,
    };
    let chosen = match (wanted, look.found) {
        (Some(wanted), Some((file, found))) if wanted.name() != found.name() && !wanted.takes_anything() => {
            return Err(ImportError::LooksLike { file, asked: wanted.name(), found: found.name() });
        }
        (Some(wanted), _) => Arc::clone(wanted),
        (None, Some((_, found))) => found,
        (None, None) => {
            let (file, seen) = look
                .seen
                .unwrap_or_else(|| (input.display().to_string(), "it holds no file that could be one".to_owned()));
            return Err(ImportError::Unrecognised { file, seen, known: known() });
        }
    };
    chosen.ready()?;
    Ok(chosen)
}

struct Look {
    found: Option<(String, Arc<dyn Format>)>,
    /// File and names of the first that was not recognised.
    seen: Option<(String, String)>,
}

fn all_extensions(formats: &[Arc<dyn Format>]) -> Vec<&'static str> {
    let mut extensions: Vec<&str> = formats.iter().flat_map(|format| format.extensions()).copied().collect();
    extensions.sort_unstable();
    extensions.dedup();
    extensions
}

fn look(input: &Path, formats: &[Arc<dyn Format>], extensions: &[&str]) -> Result<Look, ImportError> {
    let mut look = Look { found: None, seen: None };
    let mut looks = 0;
    let looked = each_file(input, extensions, &mut |file, content| {
        let mut bytes = Vec::new();
        content.take(HEAD_BYTES as u64).read_to_end(&mut bytes).map_err(|error| file.failed(error))?;
        let head = Head::new(&bytes);
        if let Some(format) = formats.iter().find(|format| format.detect(&head)) {
            look.found = Some((file.name.clone(), Arc::clone(format)));
            return Ok(ControlFlow::Break(()));
        }
        if look.seen.is_none() {
            look.seen = Some((file.name.clone(), head.seen()));
        }
        looks += 1;
        Ok(if looks < MAX_LOOKS { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    });
    match looked {
        // Whoever asks for a format is told which files that one needs.
        Err(ImportError::NoFiles { .. }) => Ok(look),
        looked => looked.map(|()| look),
    }
}
