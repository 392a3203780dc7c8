//! Several aggregators, writers that never rest, and a count from scratch at the end.
#![expect(clippy::unwrap_used, reason = "a test ends where its preparation fails")]

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use analytics::{Gathering, LeafBuilder, RuleBook};
use domain::{
    Access, CoverageEvidence, CoveragePoint, CoverageTrack, DevicePseudonym, Hex, HourStamp, ItemId, NewEvidence,
    Record, SourceClass, SystemClock, Technology, Window,
};
use jiff::tz::TimeZone;
use store::{Debounce, Store, insert_evidence, read_block, testing::TestDatabase};
use tokio::time::{interval, timeout};
use tokio_util::sync::CancellationToken;
use worker::Aggregator;

const WRITERS: usize = 4;
const TRACKS_A_WRITER: usize = 40;

/// Hexagons in some dozens of blocks around Essen.
fn places() -> Vec<Hex> {
    let middle = Hex::from_degrees(51.45, 7.01, Hex::BLOCK).unwrap().as_h3();
    let blocks: Vec<_> = middle.grid_disk::<Vec<_>>(3);
    blocks.into_iter().map(|block| Hex::from_h3(block.center_child(h3o::Resolution::Ten).unwrap())).collect()
}

/// A track through five places, by a device and with what it saw following from `n`.
fn track(places: &[Hex], n: usize) -> NewEvidence {
    let point = |k: usize| CoveragePoint {
        hex: places[(n * 7 + k * 3) % places.len()],
        hour: HourStamp::from_hours(494_300 + (n % 40) as i32).unwrap(),
        operator: "26201".parse().unwrap(),
        technology: (!(n + k).is_multiple_of(3)).then_some(Technology::FourG),
        signal: None,
        quality: None,
        sinr: None,
    };
    NewEvidence {
        device: DevicePseudonym::from_bytes([(n % 11) as u8; 16]),
        other_years: BTreeMap::new(),
        source: SourceClass::Crowd,
        campaign: n.is_multiple_of(2).then(|| "probewoche".parse().unwrap()),
        quarantine: None,
        content_hash: [1; 16],
        record: Record::CoverageTrack(CoverageTrack {
            id: ItemId::random(),
            locked_to: None,
            points: (0..5).map(point).collect(),
        }),
    }
}

async fn insert(store: &Store, items: &[NewEvidence]) {
    store.run_tx("insert", |tx| Box::pin(insert_evidence(tx, items))).await.unwrap();
}

fn start(db: &TestDatabase, debounce: Debounce, stop: &CancellationToken) -> tokio::task::JoinHandle<()> {
    let aggregator = Aggregator::new(db.store().clone(), Arc::new(SystemClock::default())).with_debounce(debounce);
    tokio::spawn(aggregator.run(stop.clone()))
}

async fn until_nothing_is_dirty(store: &Store) {
    let waiting = async {
        let mut look = interval(Duration::from_millis(50));
        while store::dirty_backlog(store).await.unwrap().keys > 0 {
            look.tick().await;
        }
    };
    timeout(Duration::from_mins(1), waiting).await.expect("the backlog drains");
}

type Leaves = BTreeMap<(SourceClass, Access), Vec<Vec<u8>>>;

async fn kept(store: &Store, window: &Window) -> Leaves {
    let mut leaves = Leaves::new();
    for (source, access) in store::leaf_accesses(store, window).await.unwrap() {
        leaves.insert((source, access), store::read_leaves(store, window, source, access).await.unwrap());
    }
    leaves
}

async fn from_scratch(store: &Store, window: &Window, blocks: &[Hex]) -> (Leaves, usize) {
    let (rules, mut leaves, mut points) = (RuleBook::builtin(), Leaves::new(), 0);
    for &block in blocks {
        let mut builder = LeafBuilder::new(TimeZone::get("Europe/Berlin").unwrap(), &rules);
        for track in &read_block(store, block, window).await.unwrap().coverage {
            points += track.track.points.len();
            builder.add_coverage(track);
        }
        for leaf in builder.finish() {
            leaves.entry((leaf.source, leaf.access)).or_default().push(leaf.votes.encode());
        }
    }
    (leaves, points)
}

