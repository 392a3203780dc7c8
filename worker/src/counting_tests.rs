use domain::{
    CoverageEvidence, CoveragePoint, CoverageTrack, DevicePseudonym, Hex, HourStamp, ItemId, SourceClass, Technology,
    Window,
};

use super::*;

const POINTS: usize = 5_000;

fn piece() -> Piece {
    let point = CoveragePoint {
        hex: Hex::from_degrees(51.45, 7.01, Hex::MOBILE).unwrap(),
        hour: HourStamp::from_hours(494_300).unwrap(),
        operator: "26201".parse().unwrap(),
        technology: Some(Technology::FourG),
        signal: None,
        quality: None,
        sinr: None,
    };
    Piece::Coverage(CoverageEvidence {
        device: DevicePseudonym::from_bytes([1; 16]),
        source: SourceClass::Crowd,
        track: CoverageTrack { id: ItemId::random(), locked_to: None, points: vec![point; POINTS] },
    })
}

fn key() -> DirtyBlock {
    (Hex::from_degrees(51.45, 7.01, Hex::BLOCK).unwrap(), Window::Year(2026))
}

#[tokio::test]
async fn one_large_step_at_a_time_is_in_memory() {
    let counting = Counting::new(RuleBook::builtin(), TimeZone::UTC);
    let large = LARGE / POINTS + 1;
    let (to, from) = mpsc::channel(1);
    let first = counting.spawn(vec![key()], from);
    for _ in 0..large {
        to.send((0, Ok(piece()))).await.unwrap();
    }
    drop(to);
    let first = first.await.unwrap();
    assert_eq!((first.rebuilt.len(), first.points), (1, large * POINTS));

    let (to, from) = mpsc::channel(1);
    let second = counting.spawn(vec![key()], from);
    // It takes what makes it a large one, and then nothing more but what its channel holds.
    for _ in 0..=large {
        to.send((0, Ok(piece()))).await.unwrap();
    }
    assert!(to.try_send((0, Ok(piece()))).is_err() && !second.is_finished(), "it waits for the first one's leaves");

    let (nobody, nothing) = mpsc::channel(1);
    drop(nobody);
    let small = counting.spawn(vec![key()], nothing).await.unwrap();
    assert_eq!(small.rebuilt.len(), 1, "a block without evidence has no leaves, and waits for nobody");
    assert!(small.rebuilt[0].leaves.is_empty());

    drop(first);
    to.send((0, Ok(piece()))).await.unwrap();
    drop(to);
    assert_eq!(second.await.unwrap().points, (large + 2) * POINTS);
}

#[tokio::test]
async fn a_key_whose_evidence_cannot_be_read_is_the_only_one_that_fails() {
    let counting = Counting::new(RuleBook::builtin(), TimeZone::UTC);
    let other = (key().0, Window::Year(2027));
    let (to, from) = mpsc::channel(1);
    let counted = counting.spawn(vec![key(), other.clone()], from);
    to.send((0, Ok(piece()))).await.unwrap();
    to.send((0, Err(store::StoreError::Immutable))).await.unwrap();
    to.send((0, Ok(piece()))).await.unwrap();
    to.send((1, Ok(piece()))).await.unwrap();
    drop(to);
    let counted = counted.await.unwrap();
    assert_eq!((counted.rebuilt.len(), &counted.rebuilt[0].window), (1, &other.1));
    assert_eq!(counted.again(), [key()]);
}
