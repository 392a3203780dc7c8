//! Imports into a database: once, in parts, resumable, without a place, and context apart from evidence.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as loudly as the tests")]

use std::{
    fmt::Write as _,
    io::{Read, Write as _},
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use domain::{AreaKey, Clock, Cover, DeviceSecret, Hex, ManualClock, Resolution, SystemClock, Window};
use flate2::{Compression, write::GzEncoder};
use ingest::{
    Directory, Guard, GuardConfig, Ingest, Limits, Recorder, Validator, Writer, WriterConfig,
    import::{
        FileRef, Format, Found, Head, ImportError, ImportReport, ImportTarget, Judge, KEPT_POINTS, Options, Sink,
        Target, choose, geosubmit, import,
    },
};
use serde_json::json;
use store::{Store, testing::TestDatabase};
use tempfile::TempDir;

/// A place that occurs nowhere else.
const LAT: f64 = 51.434_417;
const LNG: f64 = 6.762_329;

fn clock() -> ManualClock {
    ManualClock::new("2026-06-01T12:00:00Z".parse().unwrap())
}

fn judge() -> Judge {
    let area: AreaKey = "05112000".parse().unwrap();
    let ground = Hex::from_degrees(LAT, LNG, Resolution::Five).unwrap();
    let cover = Arc::new(Cover::new([(ground, area)]));
    Judge { validator: Validator::new(Arc::clone(&cover), Arc::new(clock()), Limits::default()), cover }
}

async fn load(format: Arc<dyn Format>, input: &Path, store: Option<&Store>) -> Result<ImportReport, ImportError> {
    load_keeping(KEPT_POINTS, format, input, store).await
}

/// With nothing kept, even a small input is read twice, as a large one is.
async fn load_keeping(
    kept_points: u64,
    format: Arc<dyn Format>,
    input: &Path,
    store: Option<&Store>,
) -> Result<ImportReport, ImportError> {
    let (judge, clock) = (judge(), clock());
    let target = ImportTarget { store, judge: &judge, clock: &clock, kept_points };
    import(format, input, target, Arc::new(|_| ())).await
}

fn recognise(input: &Path) -> Arc<dyn Format> {
    let options = Options {
        hex: Some(Hex::from_degrees(LAT, LNG, Hex::FIXED).unwrap()),
        mapping: None,
        period: Some("2023-Q4".parse().unwrap()),
        kind: Some(ingest::import::TileKind::Fixed),
    };
    choose(None, input, &options).unwrap()
}

/// As many speed tests as wanted, all different, one a row.
fn rtr(folder: &TempDir, rows: usize) -> PathBuf {
    let path = folder.path().join("tests.csv");
    let mut text = "open_test_uuid,time_utc,cat_technology,lat,long,loc_accuracy,download_kbit,upload_kbit,ping_ms,model,network_mcc_mnc,sim_mcc_mnc\n".to_owned();
    for row in 0..rows {
        let download = 1000 + row;
        writeln!(text, "O{row},2026-05-14 11:59:30,4G,{LAT},{LNG},12,{download},900,30,X1,262-01,262-01").unwrap();
    }
    std::fs::write(&path, text).unwrap();
    path
}

fn report(hour: u32, lng: f64) -> serde_json::Value {
    json!({
        "timestamp": 1_778_760_000_000_i64 + i64::from(hour) * 3_600_000,
        "position": { "latitude": LAT, "longitude": lng, "accuracy": 9.5 },
        "cellTowers": [{ "radioType": "lte", "mobileCountryCode": 262, "mobileNetworkCode": 1, "serving": 1 }],
    })
}

/// Everything in the database, as text.
fn dump(db: &TestDatabase) -> String {
    let output = Command::new("pg_dump").args(["--data-only", "--inserts"]).arg(db.url()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn rows_of<'d>(dump: &'d str, table: &str) -> Vec<&'d str> {
    let start = format!("INSERT INTO public.{table}");
    dump.lines().filter(|line| line.starts_with(&start)).collect()
}

const EVIDENCE: [&str; 5] = ["item_ids", "speed_tests", "coverage_blocks", "dead_spot_reports", "dirty"];

/// Reads as another format does, and stops after some finds.
#[derive(Debug)]
struct Stopping {
    inner: Arc<dyn Format>,
    left: AtomicUsize,
}

impl Format for Stopping {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn target(&self) -> Target {
        self.inner.target()
    }

    fn extensions(&self) -> &'static [&'static str] {
        self.inner.extensions()
    }

    fn detect(&self, head: &Head) -> bool {
        self.inner.detect(head)
    }

    fn read_file(&self, file: &FileRef, content: &mut dyn Read, found: Sink<'_>) -> Result<(), ImportError> {
        self.inner.read_file(file, content, &mut |thing: Found| {
            if self.left.fetch_sub(1, Ordering::Relaxed) == 0 {
                return Err(ImportError::Stopped);
            }
            found(thing)
        })
    }
}

