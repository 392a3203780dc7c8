//! The beginning of a file, by which its format is recognised.

use std::collections::BTreeSet;

/// What is looked at; enough for the header of any table and the first item of any document.
pub const HEAD_BYTES: usize = 64 * 1024;

/// The beginning of a file.
#[derive(Clone, Debug)]
pub struct Head {
    /// Columns of a table, or names of properties anywhere in a JSON document.
    names: BTreeSet<String>,
    /// Whether it is JSON.
    json: bool,
}

impl Head {
    /// Reads the names off the first bytes.
    pub fn new(bytes: &[u8]) -> Self {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let json = bytes.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| b"{[".contains(byte));
        let names = if json { properties(bytes) } else { columns(bytes) };
        Self { names: names.into_iter().collect(), json }
    }

    /// Whether it is JSON with all of these properties.
    pub fn is_json_with(&self, wanted: &[&str]) -> bool {
        self.json && self.has(wanted)
    }

    /// Whether it is a table with all of these columns.
    pub fn is_table_with(&self, wanted: &[&str]) -> bool {
        !self.json && self.has(wanted)
    }

    /// Whether one of the names is there.
    pub fn has_any(&self, wanted: &[&str]) -> bool {
        wanted.iter().any(|name| self.names.contains(*name))
    }

    fn has(&self, wanted: &[&str]) -> bool {
        wanted.iter().all(|name| self.names.contains(*name))
    }

    /// For an error: what was seen.
    pub fn seen(&self) -> String {
        let kind = if self.json { "JSON with" } else { "a table with" };
        format!("{kind} {}", names(self.names.iter().map(String::as_str)))
    }
}

/// Names for an error. A file without a header has data in its place: what looks like data is not shown.
pub fn names<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let is_name = |name: &&str| {
        name.chars().any(char::is_alphabetic)
            && name.chars().filter(char::is_ascii_digit).count() < 3
            && name.chars().count() <= 40
            && !name.chars().any(char::is_control)
    };
    let shown: Vec<&str> = names.filter(is_name).take(12).collect();
    if shown.is_empty() { "no names".to_owned() } else { shown.join(", ") }
}

/// The separator that the first line holds most of.
pub fn separator(head: &[u8]) -> u8 {
    let line = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let count = |wanted: u8| line.iter().map(|&byte| usize::from(byte == wanted)).sum::<usize>();
    [b',', b';', b'\t'].into_iter().max_by_key(|&byte| (count(byte), byte == b',')).unwrap_or(b',')
}

fn columns(bytes: &[u8]) -> Vec<String> {
    let separator = separator(bytes);
    let mut reader =
        csv::ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(bytes);
    let mut header = csv::ByteRecord::new();
    // A header that cannot be read has no names.
    let _ = reader.read_byte_record(&mut header);
    header.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect()
}

/// Texts that stand before a colon.
fn properties(bytes: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = bytes;
    while let Some(start) = rest.iter().position(|&byte| byte == b'"') {
        let text = &rest[start + 1..];
        let mut escaped = false;
        let Some(end) = text.iter().position(|&byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        }) else {
            break;
        };
        rest = &text[end + 1..];
        if rest.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':') && end <= 80 {
            names.push(String::from_utf8_lossy(&text[..end]).into_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_known_by_its_columns_and_a_document_by_its_properties() {
        let head = Head::new("\u{feff}\"Breitengrad\";x\n51.1;2".as_bytes());
        assert!(head.is_table_with(&["Breitengrad", "x"]) && !head.is_json_with(&["x"]));
        let head = Head::new(br#" {"a": ["b", {"c\"": 1, "d" : {"#);
        assert!(head.is_json_with(&["a", "d"]) && !head.has_any(&["b"]));
        assert_eq!(Head::new(br#"{"open"#).seen(), "JSON with no names");
    }

    #[test]
    fn data_in_place_of_a_header_is_not_shown() {
        let head = Head::new(b"51.434417,6.762329,2024-05-01,Lte\n");
        assert_eq!(head.seen(), "a table with Lte");
    }
}
