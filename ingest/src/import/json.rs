//! Items of a JSON document, one at a time: a document is never held whole, and a damaged item costs only itself.
//!
//! The scanner looks for the ends of values without recursion, so that a million brackets are as harmless as
//! one. What stands in an item is judged by its format with `serde_json`, which has its own limit of depth.

use std::io::{self, Read};

use super::{ImportError, files::FileRef};

/// Longest item that is looked at; a result of ndt7 with all its snapshots stays far below.
const MAX_ITEM: usize = 4 * 1024 * 1024;

/// Where the items are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Items {
    /// In the array under this key of the document.
    Under(&'static str),
    /// The document is an item, an array of items, or one item after the other (JSON lines).
    Values,
}

/// Takes the number of an item, from 1, and its bytes. An item that is too long comes as no bytes at all,
/// which no format can read.
type Each<'a> = &'a mut dyn FnMut(u64, &[u8]) -> Result<(), ImportError>;

/// Calls `each` for every item.
pub fn each_item(
    format: &'static str,
    file: &FileRef,
    content: &mut dyn Read,
    items: Items,
    each: Each<'_>,
) -> Result<(), ImportError> {
    let mut json = Json::new(content);
    let done = match items {
        Items::Under(key) => json.under(key, each),
        Items::Values => json.values(each),
    };
    done.map_err(|fault| match fault {
        Fault::Io(source) => file.failed(source),
        Fault::Import(error) => error,
        Fault::Key => ImportError::WrongColumns {
            format,
            file: file.name.clone(),
            what: "list",
            missing: if let Items::Under(key) = items { key.to_owned() } else { String::new() },
            found: super::head::names(json.keys.iter().map(String::as_str)),
        },
        Fault::Syntax(message) => {
            ImportError::Syntax { format, file: file.name.clone(), line: json.line, column: json.column, message }
        }
    })
}

enum Fault {
    Io(io::Error),
    Import(ImportError),
    Syntax(&'static str),
    /// The array is not there.
    Key,
}

impl From<ImportError> for Fault {
    fn from(error: ImportError) -> Self {
        Self::Import(error)
    }
}

const CUT: Fault = Fault::Syntax("ends before the document does");

struct Json<'a> {
    content: &'a mut dyn Read,
    buffer: Vec<u8>,
    at: usize,
    end: usize,
    line: usize,
    column: usize,
    item: Vec<u8>,
    too_long: bool,
    keys: Vec<String>,
}

impl<'a> Json<'a> {
    fn new(content: &'a mut dyn Read) -> Self {
        Self {
            content,
            buffer: vec![0; 1 << 16],
            at: 0,
            end: 0,
            line: 1,
            column: 1,
            item: Vec::new(),
            too_long: false,
            keys: Vec::new(),
        }
    }

    fn under(&mut self, key: &'static str, each: Each<'_>) -> Result<(), Fault> {
        self.skip_mark()?;
        if self.next_word()? != Some(b'{') {
            return Err(Fault::Key);
        }
        self.step();
        let mut found = false;
        let mut first = true;
        loop {
            match (self.next_word()?.ok_or(CUT)?, first) {
                (b'}', _) => break,
                (b',', false) => {
                    self.step();
                    self.next_word()?;
                }
                (_, true) => {}
                _ => return Err(Fault::Syntax("expected `,` or `}`")),
            }
            first = false;
            if self.next_word()?.ok_or(CUT)? != b'"' {
                return Err(Fault::Syntax("expected a name in quotation marks"));
            }
            self.value(true)?;
            let is_wanted = self.item == format!("\"{key}\"").as_bytes();
            if self.keys.len() < 12 {
                self.keys.push(String::from_utf8_lossy(&self.item).trim_matches('"').to_owned());
            }
            if self.next_word()?.ok_or(CUT)? != b':' {
                return Err(Fault::Syntax("expected `:`"));
            }
            self.step();
            if is_wanted && self.next_word()? == Some(b'[') {
                self.array(&mut 0, each)?;
                found = true;
            } else {
                self.next_word()?;
                self.value(false)?;
            }
        }
        self.step();
        match self.next_word()? {
            Some(_) => Err(Fault::Syntax("goes on after the end of the document")),
            None if found => Ok(()),
            None => Err(Fault::Key),
        }
    }

    fn values(&mut self, each: Each<'_>) -> Result<(), Fault> {
        self.skip_mark()?;
        let mut number = 0;
        while let Some(byte) = self.next_word()? {
            if byte == b'[' {
                self.array(&mut number, each)?;
            } else {
                number += 1;
                self.value(true)?;
                each(number, self.taken())?;
            }
        }
        Ok(())
    }

    /// The elements of an array, from its bracket to behind its other bracket.
    fn array(&mut self, number: &mut u64, each: Each<'_>) -> Result<(), Fault> {
        self.step();
        if self.next_word()?.ok_or(CUT)? == b']' {
            self.step();
            return Ok(());
        }
        loop {
            self.next_word()?.ok_or(CUT)?;
            *number += 1;
            self.value(true)?;
            each(*number, self.taken())?;
            match self.next_word()?.ok_or(CUT)? {
                b',' => self.step(),
                b']' => {
                    self.step();
                    return Ok(());
                }
                _ => return Err(Fault::Syntax("expected `,` or `]`")),
            }
        }
    }