#[tokio::test]
async fn an_import_that_was_stopped_goes_on_where_it_was() {
    let (db, folder) = (TestDatabase::create().await, TempDir::new().unwrap());
    let input = rtr(&folder, 1_000);
    // The first pass reads all thousand; the second is stopped in its fourth part of 200.
    let stopping = Stopping { inner: recognise(&input), left: AtomicUsize::new(1_650) };
    let error = load_keeping(0, Arc::new(stopping), &input, Some(db.store())).await.unwrap_err().to_string();
    assert!(error.contains("What was written stays; run it again"), "{error}");

    let report = load_keeping(0, recognise(&input), &input, Some(db.store())).await.unwrap();
    assert_eq!((report.read, report.duplicate, report.accepted, report.conflict), (1_000, 600, 400, 0));
    let report = load(recognise(&input), &input, Some(db.store())).await.unwrap();
    assert_eq!((report.duplicate, report.accepted), (1_000, 0));
    assert_eq!(rows_of(&dump(&db), "speed_tests").len(), 1_000, "every record once");
}

#[tokio::test]
async fn an_input_that_is_cut_writes_nothing_however_long_its_good_part_is() {
    let (db, folder) = (TestDatabase::create().await, TempDir::new().unwrap());
    let input = rtr(&folder, 3_000);
    let text = std::fs::read(&input).unwrap();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&text).unwrap();
    let packed = gzip.finish().unwrap();
    let cut = folder.path().join("cut.csv.gz");
    std::fs::write(&cut, &packed[..packed.len() - 9]).unwrap();
    let error = load(recognise(&input), &cut, Some(db.store())).await.unwrap_err().to_string();
    assert!(error.contains("cut.csv.gz: the archive is damaged"), "{error}");
    std::fs::write(&input, &text[..text.len() - 30]).unwrap();
    let error = load(recognise(&input), &input, Some(db.store())).await.unwrap_err().to_string();
    assert!(error.contains("tests.csv, row 3001: the file is cut off"), "{error}");
    assert_eq!(store::dirty_backlog(db.store()).await.unwrap().keys, 0);
    assert!(rows_of(&dump(&db), "item_ids").is_empty());
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_taken_and_needs_no_database() {
    let folder = TempDir::new().unwrap();
    let input = rtr(&folder, 30);
    let text = std::fs::read_to_string(&input).unwrap().replacen("2026-05-14", "2036-05-14", 2);
    std::fs::write(&input, text).unwrap();
    let report = load(recognise(&input), &input, None).await.unwrap();
    assert_eq!((report.dry_run, report.read, report.accepted, report.duplicate), (true, 30, 28, 0));
    let shown = report.to_string();
    assert!(shown.contains("a dry run: nothing was written") && shown.contains("acceptable        28"), "{shown}");
}

#[tokio::test]
async fn a_point_that_is_refused_by_time_or_place_is_named_by_its_row() {
    let folder = TempDir::new().unwrap();
    let input = folder.path().join("a.json");
    let mut items: Vec<_> = (0..6).map(|hour| report(hour, LNG)).collect();
    items[2] = report(0, 13.4);
    items[4] = report(90_000, LNG);
    items[5] = report(0, 13.4);
    std::fs::write(&input, json!({ "items": items }).to_string()).unwrap();
    let report = load(recognise(&input), &input, None).await.unwrap();
    let at = json!(report.rejected_at);
    assert_eq!(at, json!({ "outside_area": ["a.json, row 3"], "in_future": ["a.json, row 5"] }));
    assert_eq!(json!(report.rejected), json!({ "outside_area": 2, "in_future": 1 }));
    // The same where nothing of a track is left.
    std::fs::write(&input, json!({ "items": [report_of(13.4), report_of(13.4)] }).to_string()).unwrap();
    let report = load(recognise(&input), &input, None).await.unwrap();
    assert_eq!((report.read, report.accepted), (2, 0));
    assert_eq!(json!(report.rejected_at)["outside_area"][0], "a.json, row 1");
}

