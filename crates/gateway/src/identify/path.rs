//! Paths by segments, decoded, and written again in one way.

use wire::percent;

use super::Refused;

/// How a path is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// No segment is empty but the last.
    Strict,
    /// S3's: keys hold what they like.
    Keys,
}

/// A path's segments after its first slash, decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Path {
    segments: Vec<String>,
}

impl Path {
    /// Reads a path as it was sent.
    ///
    /// # Errors
    /// Segments that another server may take for steps (`.`, `..`), empty ones where none may be, and what is no text.
    pub(crate) fn read(path: &str, style: Style) -> Result<Self, Refused> {
        let text = path.strip_prefix('/').unwrap_or(path);
        let mut segments = Vec::new();
        for raw in text.split('/') {
            let bytes = percent::decode(raw.as_bytes()).into_owned();
            let segment = String::from_utf8(bytes).map_err(|_| Refused::Malformed("its path is not UTF-8"))?;
            // Some servers decode before they split, some decode again, some run where paths have backslashes.
            let again = percent::decode(segment.as_bytes());
            let has_steps =
                |text: &[u8]| text.split(|b| matches!(b, b'/' | b'\\')).any(|part| matches!(part, b"." | b".."));
            if has_steps(segment.as_bytes()) || has_steps(&again) || has_steps(&percent::decode(&again)) {
                return Err(Refused::Ambiguous("its path has steps up or in place"));
            }
            if segment.chars().any(|c| c.is_control()) {
                return Err(Refused::Malformed("its path holds control characters"));
            }
            if style == Style::Strict && percent::decode(segment.as_bytes()) != segment.as_bytes() {
                return Err(Refused::Ambiguous("its path is encoded twice"));
            }
            segments.push(segment);
        }
        let inner = segments.len().saturating_sub(1);
        match style == Style::Strict && segments[..inner].iter().any(String::is_empty) {
            true => Err(Refused::Ambiguous("its path has empty segments")),
            false => Ok(Self { segments }),
        }
    }

    /// The path below a bucket that was named elsewhere.
    pub(crate) fn below(mut self, bucket: &str) -> Self {
        self.segments.insert(0, bucket.to_owned());
        self
    }

    /// The segments.
    pub(crate) fn segments(&self) -> Vec<&str> {
        self.segments.iter().map(String::as_str).collect()
    }

    /// The path as it is sent on: everything that need not stand as it is encoded.
    pub(crate) fn encoded(&self) -> String {
        let mut out = String::new();
        for segment in &self.segments {
            out.push('/');
            percent::encode_into(&mut out, segment.as_bytes());
        }
        if out.is_empty() {
            out.push('/');
        }
        out
    }

    /// Checks that a server that decodes the path before it splits it understands the same.
    ///
    /// # Errors
    /// It would not.
    pub(crate) fn means_the_same_decoded(&self, same: impl FnOnce(&[&str]) -> bool) -> Result<(), Refused> {
        if !self.segments.iter().any(|segment| segment.contains('/')) {
            return Ok(());
        }
        let split: Vec<&str> = self.segments.iter().flat_map(|segment| segment.split('/')).collect();
        match same(&split) {
            true => Ok(()),
            false => Err(Refused::Ambiguous("its path means something else once it is decoded")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_written_again_in_one_way() {
        for (path, style, expected) in [
            ("/", Style::Strict, "/"),
            ("", Style::Strict, "/"),
            ("/a/b", Style::Strict, "/a/b"),
            ("/a/b/", Style::Strict, "/a/b/"),
            ("/a%62/%2f+%7E", Style::Strict, "/ab/%2F%2B~"),
            ("/b/x//y:z/", Style::Keys, "/b/x//y%3Az/"),
        ] {
            assert_eq!(Path::read(path, style).unwrap().encoded(), expected, "{path}");
        }
        assert_eq!(Path::read("/k", Style::Keys).unwrap().below("b").encoded(), "/b/k");
    }

    #[test]
    fn paths_that_servers_read_in_several_ways_are_refused() {
        for path in ["/a/../b", "/a/./b", "/a/%2e%2e/b", "/a%2F..%2Fb", "//a", "/a//b", "/a/%252e", "/a/%00"] {
            assert!(Path::read(path, Style::Strict).is_err(), "{path}");
        }
        for path in ["/b/a/../c", "/b/%2e%2e/c", "/b/a%0d", "/b/a%5C..%5Cc", "/b/%252e%252e/c", "/b/a%252F..%252Fc"] {
            assert!(Path::read(path, Style::Keys).is_err(), "{path}");
        }
        assert!(Path::read("/%ff", Style::Keys).is_err());
    }
}
