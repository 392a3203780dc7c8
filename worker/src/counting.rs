//! Evidence of blocks into leaves, on a thread of its own.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use analytics::{Leaf, LeafBuilder, RuleBook};
use jiff::tz::TimeZone;
use store::{BlockLeaves, DirtyBlock, LeafRow, Piece, PieceRead};
use tokio::{
    sync::{Mutex, OwnedMutexGuard, mpsc},
    task::{JoinHandle, spawn_blocking},
};

/// A speed test is a row of 24 columns, a point some bytes of one: it counts as so many points. A guess, not measured.
const POINTS_A_TEST: usize = 40;

/// Evidence beyond which a step is a large one, as coverage points. It takes no key more.
const LARGE: usize = 60_000;

/// How evidence is counted, and the one seat for steps that need much memory. Clones share the seat.
#[derive(Clone, Debug)]
pub(crate) struct Counting {
    rules: Arc<RuleBook>,
    zone: TimeZone,
    large: Arc<Mutex<()>>,
}

/// What became of the keys of one step. Those that are in neither list were not reached.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    pub rebuilt: Vec<BlockLeaves>,
    /// Keys whose evidence cannot be read or counted, and why.
    pub failed: Vec<(DirtyBlock, String)>,
    /// How much evidence that was, as coverage points.
    pub points: usize,
    /// Held until the leaves are written.
    large: Option<OwnedMutexGuard<()>>,
}

impl Counted {
    /// How many keys that were.
    pub const fn keys(&self) -> usize {
        self.rebuilt.len() + self.failed.len()
    }

    /// The keys that are rebuilt, and those that failed.
    pub fn settled(&self) -> (Vec<DirtyBlock>, Vec<DirtyBlock>) {
        let rebuilt = self.rebuilt.iter().map(|of| (of.block, of.window.clone()));
        (rebuilt.collect(), self.failed.iter().map(|(key, _)| key.clone()).collect())
    }
}

impl Counting {
    /// Days and parts of the day are those of `zone`.
    pub fn new(rules: RuleBook, zone: TimeZone) -> Self {
        Self { rules: Arc::new(rules), zone, large: Arc::default() }
    }

    /// Counts the pieces of these keys until nobody sends any more, or until it holds enough: then it receives no more.
    /// A key of which the end did not come is in no list.
    pub fn spawn(&self, keys: Vec<DirtyBlock>, mut pieces: mpsc::Receiver<PieceRead>) -> JoinHandle<Counted> {
        let counting = self.clone();
        spawn_blocking(move || {
            let open = keys.into_iter().map(|key| Some((key, Ok(counting.builder())))).collect();
            let mut step = Step { open, large: &counting.large, counted: Counted::default() };
            while let Some((at, piece)) = pieces.blocking_recv() {
                if matches!(piece, Ok(Piece::End)) {
                    step.close(at);
                    if step.counted.points > LARGE {
                        break;
                    }
                } else {
                    step.take(at, piece.map_err(|error| error.to_string()));
                }
            }
            step.counted
        })
    }

    fn builder(&self) -> LeafBuilder<'_> {
        LeafBuilder::new(self.zone.clone(), &self.rules)
    }
}

struct Step<'c> {
    /// Keys without an end yet, with what came of their pieces.
    open: Vec<Option<(DirtyBlock, Result<LeafBuilder<'c>, String>)>>,
    large: &'c Arc<Mutex<()>>,
    counted: Counted,
}

impl Step<'_> {
    fn take(&mut self, at: usize, piece: Result<Piece, String>) {
        self.counted.points += piece.as_ref().map_or(0, points_of);
        if self.counted.points > LARGE && self.counted.large.is_none() {
            // Whoever sends waits as well.
            self.counted.large = Some(Arc::clone(self.large).blocking_lock_owned());
        }
        let Some((key, builder)) = self.open[at].take() else { return };
        let builder = builder.and_then(|mut builder| {
            let piece = piece?;
            unless_it_panics(|| {
                match &piece {
                    Piece::Coverage(piece) => builder.add_coverage(piece),
                    Piece::Speed(test) => builder.add_speed(test),
                    Piece::End => {}
                }
                builder
            })
        });
        self.open[at] = Some((key, builder));
    }

    fn close(&mut self, at: usize) {
        let Some((key, builder)) = self.open[at].take() else { return };
        let row = |leaf: Leaf| LeafRow { source: leaf.source, access: leaf.access, votes: leaf.votes.encode() };
        match builder.and_then(|builder| unless_it_panics(|| builder.finish().map(row).collect())) {
            Ok(leaves) => self.counted.rebuilt.push(BlockLeaves { block: key.0, window: key.1, leaves }),
            Err(reason) => self.counted.failed.push((key, reason)),
        }
    }
}

fn points_of(piece: &Piece) -> usize {
    match piece {
        Piece::Coverage(piece) => piece.track.points.len(),
        Piece::Speed(_) => POINTS_A_TEST,
        Piece::End => 0,
    }
}

fn unless_it_panics<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work))
        .map_err(|_| "counting it panicked, which is a mistake of this program".to_owned())
}

#[cfg(test)]
#[path = "counting_tests.rs"]
mod tests;
