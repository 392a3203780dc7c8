//! A place of its own in a file of every format; afterwards the database, the logs, the reports and the folder are
//! searched for its digits.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as loudly as the tests")]

use std::{
    fmt::Write as _,
    path::Path,
    process::Command,
    sync::{Arc, Mutex},
};

use domain::{AreaKey, Cover, DeviceSecret, Hex, ItemId, ManualClock, Resolution};
use h3o::LatLng;
use ingest::{
    Directory, Guard, GuardConfig, Ingest, Limits, Validator, Writer, WriterConfig,
    import::{ImportTarget, Judge, KEPT_POINTS, Options, choose, geosubmit, import},
};
use serde_json::json;
use store::testing::TestDatabase;
use tempfile::TempDir;
use tracing_subscriber::filter::LevelFilter;

/// The middle of the ground that is taken.
const LAT: &str = "51.434417";
const LNG: &str = "6.762329";

#[allow(dead_code, reason = "the tests of the formats use all of it")]
#[path = "../src/import/testing_fixtures.rs"]
mod fixtures;

/// A file of a format, and where in it somebody was.
struct Planted {
    format: &'static str,
    file: String,
    content: Vec<u8>,
    lat: String,
    lng: String,
}

/// Every format that becomes evidence, each at a place of its own within some hundred metres.
fn planted() -> Vec<Planted> {
    let mut all = Vec::new();
    for at in 0.. {
        // Eleven digits that occur nowhere else.
        let (lat, lng) = (format!("51.4{}173928", 30 + at), format!("6.76{at}4831725"));
        let mut here = fixtures::evidence_at(&lat, &lng);
        here.push(("csv", "a.csv", fixtures::mapped_csv(&lat, &lng)));
        let Some((format, file, content)) = here.into_iter().nth(at) else { break };
        all.push(Planted { format, file: format!("{at}-{file}"), content, lat, lng });
    }
    all
}

impl Planted {
    fn degrees(&self) -> [f64; 2] {
        [&self.lat, &self.lng].map(|text| text.parse().unwrap())
    }

    /// How the place could be written down: by its digits, as a double in either order of bytes, as a fine hexagon.
    fn traces(&self) -> Vec<String> {
        let mut traces = Vec::new();
        for text in [&self.lat, &self.lng] {
            let degrees: f64 = text.parse().unwrap();
            let hex = |bytes: [u8; 8]| bytes.iter().fold(String::new(), |out, byte| out + &format!("{byte:02x}"));
            let digits = text.replace('.', "");
            // Six digits with their dot; without it some more, since any number could hold six.
            traces.extend([text[..7].to_owned(), digits[..9].to_owned()]);
            traces.extend([hex(degrees.to_be_bytes()), hex(degrees.to_le_bytes())]);
        }
        let [lat, lng] = self.degrees();
        for resolution in [Resolution::Eleven, Resolution::Twelve, Resolution::Thirteen, Resolution::Fifteen] {
            let fine = Hex::from_degrees(lat, lng, resolution).unwrap();
            traces.extend([fine.to_string(), fine.as_i64().to_string()]);
        }
        traces
    }

    fn is_in(&self, text: &str) -> Vec<String> {
        self.traces().into_iter().filter(|trace| text.contains(trace.as_str())).collect()
    }
}

fn judge(clock: &ManualClock) -> Judge {
    let area: AreaKey = "05112000".parse().unwrap();
    let ground = Hex::from_degrees(LAT.parse().unwrap(), LNG.parse().unwrap(), Resolution::Five).unwrap();
    let cover = Arc::new(Cover::new([(ground, area)]));
    Judge { validator: Validator::new(Arc::clone(&cover), Arc::new(clock.clone()), Limits::default()), cover }
}

