//! Text of a .dbf: the .cpg beside it says how it is encoded.

use std::borrow::Cow;

/// Encodings that official German files come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Latin1,
    Windows1252,
    /// No .cpg: UTF-8 where the bytes allow it, else Latin-1.
    Guess,
}

/// Windows-1252 where it differs from Latin-1: 0x80 to 0x9F.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

impl Encoding {
    /// From the content of a .cpg.
    pub(super) fn from_cpg(text: &str) -> Option<Self> {
        let plain: String = text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
        match plain.as_str() {
            "UTF8" | "65001" => Some(Self::Utf8),
            "ISO88591" | "88591" | "LATIN1" => Some(Self::Latin1),
            "1252" | "CP1252" | "ANSI1252" | "WINDOWS1252" => Some(Self::Windows1252),
            "" => Some(Self::Guess),
            _ => None,
        }
    }

    /// `None` where bytes that should be UTF-8 are not.
    pub(super) fn decode(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        match self {
            Self::Utf8 => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Self::Latin1 => Some(latin1(bytes).into()),
            Self::Windows1252 => Some(bytes.iter().map(|&byte| windows_1252(byte)).collect::<String>().into()),
            Self::Guess => Some(std::str::from_utf8(bytes).map_or_else(|_| Cow::Owned(latin1(bytes)), Cow::Borrowed)),
        }
    }
}

/// Each byte is the code point of its character.
pub(crate) fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

fn windows_1252(byte: u8) -> char {
    byte.checked_sub(0x80).and_then(|high| WINDOWS_1252.get(usize::from(high)).copied()).unwrap_or(char::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_umlaut_survives_each_encoding() {
        assert_eq!(Encoding::Utf8.decode("Köln".as_bytes()).unwrap(), "Köln");
        assert_eq!(Encoding::Latin1.decode(b"K\xf6ln").unwrap(), "Köln");
        assert_eq!(Encoding::Windows1252.decode(b"K\xf6ln \x80").unwrap(), "Köln €");
        assert_eq!(Encoding::Guess.decode(b"K\xf6ln").unwrap(), "Köln");
        assert_eq!(Encoding::Guess.decode("Köln".as_bytes()).unwrap(), "Köln");
    }

    #[test]
    fn latin1_bytes_are_refused_where_the_cpg_promises_utf8() {
        assert_eq!(Encoding::Utf8.decode(b"K\xf6ln"), None);
    }

    #[test]
    fn the_spellings_of_cpg_files_are_known_and_others_refused() {
        for (text, expected) in [
            ("UTF-8\n", Some(Encoding::Utf8)),
            ("ISO-8859-1", Some(Encoding::Latin1)),
            ("ANSI 1252", Some(Encoding::Windows1252)),
            ("GBK", None),
        ] {
            assert_eq!(Encoding::from_cpg(text), expected, "{text}");
        }
    }
}
