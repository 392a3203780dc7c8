use std::{fs, path::Path};

use tracing::warn;

use super::{
    ClusterError,
    binaries::Binaries,
    files::{self, Home},
    user::ServerUser,
};

/// Makes the server's files under another name and renames them when they are whole, so that a full disk
/// or a power cut never leaves half a cluster under the right name.
pub(super) fn make(home: &Home, binaries: &Binaries, user: &ServerUser, durable: bool) -> Result<(), ClusterError> {
    let unfinished = home.around_postgres().join("postgres.unfinished");
    // From a process that was killed here.
    remove(&unfinished)?;
    let made = run(&unfinished, home, binaries, user, durable);
    if made.is_err() && remove(&unfinished).is_err() {
        warn!("{} was left behind and can be removed", unfinished.display());
    }
    made
}

fn run(
    unfinished: &Path,
    home: &Home,
    binaries: &Binaries,
    user: &ServerUser,
    durable: bool,
) -> Result<(), ClusterError> {
    files::make_private(unfinished, user)?;
    let mut initdb = user.command(&binaries.tool("initdb"));
    initdb.arg("-D").arg(unfinished).args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]);
    if !durable {
        initdb.arg("--no-sync");
    }
    let output = initdb.output().map_err(ClusterError::io("run", binaries.tool("initdb")))?;
    if !output.status.success() {
        let log = files::tail(&[output.stdout, output.stderr].concat());
        return Err(ClusterError::Initdb { dir: home.around_postgres().to_owned(), log });
    }
    // Our settings are written anew at each start (server.rs).
    let conf = unfinished.join("postgresql.conf");
    let mut text = fs::read_to_string(&conf).map_err(ClusterError::io("read", &conf))?;
    text.push_str("\ninclude_if_exists 'whitespot.conf'\n");
    fs::write(&conf, text).map_err(ClusterError::io("write", &conf))?;
    if durable {
        sync(&conf)?;
    }
    fs::rename(unfinished, &home.postgres).map_err(ClusterError::io("rename", unfinished))?;
    if durable {
        sync(home.around_postgres())?;
    }
    Ok(())
}

fn sync(path: &Path) -> Result<(), ClusterError> {
    fs::File::open(path).and_then(|file| file.sync_all()).map_err(ClusterError::io("write to disk", path))
}

fn remove(dir: &Path) -> Result<(), ClusterError> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(ClusterError::io("remove", dir)(error)),
        _ => Ok(()),
    }
}
