//! Whole files against thirty lines that do the same slowly.
#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as loudly as the tests")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs::{self, File},
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow_array::{ArrayRef, BinaryArray, Float64Array, Int64Array, RecordBatch, StringArray, UInt64Array};
use bulk::{BulkError, Format, Names, Report, Request, Role, aggregate};
use h3o::{LatLng, Resolution};
use parquet::{arrow::ArrowWriter, file::properties::WriterProperties};

#[derive(Clone, Debug)]
struct Test {
    lat: Option<f64>,
    lng: Option<f64>,
    device: Option<i64>,
    download: Option<f64>,
    latency: Option<f64>,
}

/// Tests from a fixed recurrence: the same on every machine.
fn tests(count: usize, exact_thousandths: bool) -> Vec<Test> {
    let mut state = 42_u64;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let mut maybe = move |value: &dyn Fn(f64) -> f64| {
        let (there, value) = (next() < 0.97, value(next()));
        there.then_some(value)
    };
    let value = |x: f64| if exact_thousandths { (x * 1e6).round() / 1e3 } else { x * 1e3 };
    (0..count)
        .map(|_| Test {
            lat: maybe(&|x| 51.4 + x / 10.0),
            lng: maybe(&|x| 7.0 + x / 10.0),
            device: maybe(&|x| (x * 300.0).floor()).map(|device| device as i64 - 100),
            download: maybe(&value),
            latency: maybe(&value),
        })
        .collect()
}

fn csv(tests: &[Test], delimiter: char) -> String {
    let mut text = format!("lat{delimiter}lon{delimiter}device{delimiter}download{delimiter}latency\n");
    let field = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    for test in tests {
        let device = test.device.map(|device| device.to_string()).unwrap_or_default();
        let fields = [field(test.lat), field(test.lng), device, field(test.download), field(test.latency)];
        writeln!(text, "{}", fields.join(&delimiter.to_string())).unwrap();
    }
    text
}

fn parquet(path: &Path, columns: Vec<(&str, ArrayRef)>, row_group: usize) {
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)));
    let batch = batch.unwrap();
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(row_group)).build();
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

fn write_parquet(path: &Path, tests: &[Test]) {
    let floats =
        |of: &dyn Fn(&Test) -> Option<f64>| -> ArrayRef { Arc::new(tests.iter().map(of).collect::<Float64Array>()) };
    let columns = vec![
        ("lat", floats(&|test| test.lat)),
        ("lon", floats(&|test| test.lng)),
        ("device", Arc::new(tests.iter().map(|test| test.device).collect::<Int64Array>()) as ArrayRef),
        ("download", floats(&|test| test.download)),
        ("latency", floats(&|test| test.latency)),
    ];
    parquet(path, columns, 700);
}