/// The mapping, and what stands beside a result that has no place or time: hexagon, time, and more than is asked for.
fn write_companions(folder: &Path, planted: &Planted) {
    std::fs::write(folder.join("mapping.toml"), fixtures::MAPPING).unwrap();
    if planted.format == "ndt7-json" {
        let [lat, lng] = planted.degrees();
        let hex = Hex::from_degrees(lat, lng, Resolution::Thirteen).unwrap();
        let place = json!({ "hex": hex, "at": "2026-05-14T11:59:30Z", "lat": planted.lat, "lng": lng });
        std::fs::write(folder.join(format!("{}.place.json", planted.file)), place.to_string()).unwrap();
    }
}

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Everything in the database, as text.
fn dump(db: &TestDatabase) -> String {
    let output = Command::new("pg_dump").args(["--inserts"]).arg(db.url()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The same over HTTP: a hexagon finer than promised, degrees in fields that nobody reads, reports in degrees, a body that is
/// none. What was answered.
async fn send(db: &TestDatabase, judge: &Judge, clock: &ManualClock, planted: &Planted) -> String {
    let writer = Writer::start(db.store(), WriterConfig::default());
    let guard = Guard::new(GuardConfig::default(), Arc::new(clock.clone()));
    let (validator, clock) = (judge.validator.clone(), Arc::new(clock.clone()));
    let ingest = Ingest::new(db.store().clone(), validator, Directory::new(), guard, clock, writer.handle());
    let [lat, lng] = planted.degrees();
    let fine = LatLng::new(lat, lng).unwrap().to_cell(Resolution::Thirteen).to_string();
    let coarse = Hex::from_degrees(lat, lng, Hex::MOBILE).unwrap();
    let track = |hex: &str| {
        json!({
            "kind": "coverage_track", "id": ItemId::random().as_uuid(), "hex": [hex], "hour": [494_300],
            "operator": ["26201"], "technology": ["4g"], "lat": [planted.lat], "lng": lng, "cell": fine,
        })
    };
    let batch = json!({
        "batch_id": ItemId::random().as_uuid(), "device_secret": DeviceSecret::random().to_wire(),
        "sent_at": "2026-05-24T12:00:00Z", "client": { "name": "test", "version": "0" }, "here": [lat, lng],
        "items": [track(&fine), track(&coarse.to_string()), { "kind": planted.lat, "at": planted.lng }],
    });
    let answer = ingest.submit(batch.to_string().as_bytes()).await.unwrap();
    let outcomes: Vec<&str> = answer.items.iter().map(|item| item.outcome.as_str()).collect();
    assert_eq!(outcomes, ["rejected", "accepted", "rejected"]);
    // What only its sender is told may repeat what they sent, except for a place.
    let mut answered = format!("{:?}", &answer.items[..2]);
    ingest.submit_geosubmit(&planted.content, geosubmit::anonymous()).await.unwrap();
    let body = format!("{{\"lat\": {}, \"lng\": {}", planted.lat, planted.lng);
    let refused = ingest.submit(body.as_bytes()).await.unwrap_err();
    writeln!(answered, "{refused} {refused:?}").unwrap();
    writer.drain().await;
    answered
}

#[tokio::test]
async fn no_place_of_any_format_or_request_reaches_the_database_the_log_or_another_file() {
    let log = tempfile::NamedTempFile::new().unwrap();
    let writer = Arc::new(log.reopen().unwrap());
    tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_writer(writer).init();
    let (db, clock) = (TestDatabase::create().await, ManualClock::new("2026-06-01T12:00:00Z".parse().unwrap()));
    let judge = judge(&clock);
    let all = planted();
    let mut formats: Vec<_> = all.iter().map(|planted| planted.format).collect();
    formats.dedup();
    let with_places =
        ["drive-test", "funkloch-app", "rtr-opendata", "geosubmit", "librespeed-telemetry", "ndt7-json", "csv"];
    assert_eq!(formats, with_places, "every format that becomes evidence");

    let shown: Arc<Mutex<String>> = Arc::default();
    for planted in &all {
        let folder = TempDir::new().unwrap();
        let input = folder.path().join(&planted.file);
        std::fs::write(&input, &planted.content).unwrap();
        write_companions(folder.path(), planted);
        let before = names_in(folder.path());
        let file = String::from_utf8_lossy(&planted.content);
        assert!(planted.is_in(&file).len() >= 2, "{} is not planted: {file}", planted.file);

        let mapping = (planted.format == "csv").then(|| folder.path().join("mapping.toml"));
        let options = Options { mapping, ..Options::default() };
        let format = choose(Some(planted.format), &input, &options).unwrap();
        // Once from memory, once read twice: what is there is a duplicate then.
        for kept_points in [KEPT_POINTS, 0] {
            let target = ImportTarget { store: Some(db.store()), judge: &judge, clock: &clock, kept_points };
            let told = Arc::clone(&shown);
            let tell = Arc::new(move |progress| writeln!(told.lock().unwrap(), "{progress:?}").unwrap());
            let report = import(Arc::clone(&format), &input, target, tell).await.unwrap();
            let taken = if kept_points == 0 { report.duplicate } else { report.accepted };
            assert!(taken > 0, "nothing of {} was taken: {report}", planted.file);
            writeln!(shown.lock().unwrap(), "{report} {report:?} {}", json!(report)).unwrap();
        }
        assert_eq!(names_in(folder.path()), before, "an import leaves no file of its own");
    }

    let over_http = all.iter().find(|planted| planted.format == "geosubmit").unwrap();
    let answered = send(&db, &judge, &clock, over_http).await;
    shown.lock().unwrap().push_str(&answered);

    let log = std::fs::read_to_string(log.path()).unwrap();
    assert!(log.contains("speed_tests_insert") || log.contains("item_ids_take"), "the log was not heard: {log}");
    let dump = dump(&db).to_lowercase();
    for table in ["speed_tests_2026_05", "coverage_blocks_2026_05"] {
        assert!(dump.contains(&format!("insert into public.{table}")), "nothing in {table}");
    }
    let shown = shown.lock().unwrap();
    for planted in &all {
        for (place, text) in [("the database", &dump), ("the log", &log), ("what is shown", &*shown)] {
            let found = planted.is_in(text);
            assert!(found.is_empty(), "{place} holds {found:?} of {}", planted.file);
        }
    }
}