fn report_of(lng: f64) -> serde_json::Value {
    report(0, lng)
}

#[tokio::test]
async fn tiles_of_supply_are_context_and_never_evidence() {
    let (db, folder) = (TestDatabase::create().await, TempDir::new().unwrap());
    let input = folder.path().join("tiles.csv");
    let tiles = |download: u32| {
        let header = "quadkey,avg_d_kbps,avg_u_kbps,avg_lat_ms,tests,devices\n";
        // In the region, twice, and far away.
        let (here, far) = (quadkey(LAT, LNG), quadkey(38.5, -28.6));
        format!("{header}{here},{download},9500,14,3,2\n{here},{download},9500,14,3,2\n{far},1,1,1,1,1\n")
    };
    std::fs::write(&input, tiles(48_000)).unwrap();
    let report = load(recognise(&input), &input, Some(db.store())).await.unwrap();
    assert_eq!((report.read, report.accepted, report.duplicate), (3, 1, 1));
    assert_eq!(json!(report.rejected_at)["outside_area"][0], "tiles.csv, row 4");
    let again = load(recognise(&input), &input, Some(db.store())).await.unwrap();
    assert_eq!((again.accepted, again.duplicate), (0, 2));
    std::fs::write(&input, tiles(50_000)).unwrap();
    let changed = load(recognise(&input), &input, Some(db.store())).await.unwrap();
    assert_eq!((changed.accepted, changed.conflict), (0, 2), "what was published first stays");

    assert_eq!(store::supply_tile_count(db.store(), "ookla", "2023-Q4", "fixed").await.unwrap(), 1);
    let dump = dump(&db);
    for table in EVIDENCE {
        assert!(rows_of(&dump, table).is_empty(), "{table} holds something");
    }
    assert!(rows_of(&dump, "releases").is_empty());
}

/// Of zoom 16.
fn quadkey(lat: f64, lng: f64) -> String {
    let edge = f64::from(1_u32 << 16);
    let x = ((lng + 180.0) / 360.0 * edge) as u32;
    let y = ((1.0 - lat.to_radians().tan().asinh() / std::f64::consts::PI) / 2.0 * edge) as u32;
    (0..16).rev().map(|bit| char::from(b'0' + ((x >> bit & 1) + 2 * (y >> bit & 1)) as u8)).collect()
}

#[tokio::test]
async fn reports_over_http_without_a_secret_share_one_voice() {
    let db = TestDatabase::create().await;
    let writer = Writer::start(db.store(), WriterConfig::default());
    let judge = judge();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
    let guard = Guard::new(
        GuardConfig { items_per_second: 0.001, item_burst: 1, ..GuardConfig::default() },
        Arc::clone(&clock),
    );
    let directory = Directory::default();
    let ingest = Ingest::new(db.store().clone(), judge.validator, directory, guard, clock, writer.handle());
    let body = |hour: u32| json!({ "items": [report(hour, LNG), { "timestamp": 1 }] }).to_string();
    let secret = DeviceSecret::from_bytes([7; 16]);
    ingest.submit_geosubmit(body(0).as_bytes(), geosubmit::anonymous()).await.unwrap();
    ingest.submit_geosubmit(body(1).as_bytes(), geosubmit::anonymous()).await.unwrap();
    // Sent again, it counts once.
    ingest.submit_geosubmit(body(1).as_bytes(), geosubmit::anonymous()).await.unwrap();
    ingest.submit_geosubmit(body(0).as_bytes(), Recorder::Device(secret)).await.unwrap();
    assert!(ingest.submit_geosubmit(b"no json", geosubmit::anonymous()).await.is_err());
    // One more of a device is more than its bucket holds; nobody's bucket limits the shared voice.
    let again = ingest.submit_geosubmit(body(1).as_bytes(), Recorder::Device(secret)).await;
    assert!(matches!(again, Err(ingest::IngestError::TooOften(_))), "{again:?}");

    let block = Hex::from_degrees(LAT, LNG, Hex::BLOCK).unwrap();
    let evidence = store::read_block(db.store(), block, &Window::Year(2026)).await.unwrap();
    let mut devices: Vec<_> = evidence.coverage.iter().map(|track| track.device).collect();
    assert_eq!(devices.len(), 3);
    devices.sort();
    devices.dedup();
    assert_eq!(devices.len(), 2, "all without a secret are one");
    writer.drain().await;
}