/// The result as a CSV file, line by line and sorted.
fn expected(tests: &[Test], resolution: Resolution) -> Vec<String> {
    let mut hexagons: BTreeMap<u64, Vec<&Test>> = BTreeMap::new();
    for test in tests {
        if let (Some(lat), Some(lng)) = (test.lat, test.lng) {
            hexagons.entry(LatLng::new(lat, lng).unwrap().to_cell(resolution).into()).or_default().push(test);
        }
    }
    let quantile = |sorted: &[f64], q: f64| {
        let at = q * (sorted.len() - 1) as f64;
        let (low, high) = (sorted[at.floor() as usize], sorted[(at.floor() as usize + 1).min(sorted.len() - 1)]);
        low + (high - low) * (at - at.floor())
    };
    let mut lines: Vec<String> = hexagons
        .into_iter()
        .map(|(hex, tests)| {
            let devices: BTreeSet<i64> = tests.iter().filter_map(|test| test.device).collect();
            let mut line = format!("{hex:x},{},{}", tests.len(), devices.len());
            for metric in [|test: &&Test| test.download, |test: &&Test| test.latency] {
                let mut values: Vec<f64> = tests.iter().filter_map(metric).collect();
                values.sort_by(f64::total_cmp);
                write!(line, ",{}", values.len()).unwrap();
                for q in [0.1, 0.5, 0.9] {
                    line.push(',');
                    if !values.is_empty() {
                        write!(line, "{}", (quantile(&values, q) * 1e6).round() / 1e6).unwrap();
                    }
                }
            }
            line
        })
        .collect();
    lines.sort();
    lines
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        fs::write(self.path(name), content).unwrap();
        self.path(name)
    }

    fn request(&self, inputs: Vec<PathBuf>) -> Request {
        Request {
            inputs,
            output: self.path("out.csv"),
            format: Format::Csv,
            resolution: Resolution::Eight,
            names: Names::new(),
            metrics: None,
            quantiles: vec![0.1, 0.5, 0.9],
            memory_bytes: 1 << 30,
            threads: 2,
            scratch: self.0.path().to_owned(),
        }
    }

    /// Lines of the result without the first, sorted.
    fn result(request: &Request) -> (Report, Vec<String>) {
        let report = aggregate(request, &|_| {}).unwrap();
        let text = fs::read_to_string(&request.output).unwrap();
        let mut lines: Vec<String> = text.lines().skip(1).map(str::to_owned).collect();
        lines.sort();
        (report, lines)
    }

    /// What a file is refused with; nothing may be left of a result.
    fn refused(&self, content: impl AsRef<[u8]>) -> String {
        let request = self.request(vec![self.file("bad", content)]);
        let error = aggregate(&request, &|_| {}).unwrap_err();
        assert!(!request.output.exists(), "a partial result looks complete");
        error.to_string()
    }
}

#[test]
fn csv_and_parquet_in_any_split_give_what_a_slow_count_gives() {
    let folder = Folder::new();
    for exact_thousandths in [true, false] {
        let tests = tests(5_000, exact_thousandths);
        let expected = expected(&tests, Resolution::Eight);
        let whole = folder.file("whole.csv", csv(&tests, ','));
        let halves = fs::create_dir_all(folder.path("halves")).map(|()| folder.path("halves")).unwrap();
        folder.file("halves/a.csv", csv(&tests[3_000..], ';'));
        write_parquet(&folder.path("halves/b.parquet"), &tests[..3_000]);
        for (inputs, threads) in [(vec![whole.clone()], 1), (vec![whole], 3), (vec![halves], 2)] {
            let request = Request { threads, ..folder.request(inputs) };
            let (report, lines) = Folder::result(&request);
            assert_eq!(lines, expected, "{request:?}");
            let without = tests.iter().filter(|test| test.lat.is_none() || test.lng.is_none()).count() as u64;
            assert_eq!((report.rows, report.without_place), (5_000, without));
            assert_eq!(report.hexagons, expected.len() as u64);
        }
    }
}

