use std::{
    path::Path,
    process::ExitStatus,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    process::{Child, Command},
    task::JoinHandle,
    time::{interval, timeout},
};

use crate::{Log, http};

/// From nothing to ready: a new database, migrations, a region to load.
const START: Duration = Duration::from_mins(2);
/// From SIGTERM to the end: requests under way, the last flush, the database.
const STOP: Duration = Duration::from_secs(30);

/// A running `whitespot serve` or `demo`.
#[derive(Debug)]
pub struct Server {
    process: Process,
    address: String,
    stderr: Lines,
    stdout: Lines,
}

impl Server {
    /// Starts `command` and waits until `/readyz` of the address in `port_file` says yes.
    pub(crate) async fn start(mut command: Command, port_file: &Path) -> Self {
        let child = command.kill_on_drop(false).spawn();
        let mut process = Process(child.unwrap_or_else(|e| panic!("{command:?} did not start: {e}")));
        let stderr = Lines::read(process.0.stderr.take());
        let stdout = Lines::read(process.0.stdout.take());
        let mut last = "no address yet".to_owned();
        let started = timeout(START, async {
            // Both conditions are somebody else's: look, bounded by the timeout, and see the process die.
            let mut look = interval(Duration::from_millis(20));
            loop {
                look.tick().await;
                if let Ok(Some(status)) = process.0.try_wait() {
                    break Err(status);
                }
                let Some(address) = bound_address(port_file) else { continue };
                match is_ready(&address).await {
                    Ok(()) => break Ok(address),
                    Err(answer) => last = answer,
                }
            }
        });
        let Ok(started) = started.await else {
            panic!("the server was not ready within {START:?}; /readyz: {last}\n{}", stderr.so_far());
        };
        match started {
            Ok(address) => Self { process, address, stderr, stdout },
            Err(status) => panic!("the server ended with {status}:\n{}", stderr.finish().await),
        }
    }

    /// `http://ADDR:PORT` and a path that begins with `/`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// `ADDR:PORT` as the server wrote it.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The most memory that it ever held, in bytes; `None` where the system does not tell.
    pub fn most_resident_bytes(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.0.id()?)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().strip_suffix(" kB")?.parse().ok().map(|kib: u64| kib * 1024)
    }

    /// Gets a path; fails the test unless the answer is 200 with JSON.
    pub async fn get_json(&self, path: &str) -> serde_json::Value {
        let answer = http().get(self.url(path)).send().await.unwrap_or_else(|e| panic!("GET {path}: {e}"));
        let status = answer.status();
        let text = answer.text().await.unwrap_or_default();
        assert_eq!(status.as_u16(), 200, "GET {path}: {text}");
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("GET {path} is no JSON ({e}): {text}"))
    }

    /// What it wrote to its standard error until now.
    pub fn log(&self) -> Log {
        self.stderr.so_far()
    }

    /// Asks it to stop, as a service manager does, and waits.
    ///
    /// # Panics
    /// If it does not stop within 30 s, or not with status 0.
    pub async fn stop(mut self) -> Log {
        assert!(self.process.signal(Signal::TERM), "the server had ended before:\n{}", self.log());
        let Ok(status) = timeout(STOP, self.process.0.wait()).await else {
            panic!("the server did not stop within {STOP:?} of SIGTERM:\n{}", self.log());
        };
        let log = self.ended().await;
        let status = status.unwrap_or_else(|e| panic!("waiting for the server: {e}"));
        assert!(status.success(), "the server ended with {status}:\n{log}");
        log
    }

    /// Kills it, as a power cut does.
    pub async fn kill(mut self) -> (Option<ExitStatus>, Log) {
        assert!(self.process.signal(Signal::KILL), "the server had ended before:\n{}", self.log());
        let status = timeout(STOP, self.process.0.wait()).await.ok().and_then(Result::ok);
        (status, self.ended().await)
    }

    async fn ended(self) -> Log {
        drop(self.stdout);
        self.stderr.finish().await
    }
}

#[derive(Debug)]
struct Process(Child);

impl Process {
    /// Whether it was still there to be told.
    fn signal(&self, signal: Signal) -> bool {
        let pid = self.0.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        pid.is_some_and(|pid| kill_process(pid, signal).is_ok())
    }
}

/// A test that failed before [`Server::stop`]: the server ends, and with it the database that it owns.
/// SIGKILL would leave that running.
impl Drop for Process {
    fn drop(&mut self) {
        self.signal(Signal::TERM);
    }
}

fn bound_address(port_file: &Path) -> Option<String> {
    let text = std::fs::read_to_string(port_file).ok()?;
    // Without the end of the line it may be half of an address.
    text.strip_suffix('\n').map(str::to_owned)
}

/// What it said instead, if it is not ready: longer patience than the server's own with its database.
async fn is_ready(address: &str) -> Result<(), String> {
    let request = http().get(format!("http://{address}/readyz")).timeout(Duration::from_secs(15));
    let answer = request.send().await.map_err(|error| format!("{error:?}"))?;
    let status = answer.status();
    if status.is_success() { Ok(()) } else { Err(format!("{status} {}", answer.text().await.unwrap_or_default())) }
}

/// Lines of a pipe, read as they come so that the writer never waits.
#[derive(Debug)]
struct Lines {
    seen: Arc<Mutex<String>>,
    reader: JoinHandle<()>,
}

impl Lines {
    fn read(pipe: Option<impl AsyncRead + Unpin + Send + 'static>) -> Self {
        let seen = Arc::new(Mutex::new(String::new()));
        let lines = Arc::clone(&seen);
        let reader = tokio::spawn(async move {
            let Some(pipe) = pipe else { return };
            let mut pipe = BufReader::new(pipe).lines();
            while let Ok(Some(line)) = pipe.next_line().await {
                let mut seen = lines.lock().unwrap_or_else(PoisonError::into_inner);
                seen.push_str(&line);
                seen.push('\n');
            }
        });
        Self { seen, reader }
    }

    fn so_far(&self) -> Log {
        Log::new(&self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// After the process has ended. A child of it may hold the pipe open (a database that was not stopped):
    /// that must not hang the test.
    async fn finish(mut self) -> Log {
        let _ = timeout(Duration::from_secs(5), &mut self.reader).await;
        self.so_far()
    }
}
