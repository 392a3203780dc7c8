//! Every format against every kind of damage: an answer or an error, never a panic, and never a coordinate.

use std::{
    io::{self, Write as _},
    ops::ControlFlow,
    sync::Arc,
};

use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;

use super::{
    Format, Head, ImportError, Options,
    choose::{choose, formats},
    csv_mapping::{Csv, Mapping},
    files::each_file,
    testing::{
        self, LAT, LNG,
        fixtures::{MAPPING, fixtures, mapped_csv},
    },
};

/// All formats, told what they need to know.
fn all() -> Vec<Arc<dyn Format>> {
    let options = Options {
        hex: Some("891fa1b5d5bffff".parse().unwrap()),
        mapping: None,
        period: Some("2023-Q4".parse().unwrap()),
        kind: Some(super::TileKind::Fixed),
    };
    let mut all = formats(&options).unwrap();
    all.retain(|format| format.name() != "csv");
    all.push(Arc::new(Csv { mapping: Some(Mapping::parse(MAPPING).unwrap()) }));
    all
}

fn everything() -> Vec<Vec<u8>> {
    let mut contents: Vec<Vec<u8>> = fixtures().into_iter().map(|(_, _, content)| content).collect();
    contents.push(mapped_csv(LAT, LNG));
    contents
}

/// Reads and shows everything that a report, a log or a table may get.
fn shown(format: &dyn Format, content: &[u8]) -> String {
    match testing::read(format, content) {
        Ok(read) => format!("{read:?}"),
        Err(error) => format!("{error} {error:?}"),
    }
}

fn assert_no_place(text: &str) {
    for degrees in [LAT, LNG] {
        assert!(!text.contains(&degrees[..degrees.len() - 2]), "holds {degrees}: {text}");
    }
}

#[test]
fn each_fixture_is_recognised_as_itself_and_as_nothing_else() {
    for (name, _, content) in fixtures() {
        let head = Head::new(&content);
        let found: Vec<_> = all().iter().filter(|format| format.detect(&head)).map(|format| format.name()).collect();
        assert_eq!(found, [name]);
    }
    for other in ["", "hello", "{}", "[]", "a,b\n1,2\n", r#"{"type":"FeatureCollection","features":[]}"#] {
        let head = Head::new(other.as_bytes());
        assert!(!all().iter().any(|format| format.detect(&head)), "{other}");
    }
}

#[test]
fn a_wrong_format_is_answered_with_the_right_one() {
    let folder = tempfile::tempdir().unwrap();
    for (name, file, content) in fixtures() {
        let path = folder.path().join(file);
        std::fs::write(&path, &content).unwrap();
        let options = Options {
            period: Some("2023-Q4".parse().unwrap()),
            kind: Some(super::TileKind::Fixed),
            ..Options::default()
        };
        assert_eq!(choose(None, &path, &options).unwrap().name(), name);
        for asked in all().iter().map(|format| format.name()).filter(|asked| *asked != name && *asked != "csv") {
            let error = choose(Some(asked), &path, &options).unwrap_err().to_string();
            assert!(error.contains(&format!("looks like {name}, not {asked}: use --format {name}")), "{error}");
        }
    }
    let path = folder.path().join("b.csv");
    std::fs::write(&path, format!("place,{LAT},net\n")).unwrap();
    let error = choose(None, &path, &Options::default()).unwrap_err().to_string();
    assert!(error.contains("a table with net, place") && error.contains("drive-test, funkloch-app"), "{error}");
    assert_no_place(&error);
    let error = choose(Some("gpx"), &path, &Options::default()).unwrap_err().to_string();
    assert!(error.contains("use one of drive-test, funkloch-app"), "{error}");
}

#[test]
fn a_place_in_a_file_is_nowhere_in_what_is_read_of_it() {
    for content in everything() {
        for format in all() {
            assert_no_place(&shown(&*format, &content));
        }
    }
}

#[test]
fn a_place_in_a_damaged_row_is_nowhere_in_its_refusal() {
    for content in everything() {
        let text = String::from_utf8(content).unwrap();
        // The place where the technology, the time or a number should be; and half of the file.
        let damaged = [
            text.replace("4G", LAT).replace("Lte", LAT).replace("\"lte\"", &format!("\"{LAT}\"")),
            text.replace("2026-05-14", LNG).replace("14.05.26", LNG).replace("1778760000000", LNG),
            text.replace("-97", LAT).replace("-98.4", LAT).replace("48000", LAT).replace("48.2", LAT),
            text[..text.len() * 2 / 3].to_owned(),
            text.replace(LAT, &format!("{LAT}x")),
            text.replace('"', ""),
        ];
        for damaged in damaged {
            for format in all() {
                assert_no_place(&shown(&*format, damaged.as_bytes()));
            }
        }
    }
}