#[test]
fn hexagons_as_input_give_what_their_points_give() {
    let folder = Folder::new();
    let mut tests = tests(2_000, true);
    tests.retain(|test| test.lat.is_some() && test.lng.is_some());
    let expected = expected(&tests, Resolution::Seven);
    let hexes = |resolution: Resolution| {
        let hex = move |test: &Test| LatLng::new(test.lat.unwrap(), test.lng.unwrap()).unwrap().to_cell(resolution);
        tests.iter().map(hex).collect::<Vec<_>>()
    };
    let floats =
        |of: &dyn Fn(&Test) -> Option<f64>| -> ArrayRef { Arc::new(tests.iter().map(of).collect::<Float64Array>()) };
    let others = vec![
        ("device", Arc::new(tests.iter().map(|test| test.device).collect::<Int64Array>()) as ArrayRef),
        ("download", floats(&|test| test.download)),
        ("latency", floats(&|test| test.latency)),
    ];
    let numbers: ArrayRef =
        Arc::new(UInt64Array::from_iter_values(hexes(Resolution::Seven).into_iter().map(u64::from)));
    parquet(&folder.path("seven.parquet"), [vec![("h3", numbers)], others.clone()].concat(), 500);
    let request = Request { resolution: Resolution::Seven, ..folder.request(vec![folder.path("seven.parquet")]) };
    assert_eq!(Folder::result(&request).1, expected);

    // Points of GeoParquet are places as well.
    let tests_at_places = |test: &Test| {
        let mut point = vec![1, 1, 0, 0, 0];
        for degrees in [test.lng, test.lat] {
            point.extend(degrees.unwrap().to_le_bytes());
        }
        point
    };
    let points: ArrayRef = Arc::new(BinaryArray::from_iter_values(tests.iter().map(tests_at_places)));
    parquet(&folder.path("points.parquet"), [vec![("geometry", points)], others].concat(), 500);
    let request = Request { inputs: vec![folder.path("points.parquet")], ..request };
    assert_eq!(Folder::result(&request).1, expected);

    // Finer ones lie in the hexagon that H3's tree says: not always that of the point.
    let mut text = "Zelle,device\n".to_owned();
    for hex in hexes(Resolution::Ten) {
        writeln!(text, "{hex},1").unwrap();
    }
    let mut request = Request { names: vec![(Role::Hex, "zelle".into())], ..request };
    request.inputs = vec![folder.file("ten.csv", &text)];
    let mut parents: BTreeMap<String, u32> = BTreeMap::new();
    for hex in hexes(Resolution::Ten) {
        *parents.entry(hex.parent(Resolution::Seven).unwrap().to_string()).or_default() += 1;
    }
    let parents: Vec<String> = parents.into_iter().map(|(hex, count)| format!("{hex},{count},1")).collect();
    assert_eq!(Folder::result(&request).1, parents);
}

#[test]
fn geojson_and_geoparquet_hold_the_same_numbers_and_the_outlines_of_h3() {
    let folder = Folder::new();
    let tests = tests(500, true);
    let input = folder.file("in.csv", csv(&tests, ','));
    let mut request = folder.request(vec![input]);
    let (report, lines) = Folder::result(&request);

    (request.output, request.format) = (folder.path("out.geojson"), Format::GeoJson);
    aggregate(&request, &|_| {}).unwrap();
    let collection: serde_json::Value = serde_json::from_slice(&fs::read(&request.output).unwrap()).unwrap();
    let features = collection["features"].as_array().unwrap();
    assert_eq!(features.len() as u64, report.hexagons);
    let feature = &features[0];
    let hex = feature["properties"]["hex"].as_str().unwrap();
    let line = lines.iter().find(|line| line.starts_with(hex)).unwrap();
    assert!(line.contains(&format!(",{}", feature["properties"]["download_p50_mbps"])), "{line} {feature}");
    let hex: h3o::CellIndex = hex.parse().unwrap();
    let outline = feature["geometry"]["coordinates"][0].as_array().unwrap();
    assert_eq!(outline.len(), 7, "closed");
    assert_eq!(outline[0][0].as_f64(), Some(hex.boundary()[0].lng()));

    (request.output, request.format) = (folder.path("out.parquet"), Format::Parquet);
    aggregate(&request, &|_| {}).unwrap();
    let bytes = File::open(&request.output).unwrap();
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap();
    let metadata = reader.metadata().file_metadata().key_value_metadata().unwrap().clone();
    let geo = metadata.into_iter().find(|entry| entry.key == "geo").unwrap().value.unwrap();
    let geo: serde_json::Value = serde_json::from_str(&geo).unwrap();
    assert_eq!((geo["version"].as_str(), geo["primary_column"].as_str()), (Some("1.1.0"), Some("geometry")));
    let bbox: Vec<f64> =
        geo["columns"]["geometry"]["bbox"].as_array().unwrap().iter().filter_map(serde_json::Value::as_f64).collect();
    assert!(bbox[0] > 6.9 && bbox[1] > 51.3 && bbox[2] < 7.2 && bbox[3] < 51.6, "{bbox:?}");
    let rows: usize = reader.build().unwrap().map(|batch| batch.unwrap().num_rows()).sum();
    assert_eq!(rows as u64, report.hexagons);
}

