use std::fmt;

/// What a process wrote to its standard error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log(Vec<String>);

impl Log {
    /// From text.
    pub fn new(text: &str) -> Self {
        Self(text.lines().map(without_colour).collect())
    }

    /// Line by line.
    pub fn lines(&self) -> &[String] {
        &self.0
    }

    /// Whether any line holds `words`.
    pub fn contains(&self, words: &str) -> bool {
        self.0.iter().any(|line| line.contains(words))
    }

    /// Fails the test on a warning, an error or a panic.
    #[track_caller]
    pub fn assert_clean(&self) {
        self.assert_clean_but(&[]);
    }

    /// The same, but lines that hold one of `expected` are part of the test. Each must occur, so that the
    /// list does not outlive its reason.
    #[track_caller]
    pub fn assert_clean_but(&self, expected: &[&str]) {
        for words in expected {
            assert!(self.contains(words), "the log should hold `{words}`:\n{self}");
        }
        let bad: Vec<_> = self
            .0
            .iter()
            .filter(|line| is_bad(line) && !expected.iter().any(|words| line.contains(words)))
            .map(String::as_str)
            .collect();
        assert!(bad.is_empty(), "the log should hold no warning and no error:\n{}", bad.join("\n"));
    }
}

impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

fn is_bad(line: &str) -> bool {
    // Text lines are `TIME LEVEL target: message`, JSON lines name the level.
    let level = line.split_whitespace().take(2).any(|word| word == "WARN" || word == "ERROR");
    let json = line.starts_with('{') && (line.contains(r#""level":"WARN""#) || line.contains(r#""level":"ERROR""#));
    level || json || line.contains("panicked at")
}

/// Terminal colours would hide the level.
fn without_colour(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, after)| after);
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    const INFO: &str = "2026-11-21T22:00:00Z  INFO whitespot: serving address=127.0.0.1:8080 WARN no ERROR here";

    #[test]
    fn a_log_of_information_is_clean() {
        Log::new(INFO).assert_clean();
        Log::default().assert_clean();
    }

    #[test]
    #[should_panic(expected = "no warning and no error")]
    fn a_coloured_warning_is_seen() {
        Log::new("\u{1b}[2m2026-11-21T22:00:00Z\u{1b}[0m \u{1b}[33m WARN\u{1b}[0m store: slow").assert_clean();
    }

    #[test]
    #[should_panic(expected = "no warning and no error")]
    fn an_error_in_json_is_seen() {
        Log::new(r#"{"timestamp":"2026-11-21T22:00:00Z","level":"ERROR","fields":{}}"#).assert_clean();
    }

    #[test]
    #[should_panic(expected = "no warning and no error")]
    fn a_panic_is_seen() {
        Log::new("thread 'main' panicked at whitespot/src/main.rs:1:1:").assert_clean();
    }

    #[test]
    fn an_expected_warning_is_part_of_the_test() {
        Log::new("2026-11-21T22:00:00Z  WARN store: database gone").assert_clean_but(&["database gone"]);
    }

    #[test]
    #[should_panic(expected = "should hold `database gone`")]
    fn an_expected_warning_has_to_come() {
        Log::new(INFO).assert_clean_but(&["database gone"]);
    }
}