#[test]
fn deep_documents_and_bad_text_are_bounded() {
    let deep = "[".repeat(1_000_000);
    let objects = "{\"items\":".repeat(200_000);
    let closed = format!("{{\"items\":[{deep}{}]}}", "]".repeat(1_000_000));
    let features = closed.replace("items", "features");
    let bad_text = b"Messpunkt,Typ\n\xff\xfe\x00,\xc3\x28\n".repeat(1_000);
    let hostile: [&[u8]; 6] =
        [deep.as_bytes(), objects.as_bytes(), closed.as_bytes(), features.as_bytes(), &bad_text, b"\xef\xbb\xbf"];
    for format in all() {
        for content in hostile {
            let _ = shown(&*format, content);
        }
    }
}

#[test]
fn a_small_file_that_unpacks_to_very_much_is_refused_early() {
    let folder = tempfile::tempdir().unwrap();
    let rows = b"1,2,3,4,5,6,7\n".repeat(100_000);
    let pack = |times: usize| {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        (0..times).for_each(|_| gzip.write_all(&rows).unwrap());
        gzip.finish().unwrap()
    };
    let unpacked = |path: &std::path::Path| {
        let mut bytes = 0;
        let read = each_file(path, &["csv"], &mut |file, content| {
            bytes += io::copy(content, &mut io::sink()).map_err(|error| file.failed(error))?;
            Ok(ControlFlow::Continue(()))
        });
        read.map(|()| bytes)
    };
    let bomb = folder.path().join("bomb.csv.gz");
    std::fs::write(&bomb, pack(100)).unwrap();
    assert!(matches!(unpacked(&bomb), Err(ImportError::Bomb { .. })));
    let harmless = folder.path().join("small.csv.gz");
    std::fs::write(&harmless, pack(10)).unwrap();
    assert_eq!(unpacked(&harmless).unwrap(), 14_000_000);

    let archive = folder.path().join("bomb.tar.gz");
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::best()));
    let content = rows.repeat(100);
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    tar.append_data(&mut header, "a.csv", content.as_slice()).unwrap();
    std::fs::write(&archive, tar.into_inner().unwrap().finish().unwrap()).unwrap();
    assert!(matches!(unpacked(&archive), Err(ImportError::Bomb { .. })));

    let zip = folder.path().join("a.csv");
    std::fs::write(&zip, b"PK\x03\x04rest").unwrap();
    assert!(unpacked(&zip).unwrap_err().to_string().contains("Unpack it and give the folder"));
}

#[test]
fn a_packed_file_that_is_cut_is_damaged_wherever_it_is_cut() {
    let folder = tempfile::tempdir().unwrap();
    for (name, file, content) in fixtures() {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(&content).unwrap();
        let packed = gzip.finish().unwrap();
        let path = folder.path().join(format!("{file}.gz"));
        let format = all().into_iter().find(|format| format.name() == name).unwrap();
        std::fs::write(&path, &packed).unwrap();
        format.read(&path, &mut |_| Ok(())).unwrap();
        for cut in [1, 8, packed.len() / 2] {
            std::fs::write(&path, &packed[..packed.len() - cut]).unwrap();
            let error = format.read(&path, &mut |_| Ok(())).unwrap_err();
            assert!(matches!(error, ImportError::DamagedArchive { .. }), "{name} cut by {cut}: {error}");
        }
    }
}

fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), any::<u8>(), 0..4_u8);
    (prop::sample::select(everything()), prop::collection::vec(change, 1..8)).prop_map(|(mut content, changes)| {
        for (at, byte, how) in changes {
            if content.is_empty() {
                break;
            }
            let at = at.index(content.len());
            match how {
                0 => content[at] = byte,
                1 => content.insert(at, byte),
                2 => drop(content.remove(at)),
                _ => content.truncate(at),
            }
        }
        content
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn random_bytes_are_an_answer_or_an_error(content in prop::collection::vec(any::<u8>(), 0..2_000)) {
        for format in all() {
            let _ = shown(&*format, &content);
        }
        let _ = Head::new(&content).seen();
    }

    #[test]
    fn a_damaged_file_is_an_answer_or_an_error_and_shows_no_place(content in mutated()) {
        for format in all() {
            let text = shown(&*format, &content);
            // A digit may have changed; the rest of the place must not show either.
            prop_assert!(!text.contains(".434417") && !text.contains(".762329"), "{}", text);
        }
    }

    #[test]
    fn a_damaged_archive_is_an_answer_or_an_error(cut in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let folder = tempfile::tempdir().unwrap();
        let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (format, file, content) in fixtures() {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, format!("{format}/{file}"), content.as_slice()).unwrap();
        }
        let mut bytes = tar.into_inner().unwrap().finish().unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        bytes.truncate(cut.index(bytes.len() + 1));
        let path = folder.path().join("a.tar.gz");
        std::fs::write(&path, &bytes).unwrap();
        for format in all() {
            let _ = format.read(&path, &mut |_| Ok(()));
        }
        let _ = choose(None, &path, &Options::default());
    }
}