#[test]
fn what_cannot_be_read_is_named_with_file_and_line() {
    let folder = Folder::new();
    for (content, parts) in [
        ("", &["bad", "is empty"][..]),
        ("x,y\n1,2\n", &["no place", "x, y"]),
        ("lat,lon\n51,7\n91,7\n", &["line 3", "latitude 91"]),
        ("lat,lon\n51,540\n", &["line 2", "longitude 540"]),
        ("lat,lon\nNaN,7\n", &["line 2", "NaN"]),
        ("lat,lon\n51,inf\n", &["line 2", "inf"]),
        ("lat,lon\n\"51,5\",7\n", &["line 2", "51,5", "no number"]),
        ("lat,lon\n51,7\n51\n", &["line 3", "1 fields"]),
        ("lat,lon,download\n51,7,-1\n", &["line 2", "download -1"]),
        ("hex\n881fa1c5a7fffff\n871fa1c5affffff\n", &["line 3", "coarser"]),
        ("hex\nnonsense\n", &["line 2", "no H3 index"]),
        ("lat,lon\n", &["none of the 0 rows"]),
        ("lat,lon\n51,\n,7\n", &["none of the 2 rows"]),
        ("PAR1 and then nothing", &["no whole Parquet file"]),
    ] {
        let refused = folder.refused(content);
        assert!(parts.iter().all(|part| refused.contains(part)), "{content:?}: {refused}");
    }
    let long = format!("lat,lon\n51,\"{}", format!("{}\n", "7".repeat(99)).repeat(180_000));
    assert!(folder.refused(long).contains("does not end"));
}

#[test]
fn what_cannot_be_read_in_parquet_is_named_with_row_group_and_row() {
    let folder = Folder::new();
    let floats = |values: Vec<f64>| -> ArrayRef { Arc::new(Float64Array::from(values)) };
    let many = |value: f64, other: f64| floats((0..900).map(|row| if row == 850 { other } else { value }).collect());
    for (columns, parts) in [
        (vec![("lat", many(51.0, 91.0)), ("lon", many(7.0, 7.0))], &["row group 1, row 150", "latitude 91"][..]),
        (vec![("lat", many(51.0, f64::NAN)), ("lon", many(7.0, 7.0))], &["row group 1, row 150", "NaN"]),
        (vec![("lat", many(51.0, 51.0)), ("lon", many(7.0, 540.0))], &["row group 1, row 150", "longitude 540"]),
        (
            vec![
                ("lat", many(51.0, 51.0)),
                ("lon", many(7.0, 7.0)),
                ("download", Arc::new(StringArray::from(vec!["fast"; 900])) as ArrayRef),
            ],
            &["column `download` is Utf8"],
        ),
        (
            vec![("lat", many(51.0, 51.0)), ("lon", many(7.0, 7.0)), ("download", many(1.0, f64::INFINITY))],
            &["row group 1, row 150", "download inf"],
        ),
    ] {
        parquet(&folder.path("in.parquet"), columns, 700);
        let refused = folder.refused(fs::read(folder.path("in.parquet")).unwrap());
        assert!(parts.iter().all(|part| refused.contains(part)), "{refused}");
    }
    write_parquet(&folder.path("in.parquet"), &tests(3_000, true));
    let whole = fs::read(folder.path("in.parquet")).unwrap();
    for length in [4, 100, whole.len() / 2, whole.len() - 1] {
        assert!(folder.refused(&whole[..length]).contains("no whole Parquet file"));
    }
    let mut damaged = whole.clone();
    damaged[4..40].fill(0xa5);
    let refused = folder.refused(damaged);
    assert!(refused.contains("row group 0"), "{refused}");
}

#[test]
fn a_folder_is_read_whole_and_what_is_left_out_is_told() {
    let folder = Folder::new();
    let tests = tests(60, true);
    fs::create_dir_all(folder.path("in/year=2025")).unwrap();
    folder.file("in/a.csv", csv(&tests[..20], ','));
    folder.file("in/b.CSV", csv(&tests[20..40], ','));
    write_parquet(&folder.path("in/year=2025/c.parquet"), &tests[40..]);
    folder.file("in/d.csv.gz", "packed");
    folder.file("in/_SUCCESS", "");
    let (report, lines) = Folder::result(&folder.request(vec![folder.path("in")]));
    assert_eq!(lines, expected(&tests, Resolution::Eight));
    assert_eq!((report.files, report.left_out), (3, 1));
    assert_eq!(report.first_left_out, Some(folder.path("in/d.csv.gz")));
}

