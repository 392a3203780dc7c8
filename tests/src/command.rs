use std::{
    ffi::{OsStr, OsString},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Command,
    time::timeout,
};

use crate::{Log, Server, binary, workspace};

/// How long a command may take, a new database included.
const PATIENCE: Duration = Duration::from_mins(3);

/// One installation: a binary and a data folder of its own. Commands and servers of it share the database.
#[derive(Debug)]
pub struct Whitespot {
    folder: TempDir,
    envs: Vec<(OsString, OsString)>,
}

impl Default for Whitespot {
    fn default() -> Self {
        Self::new()
    }
}

impl Whitespot {
    /// With an empty data folder, removed at the end.
    pub fn new() -> Self {
        // Open to others: run as root, the database server drops to a user of its own.
        let open = std::fs::Permissions::from_mode(0o755);
        let folder = tempfile::Builder::new().prefix("whitespot-").permissions(open).tempdir();
        Self { folder: folder.expect("a temporary folder can be made"), envs: Vec::new() }
    }

    /// Sets an environment variable of everything started from now on.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.envs.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// A folder for files of the test, beside the data folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// `--data-dir`
    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A new installation that serves NRW, with more arguments of `serve`.
    pub async fn serving_nrw(args: &[&str]) -> (Self, Server) {
        let installation = Self::new();
        installation.run(&["region", "load", "nrw"]).await.ok();
        let server = installation.start(&[&["serve"], args].concat()).await;
        (installation, server)
    }

    /// Starts `serve` on a free port and waits until it is ready.
    pub async fn serve(&self) -> Server {
        self.start(&["serve"]).await
    }

    /// Starts any command that serves (`serve`, `demo`) on a free port, with more arguments, and waits
    /// until it is ready.
    pub async fn start(&self, args: &[&str]) -> Server {
        let port_file = tempfile::Builder::new().prefix("port-").tempdir_in(self.folder());
        let port_file = port_file.expect("a folder for the port file").keep().join("address");
        let mut command = self.command(args);
        command.args(["--listen", "127.0.0.1:0", "--port-file"]).arg(&port_file);
        Server::start(command, &port_file).await
    }

    /// Runs a command to its end.
    ///
    /// # Panics
    /// If it does not end within three minutes.
    pub async fn run(&self, args: &[&str]) -> Finished {
        let output = timeout(PATIENCE, self.command(args).output()).await;
        let output = output.unwrap_or_else(|_| panic!("`whitespot {}` did not end", args.join(" ")));
        let output = output.unwrap_or_else(|e| panic!("`whitespot {}` did not start: {e}", args.join(" ")));
        Finished {
            status: output.status,
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            log: Log::new(&String::from_utf8_lossy(&output.stderr)),
        }
    }

    /// Runs a command, asks it to stop once it has said `words`, and waits for its end.
    ///
    /// # Panics
    /// If it ends before it says them, or does not stop.
    pub async fn interrupt(&self, args: &[&str], words: &str) -> Finished {
        let mut child =
            self.command(args).spawn().unwrap_or_else(|e| panic!("`{}` did not start: {e}", args.join(" ")));
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let stopped = timeout(PATIENCE, async {
            let mut said = String::new();
            let mut told = false;
            while let Ok(Some(line)) = lines.next_line().await {
                said.push_str(&line);
                said.push('\n');
                if !told && line.contains(words) {
                    told = true;
                    let pid = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
                    assert!(pid.is_some_and(|pid| kill_process(pid, Signal::TERM).is_ok()), "it had ended:\n{said}");
                }
            }
            assert!(told, "it never said `{words}`:\n{said}");
            (said, child.wait().await)
        });
        let Ok((said, status)) = stopped.await else { panic!("`{}` did not stop", args.join(" ")) };
        let status = status.unwrap_or_else(|e| panic!("waiting for `{}`: {e}", args.join(" ")));
        Finished { status, stdout: String::new(), log: Log::new(&said) }
    }

    /// Whether the private database of this installation runs.
    pub fn database_runs(&self) -> bool {
        self.data_dir().join("postgres/postmaster.pid").exists()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command
            .args(args)
            .arg("--data-dir")
            .arg(self.data_dir())
            .envs(self.envs.iter().map(|(name, value)| (name, value)))
            // Region tables are found from here, and the developer's database is nobody's test database.
            .current_dir(workspace())
            .env_remove("DATABASE_URL")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }
}

/// What a command left behind.
#[derive(Clone, Debug)]
pub struct Finished {
    /// 0 only on success.
    pub status: ExitStatus,
    /// Results.
    pub stdout: String,
    /// Progress, warnings and errors.
    pub log: Log,
}

impl Finished {
    /// Success, with a clean log; hands back the results.
    #[track_caller]
    pub fn ok(self) -> String {
        assert!(self.status.success(), "{}\n{}", self.status, self.log);
        self.log.assert_clean();
        self.stdout
    }

    /// The same as JSON.
    #[track_caller]
    pub fn json(self) -> serde_json::Value {
        let text = self.ok();
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("not JSON ({e}):\n{text}"))
    }

    /// Failure with a message that holds `words`; no panic, and no success by mistake.
    #[track_caller]
    pub fn fails_with(&self, words: &str) {
        assert!(!self.status.success(), "succeeded:\n{}", self.stdout);
        assert!(self.status.code().is_some(), "killed: {}", self.status);
        assert!(self.log.contains(words) && !self.log.contains("panicked at"), "should say `{words}`:\n{}", self.log);
    }
}
