//! From bytes to lines: newlines are looked for in the file's own encoding. Pure.

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

/// Bytes of a line before it is taken for one, whole or not (logs.md PE-3).
pub const LINE_BYTES_MAX: usize = 1 << 20;

/// A line, without what ends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its text; what is no text in the encoding is replaced.
    pub text: String,
    /// Where in the file the next line begins.
    pub end: u64,
}

/// Cuts the bytes of a file into lines.
#[derive(Debug)]
pub struct Lines {
    encoding: &'static Encoding,
    bytes: Vec<u8>,
    // Where the first of `bytes` stands in the file.
    offset: u64,
    // Bytes at the front that are known to hold no newline.
    scanned: usize,
}

impl Lines {
    /// Lines of a file that is read from `offset`.
    pub fn new(encoding: &'static Encoding, offset: u64) -> Self {
        Self { encoding, bytes: Vec::new(), offset, scanned: 0 }
    }

    /// Adds what was read.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Whether a line has begun that has no end yet.
    pub fn has_rest(&self) -> bool {
        !self.bytes.is_empty()
    }

    /// The next line that is whole, or a piece of one that is too long.
    pub fn next_line(&mut self) -> Option<Line> {
        if let Some((length, ending)) = self.newline() {
            return Some(self.take(length, ending));
        }
        if self.bytes.len() < LINE_BYTES_MAX {
            return None;
        }
        Some(self.take(self.cut(), 0))
    }

    /// What is left, although nothing ends it: the file will not grow any more.
    pub fn rest(&mut self) -> Option<Line> {
        (!self.bytes.is_empty()).then(|| self.take(self.bytes.len().min(LINE_BYTES_MAX), 0))
    }

    /// Bytes of the first line, and of its newline.
    fn newline(&mut self) -> Option<(usize, usize)> {
        let wide = self.encoding == UTF_16LE || self.encoding == UTF_16BE;
        let at = if wide {
            let newline = if self.encoding == UTF_16LE { [b'\n', 0] } else { [0, b'\n'] };
            let start = self.scanned & !1;
            let units = self.bytes[start..].chunks_exact(2);
            units.clone().position(|unit| unit == newline).map(|unit| start + unit * 2)
        } else {
            memchr::memchr(b'\n', &self.bytes[self.scanned..]).map(|at| self.scanned + at)
        };
        if at.is_none() {
            self.scanned = self.bytes.len();
        }
        let at = at.filter(|at| *at <= LINE_BYTES_MAX)?;
        Some((at, if wide { 2 } else { 1 }))
    }

    /// How much of a line that is too long is a piece: no character is cut in two.
    fn cut(&self) -> usize {
        let mut at = LINE_BYTES_MAX;
        if self.encoding == encoding_rs::UTF_8 {
            let is_inside = |at: usize| self.bytes.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
            while at > LINE_BYTES_MAX - 4 && is_inside(at) {
                at -= 1;
            }
        }
        at.min(self.bytes.len())
    }

    fn take(&mut self, length: usize, ending: usize) -> Line {
        let (text, _) = self.encoding.decode_without_bom_handling(&self.bytes[..length]);
        let text = text.strip_suffix('\r').unwrap_or(&text);
        // The mark of the byte order stands at the start of the file alone.
        let text = if self.offset == 0 { text.strip_prefix('\u{feff}').unwrap_or(text) } else { text }.to_owned();
        self.bytes.drain(..length + ending);
        self.offset += (length + ending) as u64;
        self.scanned = 0;
        Line { text, end: self.offset }
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::{UTF_8, WINDOWS_1252};
    use proptest::prelude::*;

    use super::*;

    fn all(encoding: &'static Encoding, pieces: &[&[u8]]) -> Vec<(String, u64)> {
        let mut lines = Lines::new(encoding, 0);
        let mut found = Vec::new();
        for piece in pieces {
            lines.push(piece);
            found.extend(std::iter::from_fn(|| lines.next_line()));
        }
        found.into_iter().map(|line| (line.text, line.end)).collect()
    }

    fn told(lines: &[(&str, u64)]) -> Vec<(String, u64)> {
        lines.iter().map(|(text, end)| ((*text).to_owned(), *end)).collect()
    }

    #[test]
    fn lines_end_where_their_encoding_says() {
        assert_eq!(all(UTF_8, &[b"a\r\nb\n\nhal", b"f\n"]), told(&[("a", 3), ("b", 5), ("", 6), ("half", 11)]));
        assert_eq!(all(UTF_8, &[b"\xef\xbb\xbfa\n"]), told(&[("a", 5)]));
        assert_eq!(all(UTF_8, &[b"bad \xff\n"]), told(&[("bad \u{fffd}", 6)]));
        assert_eq!(all(WINDOWS_1252, &[b"Gr\xfc\xdfe\n"]), told(&[("Grüße", 6)]));
        // U+0A0A and U+010A hold the byte of a newline and are none.
        let le: Vec<u8> = "\u{feff}ਊĊ\nb\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let (first, second) = le.split_at(5);
        assert_eq!(all(UTF_16LE, &[first, second]), told(&[("ਊĊ", 8), ("b", 12)]));
        let be: Vec<u8> = "ਊĊ\nb\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(all(UTF_16BE, &[&be]), told(&[("ਊĊ", 6), ("b", 10)]));
    }

    #[test]
    fn a_line_that_is_too_long_comes_in_pieces_between_characters() {
        let long = format!("{}é{}\n", "x".repeat(LINE_BYTES_MAX - 1), "y".repeat(10));
        let found = all(UTF_8, &[long.as_bytes()]);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].0.len(), LINE_BYTES_MAX - 1);
        assert_eq!(found[1], ("é".to_owned() + &"y".repeat(10), long.len() as u64));
    }

    #[test]
    fn what_no_newline_ends_is_the_rest() {
        let mut lines = Lines::new(UTF_8, 10);
        lines.push(b"half");
        assert_eq!((lines.next_line(), lines.has_rest()), (None, true));
        assert_eq!(lines.rest(), Some(Line { text: "half".to_owned(), end: 14 }));
        assert_eq!(lines.rest(), None);
    }

    proptest! {
        #[test]
        fn how_a_file_is_read_changes_nothing(text in "[a-zé\\n\\r]{0,60}", at in 0usize..60) {
            let bytes = text.as_bytes();
            let (first, second) = bytes.split_at(at.min(bytes.len()));
            prop_assert_eq!(all(UTF_8, &[first, second]), all(UTF_8, &[bytes]));
        }
    }
}