#[test]
fn a_device_is_the_same_in_text_and_in_numbers() {
    let folder = Folder::new();
    fs::create_dir(folder.path("in")).unwrap();
    let rows = ["7", "007", "-3", "x", "+7"].map(|name| format!("51.45,7.01,{name},10\n"));
    folder.file("in/a.csv", format!("lat,lon,device,download\n{}", rows.concat()));
    let float = |value: f64, count| Arc::new(Float64Array::from(vec![value; count])) as ArrayRef;
    let columns = |devices: ArrayRef| {
        let count = devices.len();
        vec![
            ("lat", float(51.45, count)),
            ("lon", float(7.01, count)),
            ("device", devices),
            ("download", float(10.0, count)),
        ]
    };
    parquet(&folder.path("in/b.parquet"), columns(Arc::new(StringArray::from(vec!["7", "007", "-3", "x"]))), 9);
    parquet(&folder.path("in/c.parquet"), columns(Arc::new(Int64Array::from(vec![7, -3]))), 9);
    let (_, lines) = Folder::result(&folder.request(vec![folder.path("in")]));
    let [_, tests, devices, ..] = lines[0].split(',').collect::<Vec<_>>()[..] else { panic!("{lines:?}") };
    assert_eq!((tests, devices), ("11", "5"), "7, 007, -3, x, +7");
}

#[test]
fn the_output_is_never_one_of_the_inputs() {
    let folder = Folder::new();
    let evidence = csv(&tests(20, true), ',');
    let input = folder.file("in.csv", &evidence);
    let same = Request { output: folder.path("./in.csv"), ..folder.request(vec![input.clone()]) };
    let in_folder = Request { output: input.clone(), ..folder.request(vec![folder.path("")]) };
    for request in [same, in_folder] {
        let error = aggregate(&request, &|_| ()).unwrap_err().to_string();
        assert!(error.contains("is one of the inputs") && error.contains("another place"), "{error}");
        assert_eq!(fs::read_to_string(&input).unwrap(), evidence, "nothing is lost");
    }
}

#[test]
fn a_result_can_be_read_by_whom_the_user_lets_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    let input = folder.file("in.csv", csv(&tests(20, true), ','));
    let request = folder.request(vec![input.clone()]);
    Folder::result(&request);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode(&request.output), mode(&input));
}

#[test]
fn a_request_that_cannot_work_says_so_before_the_work() {
    let folder = Folder::new();
    let good = folder.file("good.csv", "lat,lon,download\n51,7,1\n");
    let refused = |request: &Request| aggregate(request, &|_| panic!("nothing is read")).unwrap_err();
    let small = Request { memory_bytes: 1 << 20, ..folder.request(vec![good.clone()]) };
    assert!(matches!(refused(&small), BulkError::Memory { .. }));
    assert!(matches!(refused(&folder.request(vec![])), BulkError::NoInput));
    let nowhere = Request { output: folder.path("no/such/folder.csv"), ..folder.request(vec![good.clone()]) };
    assert!(matches!(refused(&nowhere), BulkError::Output { .. }));
    let missing = folder.request(vec![folder.path("missing.parquet")]);
    assert!(refused(&missing).to_string().contains("missing.parquet"));
    let names = vec![(Role::Lat, "Breite".into())];
    let unknown = Request { names, ..folder.request(vec![good.clone()]) };
    assert!(refused(&unknown).to_string().contains("no column `Breite`"));

    let other = folder.file("other.csv", "lat,lon,upload\n51,7,1\n");
    let error = aggregate(&folder.request(vec![good, other]), &|_| {}).unwrap_err();
    assert!(error.to_string().contains("other.csv: does not have the columns of"), "{error}");
    assert!(!folder.path("out.csv").exists());
}
