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

async fn send(to: &mpsc::Sender<PieceRead>, at: usize, pieces: usize) {
    for _ in 0..pieces {
        to.send((at, Ok(piece()))).await.unwrap();
    }
}

async fn end(to: &mpsc::Sender<PieceRead>, at: usize) {
    to.send((at, Ok(Piece::End))).await.unwrap();
}

/// So many pieces make a large step.
const MANY: usize = LARGE / POINTS + 1;

#[tokio::test]
async fn one_large_step_at_a_time_is_in_memory() {
    let counting = Counting::new(RuleBook::builtin(), TimeZone::UTC);
    let (to, from) = mpsc::channel(1);
    let first = counting.spawn(vec![key()], from);
    send(&to, 0, MANY).await;
    end(&to, 0).await;
    let first = first.await.unwrap();
    assert_eq!((first.rebuilt.len(), first.points), (1, MANY * POINTS));

    let (to, from) = mpsc::channel(1);
    let second = counting.spawn(vec![key()], from);
    // It takes what makes it a large one, and then nothing more but what its channel holds.
    send(&to, 0, MANY + 1).await;
    assert!(to.try_send((0, Ok(piece()))).is_err() && !second.is_finished(), "it waits for the first one's leaves");

    let (other, nothing) = mpsc::channel(1);
    let small = counting.spawn(vec![key()], nothing);
    end(&other, 0).await;
    drop(other);
    let small = small.await.unwrap();
    assert_eq!(small.rebuilt.len(), 1, "a block without evidence has no leaves, and waits for nobody");
    assert!(small.rebuilt[0].leaves.is_empty());

    drop(first);
    end(&to, 0).await;
    assert_eq!(second.await.unwrap().points, (MANY + 1) * POINTS);
}

#[tokio::test]
async fn a_large_step_leaves_the_rest_of_its_keys_to_another() {
    let counting = Counting::new(RuleBook::builtin(), TimeZone::UTC);
    let keys: Vec<_> = (2026..2029).map(|year| (key().0, Window::Year(year))).collect();
    let (to, from) = mpsc::channel(100);
    let counted = counting.spawn(keys.clone(), from);
    send(&to, 1, 1).await;
    send(&to, 0, MANY).await;
    end(&to, 0).await;
    end(&to, 2).await;
    let counted = counted.await.unwrap();
    assert_eq!(counted.settled(), (vec![keys[0].clone()], vec![]), "the others are nobody's: they wait on");
    to.closed().await;
}

#[tokio::test]
async fn what_is_sent_in_part_comes_to_nothing() {
    let counting = Counting::new(RuleBook::builtin(), TimeZone::UTC);
    let (to, from) = mpsc::channel(1);
    let counted = counting.spawn(vec![key()], from);
    send(&to, 0, 1).await;
    drop(to);
    assert_eq!(counted.await.unwrap().settled(), (vec![], vec![]));
}

#[tokio::test]
async fn a_key_whose_evidence_cannot_be_read_is_the_only_one_that_fails() {
    let counting = Counting::new(RuleBook::builtin(), TimeZone::UTC);
    let other = (key().0, Window::Year(2027));
    let (to, from) = mpsc::channel(1);
    let counted = counting.spawn(vec![key(), other.clone()], from);
    send(&to, 0, 1).await;
    to.send((0, Err(store::StoreError::Immutable))).await.unwrap();
    send(&to, 0, 1).await;
    end(&to, 0).await;
    send(&to, 1, 1).await;
    end(&to, 1).await;
    drop(to);
    assert_eq!(counted.await.unwrap().settled(), (vec![other], vec![key()]));
}
