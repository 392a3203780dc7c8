use std::{
    fs,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use tracing::warn;

use super::{ClusterError, binaries::Binaries, files::Home, user::ServerUser};

/// For a district's machine: small, and enough for one server and its tools.
const SETTINGS: &str = "\
listen_addresses = ''
unix_socket_permissions = 0700
port = 5432
max_connections = 60
max_locks_per_transaction = 256
shared_buffers = 64MB
work_mem = 8MB
maintenance_work_mem = 64MB
max_wal_size = 512MB
min_wal_size = 64MB
wal_compression = on
max_parallel_workers_per_gather = 0
jit = off
logging_collector = off
log_line_prefix = '%m [%p] '
lc_messages = 'C'
timezone = 'UTC'
log_timezone = 'UTC'
";
/// Tests only.
const NOT_DURABLE: &str = "\
fsync = off
full_page_writes = off
synchronous_commit = off
";
/// A server may have much log to read again after a power cut.
const START_SECONDS: &str = "300";
const STOP_SECONDS: &str = "60";
/// How often a start is tried while processes of a killed server are still on their way out.
const START_ATTEMPTS: u32 = 8;
/// A process id that no system gives out.
const NOBODY: i32 = i32::MAX;

/// The server of one cluster.
#[derive(Clone, Debug)]
pub(super) struct Server {
    data: PathBuf,
    socket_dir: PathBuf,
    binaries: Binaries,
    user: ServerUser,
    durable: bool,
}

impl Server {
    pub fn new(home: &Home, binaries: Binaries, user: ServerUser, durable: bool) -> Result<Self, ClusterError> {
        let socket_dir = home.socket_dir(&user)?;
        Ok(Self { data: home.postgres.clone(), socket_dir, binaries, user, durable })
    }

    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// Whether a server runs; waits while it is still recovering. A killed server leaves its socket behind,
    /// but nobody listens there.
    pub fn is_running(&self) -> bool {
        self.listens() && self.wait_until_ready()
    }

    fn listens(&self) -> bool {
        UnixStream::connect(self.socket_dir.join(".s.PGSQL.5432")).is_ok()
    }

    /// Process id from the server's own file, if that process is there.
    pub fn pid(&self) -> Option<i32> {
        let text = fs::read_to_string(self.data.join("postmaster.pid")).ok()?;
        let pid: i32 = text.lines().next()?.trim().parse().ok()?;
        rustix::process::test_kill_process(rustix::process::Pid::from_raw(pid)?).ok().map(|()| pid)
    }

    /// Whether its postmaster is there, busy or not: cheap enough to ask every moment.
    pub fn is_alive(&self) -> bool {
        self.pid().is_some_and(|pid| !is_another_or_dead(pid, &self.data))
    }

    /// Starts it and waits until it takes connections; replays its log first if it was killed.
    pub fn start(&self, home: &Home) -> Result<(), ClusterError> {
        self.write_settings()?;
        self.forget_dead_server()?;
        for attempt in 1..=START_ATTEMPTS {
            // What it says this time, not what it said years ago.
            self.begin_log(home)?;
            let mut command = self.pg_ctl();
            command.args(["start", "-w", "-s", "-t", START_SECONDS, "-l"]).arg(home.log());
            if self.run(command)? {
                return Ok(());
            }
            // Whoever started it a moment ago was killed before it listened.
            if self.is_running() {
                return Ok(());
            }
            // The children of a killed server hold its shared memory until they notice.
            let log = home.log_tail();
            if attempt == START_ATTEMPTS || !log.contains("is still in use") {
                return Err(ClusterError::Start { dir: self.data.clone(), log });
            }
            pause(Duration::from_millis(50 << attempt));
        }
        Ok(())
    }

    /// Makes the pid files of a killed server say so where PostgreSQL would not see it by itself: its process
    /// is a zombie (in a container nobody may collect it), or the number has gone to another program.
    fn forget_dead_server(&self) -> Result<(), ClusterError> {
        let file = self.data.join("postmaster.pid");
        let Ok(text) = fs::read_to_string(&file) else { return Ok(()) };
        let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
        if !first.trim().parse().is_ok_and(|pid: i32| is_another_or_dead(pid, &self.data)) {
            return Ok(());
        }
        // Only the number is replaced: from the lines below it the server finds out whether processes of the
        // killed one still use its memory, and waits for them.
        fs::write(&file, format!("{NOBODY}\n{rest}")).map_err(ClusterError::io("write", &file))?;
        let lock = self.socket_dir.join(".s.PGSQL.5432.lock");
        match fs::remove_file(&lock) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(ClusterError::io("remove", lock)(error)),
            _ => Ok(()),
        }
    }

    /// Stops it: running statements are rolled back, everything committed is on disk.
    pub fn stop(&self, home: &Home) -> Result<(), ClusterError> {
        // pg_ctl signals the process of the server's pid file. Of a server that was killed, that number may
        // be anybody's by now.
        if !self.listens() {
            return Ok(());
        }
        let mode = if self.durable { "fast" } else { "immediate" };
        let mut command = self.pg_ctl();
        command.args(["stop", "-w", "-s", "-t", STOP_SECONDS, "-m", mode]);
        if self.run(command)? {
            home.forget_short_socket_dir(&self.socket_dir);
            Ok(())
        } else {
            Err(ClusterError::Stop { dir: self.data.clone(), log: home.log_tail() })
        }
    }

    fn wait_until_ready(&self) -> bool {
        let ready = || {
            let mut command = self.user.command(&self.binaries.tool("pg_isready"));
            command.arg("-q").arg("-h").arg(&self.socket_dir);
            // Without the tool the first connection tells.
            command.status().map_or(true, |status| status.success())
        };
        for _ in 0..1_500 {
            if ready() {
                return true;
            }
            pause(Duration::from_millis(200));
        }
        warn!("the running PostgreSQL of {} does not become ready", self.data.display());
        false
    }

    fn write_settings(&self) -> Result<(), ClusterError> {
        let file = self.data.join("whitespot.conf");
        let more = if self.durable { "" } else { NOT_DURABLE };
        let socket = format!("unix_socket_directories = '{}'\n", quoted_dir(&self.socket_dir));
        fs::write(&file, format!("# Written at each start; changes are lost.\n{SETTINGS}{more}{socket}"))
            .map_err(ClusterError::io("write", &file))?;
        self.user.give(&file)
    }

    fn begin_log(&self, home: &Home) -> Result<(), ClusterError> {
        let log = home.log();
        if log.exists() {
            fs::rename(&log, log.with_extension("log.before")).map_err(ClusterError::io("put aside", &log))?;
        }
        fs::write(&log, "").map_err(ClusterError::io("write", &log))?;
        self.user.give(&log)
    }

    pub fn pg_ctl_path(&self) -> PathBuf {
        self.binaries.tool("pg_ctl")
    }

    fn pg_ctl(&self) -> Command {
        let mut command = self.user.command(&self.pg_ctl_path());
        command.arg("-D").arg(&self.data);
        command
    }

    /// Without pipes: the server would inherit them and hold them open. What matters is in the log.
    fn run(&self, mut command: Command) -> Result<bool, ClusterError> {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let status = command.status().map_err(ClusterError::io("run", self.pg_ctl_path()))?;
        Ok(status.success())
    }
}

/// Whether a process is no live process of a server in `data`, as far as this system tells.
fn is_another_or_dead(pid: i32, data: &Path) -> bool {
    let proc = PathBuf::from(format!("/proc/{pid}"));
    // `pid (name) state ...`; a server works inside its data folder.
    let state = fs::read_to_string(proc.join("stat")).ok();
    let state = state.as_deref().and_then(|stat| stat.rsplit_once(") ")).and_then(|(_, rest)| rest.chars().next());
    match state {
        None => false,
        Some('Z' | 'X') => true,
        Some(_) => fs::read_link(proc.join("cwd")).is_ok_and(|cwd| cwd != data),
    }
}

#[expect(clippy::disallowed_methods, reason = "another program's progress cannot be waited for")]
fn pause(duration: Duration) {
    std::thread::sleep(duration);
}

/// A folder in a list of folders in a quoted setting.
fn quoted_dir(dir: &Path) -> String {
    format!("\"{}\"", dir.display().to_string().replace('"', "\"\"")).replace('\'', "''")
}
