//! Text of documents: lines of CSV, columns of tables, German decimals.

/// One line of CSV, field by field (RFC 4180).
#[derive(Debug, Default)]
pub(crate) struct Line(Vec<String>);

impl Line {
    /// A value as it is; empty if it is not known.
    pub(crate) fn number(&mut self, value: Option<impl ToString>) -> &mut Self {
        self.0.push(value.map(|value| value.to_string()).unwrap_or_default());
        self
    }

    /// Always quoted: an AGS stays text.
    pub(crate) fn text(&mut self, value: &str) -> &mut Self {
        self.0.push(format!("\"{}\"", value.replace('"', "\"\"")));
        self
    }

    /// The line with its end.
    pub(crate) fn finish(&self) -> String {
        self.0.join(",") + "\r\n"
    }
}

/// Exactly so many characters: cut with an ellipsis, or filled with spaces.
pub(crate) fn fitted(text: &str, width: usize) -> String {
    if text.chars().count() > width {
        text.chars().take(width - 1).chain(['…']).collect()
    } else {
        format!("{text:<width$}")
    }
}

/// German decimals: a comma, at most one digit behind it.
pub(crate) fn decimal(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or_else(|| text.replace('.', ","), str::to_owned)
}

/// With a capital letter in front, as a sentence has.
pub(crate) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
