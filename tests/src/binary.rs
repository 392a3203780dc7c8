use std::path::{Path, PathBuf};

/// The folder of the workspace.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace")
}

/// The binary under test: `WHITESPOT_BIN`, or the one that this build's profile made.
///
/// # Panics
/// If there is none; the message says how to build it.
pub fn binary() -> PathBuf {
    let path = std::env::var_os("WHITESPOT_BIN").map_or_else(beside_this_test, PathBuf::from);
    // A test of an old binary proves nothing, but only the caller knows which is old.
    assert!(
        path.is_file(),
        "no binary at {}: run `cargo build -p whitespot` first, or set WHITESPOT_BIN",
        path.display()
    );
    path
}

/// Tests run in `target/PROFILE/deps`.
fn beside_this_test() -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a path");
    let profile = test.parent().and_then(Path::parent).unwrap_or(Path::new("target/debug"));
    profile.join(format!("whitespot{}", std::env::consts::EXE_SUFFIX))
}
