use std::time::Duration;

use domain::{
    BitRate, ByteCount, Clock, Rtt,
    record::{FailureCause, SpeedResult, TestOutcome},
};

use crate::{
    Budget, MeasureError, MeasureOptions, MeasureReport, ServerUrl, TransferReport,
    error::Trouble,
    ndt7::{self, Loaded, Pings},
    socket::{self, Socket},
};

/// What is told while a test runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// One round trip of the idle line.
    Idle {
        /// It took.
        latency: Rtt,
    },
    /// About ten times a second.
    Download {
        /// Since the start of this direction.
        elapsed: Duration,
        /// So far.
        bytes: ByteCount,
        /// So far, without slow start.
        rate: Option<BitRate>,
    },
    /// About ten times a second.
    Upload {
        /// Since the start of this direction.
        elapsed: Duration,
        /// Handed to the connection so far.
        bytes: ByteCount,
        /// As the server counts it; comes later than the bytes.
        rate: Option<BitRate>,
    },
}

/// Runs a test: idle latency, download, upload. What the network breaks is a report as well (`Failed`):
/// a failed attempt stays in the denominator. An `Err` says nothing about the line.
///
/// Tell the user [`crate::expected_data_use`] first. Dropping the future cancels the test; a cancelled
/// test is not recorded.
pub async fn measure(
    server: &ServerUrl,
    options: &MeasureOptions,
    clock: &dyn Clock,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<MeasureReport, MeasureError> {
    if options.download.is_none() && options.upload.is_none() && options.idle_pings == 0 {
        return Err(MeasureError::NothingToDo);
    }
    let mut run = Run { server, options, clock, pings: Pings::default(), loaded: None, download: None, upload: None };
    let started = clock.now();
    let outcome = match Box::pin(run.all(progress)).await {
        Ok(()) => run.result(),
        Err(Trouble::Broken(cause)) => TestOutcome::Failed(cause),
        Err(Trouble::Error(error)) => return Err(error),
    };
    let bytes = [run.download, run.upload].into_iter().flatten().map(|transfer| transfer.bytes);
    Ok(MeasureReport {
        started,
        outcome,
        bytes: bytes.fold(ByteCount::default(), ByteCount::saturating_add),
        download: run.download,
        upload: run.upload,
    })
}

struct Run<'a> {
    server: &'a ServerUrl,
    options: &'a MeasureOptions,
    clock: &'a dyn Clock,
    pings: Pings,
    loaded: Option<Rtt>,
    download: Option<TransferReport>,
    upload: Option<TransferReport>,
}

impl Run<'_> {
    async fn all(&mut self, progress: &mut (dyn FnMut(Progress) + Send)) -> Result<(), Trouble> {
        let patience = self.options.patience;
        if self.options.idle_pings > 0 {
            let socket = self.open(ndt7::UPLOAD).await?;
            self.pings = ndt7::idle(socket, self.options.idle_pings, patience, self.clock, progress).await;
        }
        if let Some(budget) = self.options.download {
            let socket = self.open(ndt7::DOWNLOAD).await?;
            let tick = Ticker::new(progress, |elapsed, bytes, rate| Progress::Download { elapsed, bytes, rate });
            let (outcome, pings) =
                Box::pin(self.beside_pings(ndt7::download(socket, budget, self.clock, tick), budget)).await;
            self.download = Some(outcome.map_err(Trouble::Broken)?);
            self.note_loaded(&pings);
        }
        if let Some(budget) = self.options.upload {
            let payload = ndt7::incompressible();
            let socket = self.open(ndt7::UPLOAD).await?;
            let tick = Ticker::new(progress, |elapsed, bytes, rate| Progress::Upload { elapsed, bytes, rate });
            let (outcome, pings) =
                Box::pin(self.beside_pings(ndt7::upload(socket, payload, budget, self.clock, tick), budget)).await;
            self.upload = Some(outcome.map_err(Trouble::Broken)?);
            self.note_loaded(&pings);
        }
        Ok(())
    }

    async fn open(&self, path: &str) -> Result<Socket, Trouble> {
        socket::open(self.server, path, self.options.patience).await
    }

    /// A transfer with pings on a connection of their own, so that they wait in the line's queue and not
    /// behind a megabyte of our own. A server without room for the second connection costs only the pings.
    async fn beside_pings<T>(
        &self,
        transfer: impl Future<Output = Result<T, FailureCause>>,
        budget: Budget,
    ) -> (Result<T, FailureCause>, Pings) {
        let loaded = Loaded::default();
        let outcome = {
            let beside = async {
                let socket = self.open(ndt7::UPLOAD).await.ok();
                loaded.run(socket, budget.duration, self.clock).await
            };
            tokio::select! {
                outcome = transfer => outcome,
                never = beside => match never {},
            }
        };
        (outcome, loaded.finish())
    }

    /// The worse of the two directions is what a call suffers.
    fn note_loaded(&mut self, pings: &Pings) {
        self.loaded = self.loaded.max(pings.median());
    }

    fn result(&self) -> TestOutcome {
        let rate = |transfer: Option<TransferReport>| transfer.and_then(|transfer| transfer.rate);
        let result = SpeedResult {
            download: rate(self.download),
            upload: rate(self.upload),
            idle_latency: self.pings.median(),
            loaded_latency: self.loaded,
            jitter: self.pings.jitter(),
            loss: None,
        };
        if result == SpeedResult::default() {
            TestOutcome::Failed(FailureCause::TimedOut)
        } else {
            TestOutcome::Completed(result)
        }
    }
}

type Made = fn(Duration, ByteCount, Option<BitRate>) -> Progress;

/// Passes progress on, at most ten times a second.
pub(crate) struct Ticker<'a> {
    progress: &'a mut (dyn FnMut(Progress) + Send),
    make: Made,
    next: Duration,
}

impl<'a> Ticker<'a> {
    const INTERVAL: Duration = Duration::from_millis(100);

    fn new(progress: &'a mut (dyn FnMut(Progress) + Send), make: Made) -> Self {
        Self { progress, make, next: Duration::ZERO }
    }

    /// `elapsed`, if it is time for another sample.
    pub(crate) fn due(&mut self, elapsed: Duration) -> Option<Duration> {
        if elapsed < self.next {
            return None;
        }
        self.next = elapsed + Self::INTERVAL;
        Some(elapsed)
    }

    pub(crate) fn report(&mut self, elapsed: Duration, bytes: u64, rate: Option<BitRate>) {
        (self.progress)((self.make)(elapsed, ByteCount::from_bytes(bytes), rate));
    }
}
