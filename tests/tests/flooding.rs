//! What one sender can do: nothing to others' answers, and no more to a published share than its voice.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as loudly as the tests")]

use std::time::Duration;

use domain::{Hex, RejectionReason, Resolution, Technology, wire::v1::Item};
use e2e::{Contributor, Server, Whitespot, http, track};
use futures_util::{StreamExt as _, future, stream::FuturesUnordered};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

const HOUR: i32 = 494_300; // a morning in May 2026
const ESSEN: &str = "05113000";

fn somewhere() -> Hex {
    Hex::from_degrees(51.4556, 7.0116, Hex::MOBILE).unwrap()
}

/// All ground of Essen and some around it.
fn ground() -> Vec<Hex> {
    let centre = somewhere().at_most(Resolution::Nine);
    centre.as_h3().grid_disk::<Vec<_>>(45).into_iter().map(Hex::from_h3).collect()
}

async fn share_of_essen(installation: &Whitespot, server: &Server) -> (f64, i64) {
    installation.run(&["release", "--region", "nrw"]).await.ok();
    let releases = server.get_json("/v1/releases?region=nrw").await;
    let release = releases[0]["id"].as_str().unwrap();
    let path = format!("/v1/areas?region=nrw&release={release}&layer=mobile-26201-any");
    let areas = server.get_json(&path).await;
    let essen = areas["items"].as_array().unwrap().iter().find(|area| area["key"] == ESSEN).cloned().unwrap();
    (essen["summary"]["share"]["value"].as_f64().unwrap(), essen["summary"]["devices"].as_i64().unwrap())
}

#[tokio::test]
async fn five_hostile_devices_everywhere_move_fifty_honest_ones_by_no_more_than_their_voices() {
    let (installation, server) = Whitespot::serving_nrw(&[]).await;
    let ground = ground();
    for honest in 0..50 {
        let walk: Vec<_> = (0..3).map(|step| (ground[(honest * 97 + step) % 2_000], Some(Technology::FourG))).collect();
        Contributor::new().send(&server, vec![track("26201", HOUR, &walk)]).await;
    }

    // The worst they can do: say that nothing works, in every hexagon, many times.
    for _ in 0..5 {
        let hostile = Contributor::new();
        for hour in 0..3 {
            let all: Vec<_> = ground.iter().take(4_900).map(|&hex| (hex, None)).collect();
            hostile.send(&server, vec![track("26201", HOUR + hour, &all)]).await;
        }
    }
    // Without them the share is 0. In a release after one without them five devices would not show at all.
    let (share, devices) = share_of_essen(&installation, &server).await;
    let honest = devices - 5;
    assert!(honest > 20, "{honest} honest devices");
    let bound = 5.0 / (honest as f64 + 5.0);
    assert!(share <= bound + 1e-6, "moved by {share}, their voices are worth {bound}");
    server.stop().await.assert_clean();
}

#[tokio::test]
async fn garbage_uses_up_its_senders_requests_and_nobody_elses() {
    let (_installation, server) = Whitespot::serving_nrw(&["--trusted-proxy", "127.0.0.1"]).await;
    let client = http();
    let post = |from: String, body: String| {
        let request = client.post(server.url("/v1/batches")).header("content-type", "application/json");
        request.header("x-forwarded-for", from).body(body).send()
    };
    // All at once: what the seconds between them give back is not at issue. The address that counts is the
    // last one that no proxy of ours has: what stands before it is invented.
    let garbage = (0..200).map(|n| post(format!("198.51.100.{n}, 203.0.113.9"), "{".repeat(1_000)));
    let answers = future::join_all(garbage).await;
    let (refused, read): (Vec<_>, Vec<_>) =
        answers.into_iter().map(Result::unwrap).partition(|answer| answer.status().as_u16() == 429);
    assert!(read.iter().all(|answer| answer.status().as_u16() == 400));
    let refused = refused.into_iter().next().expect("garbage is not taken for ever");
    assert!(refused.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap() >= 1);
    let problem: Value = refused.json().await.unwrap();
    assert_eq!(problem["type"], "urn:whitespot:problem:too-often");

    let honest = Contributor::new().batch(vec![track("26201", HOUR, &[(somewhere(), Some(Technology::FourG))])]);
    let answer = post("203.0.113.10".to_owned(), json!(honest).to_string()).await.unwrap();
    assert_eq!(answer.status().as_u16(), 200, "an honest neighbour is served");
    server.stop().await.assert_clean();
}

/// Sends the head of a batch of so many bytes from an address, and as many of them; the beginning of the answer.
async fn begin(server: &Server, from: &str, announced: usize, sent: usize) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let head = format!(
        "POST /v1/batches HTTP/1.1\r\nhost: here\r\nx-forwarded-for: {from}\r\ncontent-type: application/json\r\n\
         content-length: {announced}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&vec![b' '; sent]).await.unwrap();
    let mut start = [0; 12];
    stream.read_exact(&mut start).await.expect("an answer, and no reset");
    (stream, String::from_utf8_lossy(&start).into_owned())
}

