use super::*;

/// Rows as `line:first field`, or the reason.
fn rows(text: &[u8]) -> Result<Vec<String>, String> {
    let file = FileRef::named("a.csv");
    let mut content = text;
    let mut found = Vec::new();
    let read = Table::open("test", &file, &mut content, None).and_then(|mut table| {
        let first = table.need("a")?;
        table.each_row(&mut |line, row| {
            let shown = row.and_then(|row| row.text(first)).map(|text| text.unwrap_or("none").to_owned());
            found.push(format!("{line}:{}", shown.unwrap_or_else(|reason| reason.code().to_owned())));
            Ok(())
        })
    });
    read.map_err(|error| error.to_string()).map(|()| found)
}

#[test]
fn separator_mark_and_quotes_are_read_off_the_file() {
    for text in ["a,b\n1,2\n", "a;b\r\n1;2\r\n", "\u{feff}\"a\"\tb\n1\t2", "a,b\n\"1\",2\n"] {
        assert_eq!(rows(text.as_bytes()).unwrap(), ["2:1"], "{text}");
    }
}

#[test]
fn a_damaged_row_is_named_by_its_line_and_the_others_stay() {
    let text = b"a,b\n1,2\n3\n\xff\xfe,4\n5,6,7\n8,9,\nnull,-\n";
    assert_eq!(rows(text).unwrap(), ["2:1", "3:malformed", "4:malformed", "5:malformed", "6:8", "7:none"]);
    for text in ["a,b\r\n1,2\r\n\r\n3\r\n\"4\r\n\",5\r\n6,7", "a,b\n1,2\n\n3\n\"4\n\",5\n6,7"] {
        assert_eq!(rows(text.as_bytes()).unwrap(), ["2:1", "4:malformed", "5:4", "7:6"], "{text}");
    }
}

#[test]
fn a_file_that_ends_within_a_row_is_cut() {
    let error = rows(b"a,b\n1,2\n3").unwrap_err();
    assert!(error.contains("a.csv, row 3: the file is cut off"), "{error}");
    assert_eq!(rows(b"a,b\n1,2\n3\n").unwrap(), ["2:1", "3:malformed"], "a whole line that lacks a field is no cut");
}

#[test]
fn another_header_is_answered_with_the_names_that_were_seen() {
    let error = rows(b"b,c,51.4344\n1,2,3\n").unwrap_err();
    assert!(error.contains("no column `a` (it has b, c)"), "{error}");
    assert!(rows(b"").unwrap_err().contains("no column `a` (it has no names)"));
}

#[test]
fn a_quotation_mark_that_never_closes_does_not_fill_the_memory() {
    let mut text = b"a,b\n1,2\n\"".to_vec();
    text.resize(5 * 1024 * 1024, b'x');
    let error = rows(&text).unwrap_err();
    assert!(error.contains("a.csv, row 3: has no end within 1048576 bytes"), "{error}");
}
