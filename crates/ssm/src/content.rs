//! The entries of a type of inventory: a host has thousands, so they are kept packed and unpacked one type at a time.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use serde::{Deserialize, Serialize};

/// One entry: attributes by name.
pub type Entry = BTreeMap<String, String>;

/// Entries, packed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed {
    count: usize,
    zlib: String,
}

impl Packed {
    /// Entries with the bytes that they have as JSON.
    pub fn new(entries: &[Entry]) -> (Self, usize) {
        let text = serde_json::to_vec(entries).expect("texts serialize to JSON");
        let mut packer = ZlibEncoder::new(Vec::new(), Compression::default());
        packer.write_all(&text).expect("memory takes all bytes");
        let packed = packer.finish().expect("memory takes all bytes");
        (Self { count: entries.len(), zlib: BASE64.encode(packed) }, text.len())
    }

    /// How many entries there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The entries.
    pub fn entries(&self) -> Vec<Entry> {
        let packed = BASE64.decode(&self.zlib).expect("what was packed here is base64");
        let mut text = Vec::new();
        ZlibDecoder::new(&*packed).read_to_end(&mut text).expect("what was packed here can be unpacked");
        serde_json::from_slice(&text).expect("what was packed here is a list of entries")
    }
}

/// The order of entries wherever it must not change from one telling to the next (I-6): by name, version and
/// architecture, then by all there is.
pub fn sort(entries: &mut [Entry]) {
    let by = |entry: &Entry, key: &str| entry.get(key).cloned().unwrap_or_default();
    entries.sort_by_cached_key(|entry| {
        (by(entry, "Name"), by(entry, "Version"), by(entry, "Architecture"), entry.clone())
    });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn entries_are_unpacked_as_they_were_packed(
            entries in proptest::collection::vec(proptest::collection::btree_map(".{0,8}", ".{0,20}", 0..5), 0..20),
        ) {
            let (packed, bytes) = Packed::new(&entries);
            prop_assert_eq!(packed.count(), entries.len());
            prop_assert_eq!(bytes, serde_json::to_string(&entries).unwrap().len());
            prop_assert_eq!(packed.entries(), entries);
        }
    }

    #[test]
    fn entries_are_ordered_by_name_version_and_architecture() {
        let entry = |name: &str, version: &str, architecture: &str, url: &str| -> Entry {
            [("Name", name), ("Version", version), ("Architecture", architecture), ("A", url)]
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into()
        };
        let sorted = [
            Entry::new(),
            entry("a", "1", "x", "9"),
            entry("a", "1", "y", "1"),
            entry("a", "2", "x", "0"),
            entry("b", "0", "x", "0"),
            entry("b", "0", "x", "1"),
        ];
        let mut shuffled = [3, 5, 0, 2, 4, 1].map(|at| sorted[at].clone());
        sort(&mut shuffled);
        assert_eq!(shuffled, sorted);
    }
}
