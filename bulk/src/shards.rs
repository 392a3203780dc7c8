//! Rows on their way to their hexagons: sorted into partitions as they are read, packed, and set aside on disk where the
//! memory is full. A hexagon lies in one partition; a partition fits into memory when its turn comes.

use std::{
    fs::File,
    io::{self, Seek as _, Write as _},
    os::unix::fs::FileExt as _,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use crate::packing::{self, Layout, Packed};

/// Partitions of all rows.
pub(crate) const PARTITIONS: usize = 256;
/// 32-bit words that are written at once: 56 KB, of which the allocator's pages of 512 KB hold nine, and of 64 KB seven.
const CHUNK: usize = 14 * 1024;
/// Part of what a thread holds that it sets aside at once. All of it would go to disk in vain where little is too much.
const PART: usize = 4;
/// Bits of a hexagon's number within its partition; above them is the partition.
const NUMBER_BITS: u32 = 24;
pub(crate) const NUMBER: u32 = (1 << NUMBER_BITS) - 1;
/// Numbers after which they begin anew: as many as a batch may need are left.
const MOST_NUMBERS: usize = (1 << NUMBER_BITS) - (1 << 20);
/// The name of no hexagon.
pub(crate) const NOWHERE: u32 = u32::MAX;

/// Rows of one partition with the hexagons that they number.
#[derive(Debug)]
pub(crate) struct Segment {
    pub layout: Layout,
    held: Held,
}

/// Hexagons by number (one may be there several times), and packed rows.
#[derive(Debug)]
enum Held {
    Memory { hexes: Vec<u64>, words: Vec<Vec<u32>> },
    File { file: Arc<File>, offset: u64, hexes: usize, words: usize },
}

impl Segment {
    /// Hexagons by number, and the packed rows, piece by piece.
    pub fn open(self) -> io::Result<(Vec<u64>, Vec<Vec<u32>>)> {
        match self.held {
            Held::Memory { hexes, words } => Ok((hexes, words)),
            Held::File { file, offset, hexes, words } => {
                let (mut hexes, mut words) = (vec![0_u64; hexes], vec![0_u32; words]);
                file.read_exact_at(bytemuck::cast_slice_mut(&mut hexes), offset)?;
                file.read_exact_at(bytemuck::cast_slice_mut(&mut words), offset + 8 * hexes.len() as u64)?;
                Ok((hexes, vec![words]))
            }
        }
    }

    /// Bytes of memory that its rows take while they are counted: packed, and column by column.
    pub fn needs(&self) -> usize {
        let words = match &self.held {
            Held::Memory { words, .. } => words.iter().map(Vec::len).sum(),
            Held::File { words, .. } => *words,
        };
        2 * 4 * words
    }

    fn bytes(&self) -> usize {
        match &self.held {
            Held::Memory { hexes, words } => {
                8 * hexes.capacity() + words.iter().map(|piece| 4 * piece.capacity()).sum::<usize>()
            }
            Held::File { .. } => 0,
        }
    }

    /// Moves it to the end of a file; says how many bytes that took.
    fn set_aside(&mut self, file: &Arc<File>) -> io::Result<usize> {
        let Held::Memory { hexes, words } = &self.held else { return Ok(0) };
        let mut to = &**file;
        let offset = to.stream_position()?;
        to.write_all(bytemuck::cast_slice(hexes))?;
        for piece in words {
            to.write_all(bytemuck::cast_slice(piece))?;
        }
        let (hexes, words) = (hexes.len(), words.iter().map(Vec::len).sum());
        self.held = Held::File { file: Arc::clone(file), offset, hexes, words };
        Ok(8 * hexes + 4 * words)
    }
}

#[derive(Debug, Default)]
struct Shard {
    hexes: Vec<u64>,
    full: Vec<Vec<u32>>,
    open: Vec<u32>,
}

impl Shard {
    /// Makes room for more.
    #[cold]
    fn turn(&mut self) {
        let full = std::mem::replace(&mut self.open, Vec::with_capacity(CHUNK));
        if full.capacity() > 0 {
            self.full.push(full);
        }
    }

    fn bytes(&self) -> usize {
        4 * (self.full.len() * CHUNK + self.open.capacity()) + 8 * self.hexes.capacity()
    }
}

/// The memory that all threads together may take.
#[derive(Debug)]
pub(crate) struct Budget {
    /// In bytes, of all threads.
    pub limit: usize,
    pub threads: usize,
    pub used: AtomicUsize,
    pub spilled: AtomicUsize,
}

/// The rows that one thread has read.
#[derive(Debug)]
pub(crate) struct Shards<'b> {
    layout: Layout,
    open: Vec<Shard>,
    segments: Vec<Vec<Segment>>,
    /// Of the partition that has most.
    most_numbers: usize,
    /// The partition that is set aside next: they take turns.
    next: usize,
    budget: &'b Budget,
    /// Of the budget.
    mine: usize,
    scratch: &'b Path,
    file: Option<Arc<File>>,
}