    fn taken(&self) -> &[u8] {
        if self.too_long { &[] } else { &self.item }
    }

    /// Takes one value; `keep` puts its bytes into `item`. At the end of the input a bare word is whole.
    fn value(&mut self, keep: bool) -> Result<(), Fault> {
        self.item.clear();
        self.too_long = false;
        let mut state = State::default();
        loop {
            if self.at == self.end && !self.fill()? {
                return if state.is_whole_word() { Ok(()) } else { Err(CUT) };
            }
            let chunk = &self.buffer[self.at..self.end];
            let (used, done) = state.take(chunk);
            if keep {
                if self.item.len() + used <= MAX_ITEM {
                    self.item.extend_from_slice(&chunk[..used]);
                } else {
                    self.too_long = true;
                }
            }
            self.count(used);
            self.at += used;
            if done {
                return if state.length == 0 { Err(Fault::Syntax("expected a value")) } else { Ok(()) };
            }
        }
    }

    /// The next byte that is no white space, not taken.
    fn next_word(&mut self) -> Result<Option<u8>, Fault> {
        loop {
            if self.at == self.end && !self.fill()? {
                return Ok(None);
            }
            let byte = self.buffer[self.at];
            if !byte.is_ascii_whitespace() {
                return Ok(Some(byte));
            }
            self.step();
        }
    }

    fn step(&mut self) {
        self.count(1);
        self.at += 1;
    }

    fn count(&mut self, used: usize) {
        let passed = &self.buffer[self.at..self.at + used];
        let lines: usize = passed.iter().map(|&byte| usize::from(byte == b'\n')).sum();
        if lines > 0 {
            self.line += lines;
            let last = passed.iter().rposition(|&byte| byte == b'\n').unwrap_or(0);
            self.column = passed.len() - last;
        } else {
            self.column += used;
        }
    }

    /// A byte order mark, which some programs write.
    fn skip_mark(&mut self) -> Result<(), Fault> {
        if self.fill()? && self.buffer[..self.end].starts_with(b"\xef\xbb\xbf") {
            self.at = 3;
        }
        Ok(())
    }

    fn fill(&mut self) -> Result<bool, Fault> {
        loop {
            match self.content.read(&mut self.buffer) {
                Ok(n) => {
                    (self.at, self.end) = (0, n);
                    return Ok(n > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Fault::Io(error)),
            }
        }
    }
}

/// Whether a byte ends the value.
enum Ends {
    Not,
    /// It belongs to what follows.
    Before,
    /// It belongs to the value.
    Behind,
}

/// How far into a value the scanner is.
#[derive(Default)]
struct State {
    depth: usize,
    length: usize,
    in_text: bool,
    escaped: bool,
    had_text: bool,
}

impl State {
    /// How many bytes belong to the value, and whether it ends there.
    fn take(&mut self, chunk: &[u8]) -> (usize, bool) {
        let mut at = 0;
        while at < chunk.len() {
            let rest = &chunk[at..];
            // Most bytes mean nothing to the scanner: they are passed in one go.
            let dull = match (self.in_text, self.depth) {
                (true, _) if self.escaped => 0,
                (true, _) => rest.iter().position(|byte| matches!(byte, b'"' | b'\\')).unwrap_or(rest.len()),
                (false, 0) => 0,
                (false, _) => {
                    rest.iter().position(|byte| matches!(byte, b'"' | b'{' | b'}' | b'[' | b']')).unwrap_or(rest.len())
                }
            };
            at += dull;
            self.length += dull;
            let Some(&byte) = chunk.get(at) else { break };
            match self.look_at(byte) {
                Ends::Not => {}
                Ends::Before => return (at, true),
                Ends::Behind => return (at + 1, true),
            }
            at += 1;
        }
        (chunk.len(), false)
    }

    fn look_at(&mut self, byte: u8) -> Ends {
        let mut ends = Ends::Not;
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' if self.in_text => self.escaped = true,
            b'"' if self.in_text => {
                self.in_text = false;
                if self.depth == 0 {
                    ends = Ends::Behind;
                }
            }
            _ if self.in_text => {}
            b'"' => {
                self.in_text = true;
                self.had_text = true;
            }
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' | b',' | b':' if self.depth == 0 => return Ends::Before,
            b'}' | b']' => {
                self.depth -= 1;
                if self.depth == 0 {
                    ends = Ends::Behind;
                }
            }
            _ if self.depth == 0 && byte.is_ascii_whitespace() => return Ends::Before,
            _ => {}
        }
        self.length += 1;
        ends
    }

    fn is_whole_word(&self) -> bool {
        self.length > 0 && self.depth == 0 && !self.in_text && !self.had_text
    }
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