#[tokio::test(flavor = "multi_thread")]
async fn several_aggregators_and_writers_end_with_what_a_count_from_scratch_says() {
    let db = TestDatabase::create().await;
    let stop = CancellationToken::new();
    // Two processes with three workers each would be like this.
    let aggregators = [start(&db, Debounce::NONE, &stop), start(&db, Debounce::NONE, &stop)];
    let places = Arc::new(places());
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (store, places) = (db.store().clone(), Arc::clone(&places));
            tokio::spawn(async move {
                for n in 0..TRACKS_A_WRITER {
                    insert(&store, &[track(&places, writer * TRACKS_A_WRITER + n)]).await;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    until_nothing_is_dirty(db.store()).await;
    stop.cancel();
    for aggregator in aggregators {
        aggregator.await.unwrap();
    }

    let mut blocks: Vec<Hex> = places.iter().map(|hex| hex.at_most(Hex::BLOCK)).collect();
    blocks.sort_unstable();
    let windows = [(Window::Year(2026), 1), (Window::Campaign("probewoche".parse().unwrap()), 2)];
    for (window, share) in windows {
        let (expected, points) = from_scratch(db.store(), &window, &blocks).await;
        assert_eq!(points, WRITERS * TRACKS_A_WRITER * 5 / share, "{window}");
        assert!(!expected.is_empty());
        assert_eq!(kept(db.store(), &window).await, expected, "{window}: an update was lost");
    }
}

/// The other driver of the aggregate, which reads files.
fn without_a_database(items: &[NewEvidence]) -> Leaves {
    let (rules, mut leaves) = (RuleBook::builtin(), Leaves::new());
    let mut gathering = Gathering::new(TimeZone::get("Europe/Berlin").unwrap(), &rules);
    for NewEvidence { device, source, record, .. } in items {
        let Record::CoverageTrack(track) = record.clone() else { unreachable!("only tracks here") };
        gathering.add_coverage(&CoverageEvidence { device: *device, source: *source, track });
    }
    for (_, _, leaf) in gathering.leaves() {
        leaves.entry((leaf.source, leaf.access)).or_default().push(leaf.votes.encode());
    }
    leaves
}

#[tokio::test(flavor = "multi_thread")]
async fn evidence_in_any_order_and_split_makes_the_leaves_that_files_make() {
    let places = places();
    let items: Vec<_> = (0..120).map(|n| track(&places, n)).collect();
    let expected = without_a_database(&items);
    assert!(expected.values().flatten().count() > 2, "several blocks");
    for (turn, at_once) in [(0, 120), (50, 7), (90, 1)] {
        let db = TestDatabase::create().await;
        let mut turned = items.clone();
        turned.rotate_left(turn);
        let aggregator = Aggregator::new(db.store().clone(), Arc::new(SystemClock::default()));
        for (n, some) in turned.chunks(at_once).enumerate() {
            insert(db.store(), some).await;
            // Now and then in between, so that blocks are made anew.
            if n % 9 == 1 {
                aggregator.drain(&|_| {}).await.unwrap();
            }
        }
        aggregator.drain(&|_| {}).await.unwrap();
        assert_eq!(kept(db.store(), &Window::Year(2026)).await, expected, "from {turn} on, {at_once} at once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_that_is_still_written_to_waits_and_a_drain_does_not() {
    let db = TestDatabase::create().await;
    let places = places();
    insert(db.store(), &[track(&places, 1)]).await;
    let hour = Duration::from_hours(1);
    let patient = Debounce { quiet: hour, at_most: hour };
    let backlog = store::dirty_backlog(db.store()).await.unwrap();
    assert!(backlog.keys > 0 && backlog.oldest < Duration::from_mins(5), "{backlog:?}");

    let aggregator = Aggregator::new(db.store().clone(), Arc::new(SystemClock::default())).with_debounce(patient);
    let rebuilt = aggregator.drain(&|_| {}).await.unwrap();
    assert_eq!(rebuilt, backlog.keys.cast_unsigned());
    assert_eq!(store::dirty_backlog(db.store()).await.unwrap().keys, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_ends_although_writers_never_rest() {
    let db = TestDatabase::create().await;
    let places = Arc::new(places());
    insert(db.store(), &[track(&places, 1)]).await;
    let stop = CancellationToken::new();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (store, places, stop) = (db.store().clone(), Arc::clone(&places), stop.clone());
            tokio::spawn(async move {
                let mut n = writer;
                while !stop.is_cancelled() {
                    insert(&store, &[track(&places, n)]).await;
                    n += WRITERS;
                }
            })
        })
        .collect();
    let aggregator = Aggregator::new(db.store().clone(), Arc::new(SystemClock::default()));
    let drained = timeout(Duration::from_secs(30), aggregator.drain(&|_| {})).await;
    stop.cancel();
    for writer in writers {
        writer.await.unwrap();
    }
    assert!(drained.expect("a release in a busy hour").unwrap() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_block_is_named_and_holds_up_no_other() {
    let db = TestDatabase::create().await;
    let places = places();
    insert(db.store(), &(0..50).map(|n| track(&places, n)).collect::<Vec<_>>()).await;
    let mut blocks: Vec<Hex> = places.iter().map(|hex| hex.at_most(Hex::BLOCK)).collect();
    blocks.sort_unstable();
    let damaged = blocks.remove(5);
    let only = format!("where block = {}", damaged.as_i64());
    // One byte more than there should be.
    db.execute(&format!("update coverage_blocks set points = points || '\\x00'::bytea {only}")).await;

    let aggregator = Aggregator::new(db.store().clone(), Arc::new(SystemClock::default()));
    let year = Window::Year(2026);
    for attempt in ["at first", "again, until it is mended"] {
        let error = timeout(Duration::from_secs(30), aggregator.drain(&|_| {})).await.unwrap().unwrap_err();
        assert!(error.to_string().contains(&damaged.to_string()), "{attempt}: {error}");
        assert_eq!(kept(db.store(), &year).await, from_scratch(db.store(), &year, &blocks).await.0, "{attempt}");
    }

    let mended = "points = substr(points, 1, octet_length(points) - 1)";
    db.execute(&format!("update coverage_blocks set {mended} {only}")).await;
    aggregator.drain(&|_| {}).await.unwrap();
    blocks.push(damaged);
    blocks.sort_unstable();
    assert_eq!(kept(db.store(), &year).await, from_scratch(db.store(), &year, &blocks).await.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_dropped_in_the_middle_leaves_its_keys_to_the_next() {
    let db = TestDatabase::create().await;
    let places = places();
    let items: Vec<_> = (0..200).map(|n| track(&places, n)).collect();
    insert(db.store(), &items).await;
    let aggregator = Aggregator::new(db.store().clone(), Arc::new(SystemClock::default()));
    for _ in 0..20 {
        // Whatever it was doing, its turn must end with it.
        let _ = timeout(Duration::from_millis(3), aggregator.drain(&|_| {})).await;
    }
    timeout(Duration::from_mins(1), aggregator.drain(&|_| {})).await.expect("no turn is left taken").unwrap();
    let year = Window::Year(2026);
    let mut blocks: Vec<Hex> = places.iter().map(|hex| hex.at_most(Hex::BLOCK)).collect();
    blocks.sort_unstable();
    assert_eq!(kept(db.store(), &year).await, from_scratch(db.store(), &year, &blocks).await.0);
}