#[tokio::test]
async fn whoever_sends_too_often_is_told_so_before_and_after_a_large_body() {
    let (_installation, server) = Whitespot::serving_nrw(&["--trusted-proxy", "127.0.0.1"]).await;
    let client = http();
    // One address for each question: what the one before left open is not at issue.
    let uses_up = async |from: &str| {
        let garbage = (0..200).map(|_| {
            let request = client.post(server.url("/v1/batches")).header("content-type", "application/json");
            request.header("x-forwarded-for", from).body("{").send()
        });
        future::join_all(garbage).await;
    };

    // The seconds give some of them a turn again; by far the most get none.
    let refused = |(_, answer): &(TcpStream, String)| future::ready(answer == "HTTP/1.1 429");
    uses_up("203.0.113.11").await;
    let heads: FuturesUnordered<_> = (0..300).map(|_| begin(&server, "203.0.113.11", 5_000_000, 0)).collect();
    let refused_heads = timeout(Duration::from_secs(30), heads.filter(refused).take(100).count()).await;
    assert_eq!(refused_heads.expect("nobody waits for the body of a refused request"), 100);

    uses_up("203.0.113.12").await;
    let whole: FuturesUnordered<_> = (0..12).map(|_| begin(&server, "203.0.113.12", 900_000, 900_000)).collect();
    assert!(whole.filter(refused).count().await > 0, "a body that is sent whole is no obstacle to the answer");

    uses_up("203.0.113.13").await;
    let mut begun: FuturesUnordered<_> = (0..12).map(|_| begin(&server, "203.0.113.13", 5_000_000, 1_000)).collect();
    let (mut slow, _) = begun.by_ref().filter(refused).next().await.expect("one of twelve is refused");
    slow.write_all(&vec![b' '; 4_999_000]).await.expect("whoever still sends is not cut off before they can read");
    drop(begun);
    server.stop().await.assert_clean();
}

#[tokio::test]
async fn a_device_that_repeats_itself_is_cut_short_and_told_so() {
    let (_installation, server) = Whitespot::serving_nrw(&[]).await;
    let loud = Contributor::new();
    let here = vec![(somewhere(), Some(Technology::FourG)); 1_000];
    let answer = loud.send(&server, vec![track("26201", HOUR, &here), track("26201", HOUR, &here)]).await;
    assert_eq!(answer.items[0].outcome, "accepted");
    assert_eq!(answer.items[0].points_rejected[&RejectionReason::TooMany], 760);
    assert_eq!(
        (answer.items[1].outcome.as_str(), answer.items[1].reason),
        ("rejected", Some(RejectionReason::TooMany))
    );

    let other = Contributor::new();
    let item = track("26201", HOUR, &[(somewhere(), Some(Technology::FourG))]);
    let mut copy = item.clone();
    if let Item::CoverageTrack(track) = &mut copy {
        track.id = domain::ItemId::random().as_uuid();
    }
    let answer = other.send(&server, vec![item, copy]).await;
    let outcomes: Vec<_> = answer.items.iter().map(|item| item.outcome.as_str()).collect();
    assert_eq!(outcomes, ["accepted", "quarantined"], "the same content under another id stays outside of statistics");
    server.stop().await.assert_clean();
}

#[tokio::test]
async fn bombs_and_nonsense_are_refused_without_effort() {
    use std::io::Write as _;
    let (_installation, server) = Whitespot::serving_nrw(&[]).await;
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..200 {
        bomb.write_all(&vec![b' '; 1 << 20]).unwrap();
    }
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < 1 << 20, "200 MB in {} bytes", bomb.len());
    let post = |encoding: &'static str, body: Vec<u8>| {
        let request = http().post(server.url("/v1/batches")).header("content-type", "application/json");
        let request = if encoding.is_empty() { request } else { request.header("content-encoding", encoding) };
        request.body(body).send()
    };
    let deep = "[".repeat(1_000_000).into_bytes();
    for (encoding, body, status) in [
        ("gzip", bomb, 413),
        ("gzip", b"no gzip at all".to_vec(), 400),
        ("", deep, 400),
        ("", b"{\"batch_id\": \"\xff\xfe\"}".to_vec(), 400),
        ("", Vec::new(), 400),
    ] {
        let answer = post(encoding, body.clone()).await.unwrap();
        let head = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        assert_eq!(answer.status().as_u16(), status, "{encoding} {head}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{head}");
    }
    let deep_item = format!(
        r#"{{"batch_id":"904eb6b5-ad15-41e5-9c05-d8393fbb9a20","device_secret":"{}","sent_at":"2026-06-01T00:00:00Z","client":{{"name":"x","version":"0"}},"items":[{}{}]}}"#,
        "ab".repeat(16),
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let answer = post("", deep_item.into_bytes()).await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["items"][0]["reason"], "malformed", "a deep item fails alone: {answer}");
    server.stop().await.assert_clean();
}
