//! The error of every constructor here: which value, and what is wrong with it.

/// A value that a domain type refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} `{value}`: {reason}")]
pub struct Invalid {
    what: &'static str,
    value: String,
    reason: &'static str,
}

impl Invalid {
    /// `what` names the type for a reader, `reason` says what would be right.
    #[expect(clippy::needless_pass_by_value, reason = "callers pass literals, numbers and format_args alike")]
    pub fn new(what: &'static str, value: impl ToString, reason: &'static str) -> Self {
        let mut value = value.to_string();
        // A hostile value must not fill a log or an answer.
        if value.len() > 80 {
            let cut = (0..=80).rev().find(|&i| value.is_char_boundary(i)).unwrap_or(0);
            value.truncate(cut);
            value.push('…');
        }
        Self { what, value, reason }
    }

    /// The name of what was refused.
    pub const fn what(&self) -> &'static str {
        self.what
    }

    /// What would have been right.
    pub const fn reason(&self) -> &'static str {
        self.reason
    }
}