impl<'b> Shards<'b> {
    pub fn new(devices: bool, metrics: usize, budget: &'b Budget, scratch: &'b Path) -> Self {
        Self {
            layout: Layout { devices, metrics, wide: false },
            open: (0..PARTITIONS).map(|_| Shard::default()).collect(),
            segments: (0..PARTITIONS).map(|_| Vec::new()).collect(),
            most_numbers: 0,
            next: 0,
            budget,
            mine: 0,
            scratch,
            file: None,
        }
    }

    /// A name for a hexagon: its partition and its number there.
    pub fn name(&mut self, hex: u64) -> u32 {
        let partition = partition_of(hex);
        let hexes = &mut self.open[partition].hexes;
        hexes.push(hex);
        self.most_numbers = self.most_numbers.max(hexes.len());
        (partition as u32) << NUMBER_BITS | (hexes.len() as u32 - 1)
    }

    /// Adds rows, each with the name of its hexagon; [`NOWHERE`] for those that have none.
    pub fn add(&mut self, names: &[u32], devices: &[u64], values: &[Packed<'_>]) {
        let scatter = scatter_of(self.layout.words());
        packing::in_blocks(self.layout, names, devices, values, |names, packed| {
            scatter(&mut self.open, names, packed);
        });
    }

    /// Whether values are packed as they are.
    pub const fn wide(&self) -> bool {
        self.layout.wide
    }

    /// From now on values are packed as they are. What was packed before stays. Names are given anew.
    pub fn widen(&mut self) {
        self.renew();
        self.layout.wide = true;
    }

    /// Counts what is held, and sets some of it aside where all threads together hold too much; says whether names are to be
    /// given anew.
    pub fn settle(&mut self) -> io::Result<bool> {
        self.count();
        let mut renew = self.most_numbers > MOST_NUMBERS;
        if renew {
            self.renew();
        }
        // Each thread gives back its own share only.
        let share = self.budget.limit / self.budget.threads / 2;
        while self.budget.used.load(Ordering::Relaxed) > self.budget.limit && self.mine > share {
            self.spill()?;
            renew = true;
        }
        Ok(renew)
    }

    fn count(&mut self) {
        let held = self.open.iter().map(Shard::bytes).sum::<usize>()
            + self.segments.iter().flatten().map(Segment::bytes).sum::<usize>();
        self.budget.used.fetch_add(held, Ordering::Relaxed);
        self.budget.used.fetch_sub(self.mine, Ordering::Relaxed);
        self.mine = held;
    }

    fn spill(&mut self) -> io::Result<()> {
        let file = match &self.file {
            Some(file) => Arc::clone(file),
            None => Arc::clone(self.file.insert(Arc::new(tempfile::tempfile_in(self.scratch)?))),
        };
        let mut freed = 0;
        for _ in 0..PARTITIONS {
            if freed >= self.mine / PART {
                break;
            }
            // Those of the others go on with the numbers that they have; hexagons that come again get a second one.
            self.close(self.next);
            for segment in &mut self.segments[self.next] {
                freed += segment.set_aside(&file)?;
            }
            self.next = (self.next + 1) % PARTITIONS;
        }
        self.budget.spilled.fetch_add(freed, Ordering::Relaxed);
        self.most_numbers = self.open.iter().map(|shard| shard.hexes.len()).max().unwrap_or_default();
        self.count();
        Ok(())
    }

    /// Ends what is open in all partitions. Names are given anew.
    fn renew(&mut self) {
        for partition in 0..PARTITIONS {
            self.close(partition);
        }
        self.most_numbers = 0;
    }

    fn close(&mut self, partition: usize) {
        let mut shard = std::mem::take(&mut self.open[partition]);
        shard.full.push(shard.open);
        if shard.full.iter().any(|piece| !piece.is_empty()) {
            let held = Held::Memory { hexes: shard.hexes, words: shard.full };
            self.segments[partition].push(Segment { layout: self.layout, held });
        }
    }

    /// All that was added, by partition.
    pub fn finish(mut self) -> Vec<Vec<Segment>> {
        self.renew();
        self.segments
    }
}

/// Moves packed rows to their partitions.
type Scatter = fn(&mut [Shard], &[u32], &[u32]);

/// For rows of so many words: a copy of known length is a few instructions.
fn scatter_of(words: usize) -> Scatter {
    fn scatter<const WORDS: usize>(shards: &mut [Shard], names: &[u32], packed: &[u32]) {
        for (&name, row) in names.iter().zip(packed.as_chunks::<WORDS>().0) {
            if name == NOWHERE {
                continue;
            }
            let shard = &mut shards[(name >> NUMBER_BITS) as usize];
            if shard.open.capacity() - shard.open.len() < WORDS {
                shard.turn();
            }
            shard.open.extend_from_slice(row);
        }
    }
    const BY_WORDS: [Scatter; 12] = [
        scatter::<1>,
        scatter::<1>,
        scatter::<2>,
        scatter::<3>,
        scatter::<4>,
        scatter::<5>,
        scatter::<6>,
        scatter::<7>,
        scatter::<8>,
        scatter::<9>,
        scatter::<10>,
        scatter::<11>,
    ];
    BY_WORDS[words]
}

/// A hexagon's partition.
fn partition_of(hex: u64) -> usize {
    (hex.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as usize
}
