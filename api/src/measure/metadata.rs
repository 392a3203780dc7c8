use std::collections::HashSet;

use super::Refusal;

/// Bytes that a query string may have.
const MAX_QUERY: usize = 4096;

/// What a client says in the query string. Only `early_exit` matters; the rest is checked and forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Metadata {
    /// End the download after this many bytes.
    pub early_exit: Option<u64>,
}

impl Metadata {
    /// At most 4,096 bytes, no key twice, no empty value, no other early exit than 250 MB.
    pub(super) fn parse(query: &str) -> Result<Self, Refusal> {
        if query.len() > MAX_QUERY {
            return Err(Refusal::Query("must not be longer than 4096 bytes"));
        }
        let mut metadata = Self::default();
        let mut seen = HashSet::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            // `a` and `%61` are one key.
            let (Some(key), Some(value)) = (percent_decoded(key), percent_decoded(value)) else {
                return Err(Refusal::Query("holds a broken %-escape"));
            };
            if value.is_empty() {
                return Err(Refusal::Query("must not hold a key without a value"));
            }
            match (key.as_slice(), value.as_slice()) {
                (b"early_exit", b"250") => metadata.early_exit = Some(250_000_000),
                (b"early_exit", _) => return Err(Refusal::Query("may hold early_exit=250 only")),
                _ => {}
            }
            if !seen.insert(key) {
                return Err(Refusal::Query("must not hold a key twice"));
            }
        }
        Ok(metadata)
    }
}

fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                digit()? * 16 + digit()?
            }
            other => other,
        });
    }
    Some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_metadata_passes_and_asks_for_nothing() {
        let query = "client_library_name=ndt7-js&client_library_version=0.1.4&client_name=a+b%2Fc";
        assert_eq!(Metadata::parse(query).unwrap(), Metadata::default());
        assert_eq!(Metadata::parse("").unwrap(), Metadata::default());
    }

    #[test]
    fn an_early_exit_after_250_megabytes_is_the_only_one() {
        assert_eq!(Metadata::parse("early_exit=250").unwrap().early_exit, Some(250_000_000));
        for query in ["early_exit=249", "early_exit=", "early_exit", "early_exit=0250", "early_exit=250&early_exit=250"]
        {
            assert!(Metadata::parse(query).is_err(), "{query}");
        }
    }

    #[test]
    fn repeated_empty_broken_and_endless_metadata_is_refused() {
        let just_fits = format!("a={}", "x".repeat(MAX_QUERY - 2));
        assert!(Metadata::parse(&just_fits).is_ok());
        for query in ["a=1&a=1", "a=1&%61=2", "a=", "a", "a=%", "a=%4", "a=%zz", &format!("{just_fits}x")] {
            assert!(Metadata::parse(query).is_err(), "{}", &query[..query.len().min(20)]);
        }
    }
}
