//! The processes of an installation's private database, from outside.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rustix::process::{Pid, Signal, kill_process};

use crate::Whitespot;

/// The private database of an installation.
#[derive(Clone, Debug)]
pub struct Postgres {
    files: PathBuf,
}

impl Postgres {
    /// That of `installation`; it need not run yet.
    pub fn of(installation: &Whitespot) -> Self {
        Self { files: installation.data_dir().join("postgres") }
    }

    /// Process id of the postmaster, from its own file.
    pub fn postmaster(&self) -> Option<i32> {
        fs::read_to_string(self.files.join("postmaster.pid")).ok()?.lines().next()?.trim().parse().ok()
    }

    /// Kills the postmaster as the kernel does when memory runs out. Its children notice and end.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// Halts every process of it: connections stay open, and nothing is answered.
    ///
    /// # Panics
    /// If there is none.
    #[track_caller]
    pub fn halt(&self) {
        // The postmaster first, so that no child is born meanwhile.
        self.signal(Signal::STOP);
        self.tell_children(Signal::STOP);
    }

    /// Lets all of it go on.
    pub fn resume(&self) {
        self.tell_children(Signal::CONT);
        self.signal(Signal::CONT);
    }

    /// Adds lines to the settings of the running server. They are gone at its next start.
    pub fn set(&self, lines: &str) {
        let file = self.files.join("whitespot.conf");
        let before = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        fs::write(&file, format!("{before}{lines}\n")).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        self.signal(Signal::HUP);
    }

    #[track_caller]
    fn signal(&self, signal: Signal) {
        let pid = self.postmaster().and_then(Pid::from_raw);
        assert!(pid.is_some_and(|pid| kill_process(pid, signal).is_ok()), "no postmaster to tell");
    }

    fn tell_children(&self, signal: Signal) {
        let Some(parent) = self.postmaster() else { return };
        for child in children(parent) {
            // One may have ended since it was listed.
            let _ = Pid::from_raw(child).map(|pid| kill_process(pid, signal));
        }
    }
}

fn children(parent: i32) -> Vec<i32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pid = |path: &Path| path.file_name()?.to_str()?.parse().ok();
    processes.filter_map(|entry| pid(&entry.path())).filter(|pid| parent_of(*pid) == Some(parent)).collect()
}

/// `pid (name) state parent ...`
fn parent_of(pid: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split_whitespace().nth(1)?.parse().ok()
}
