//! What is told of one type: entries of texts, made to fit what the service takes. Pure.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};

/// Characters of a value, and of the name of an attribute (config.md §9.1).
pub const VALUE_CHARS_MAX: usize = 4096;
/// Characters of the name of an attribute.
pub const NAME_CHARS_MAX: usize = 64;
/// Attributes of an entry.
pub const ATTRIBUTES_MAX: usize = 50;
/// Entries of an item.
const ENTRIES_MAX: usize = 10_000;
/// Bytes of the content of one item, as agents hold themselves to (I-2).
const ITEM_BYTES_MAX: usize = 3 << 20;
/// The attribute that goes first when an item is too long: it says what nothing is decided on.
const LEAST_NEEDED: &str = "Summary";

/// The attributes of one thing. An attribute that is not known is not there.
pub type Entry = BTreeMap<String, String>;

/// An entry of these attributes. Those without a value are left out, and long values are cut.
pub fn entry<'a>(attributes: impl IntoIterator<Item = (&'a str, &'a str)>) -> Entry {
    let known = attributes.into_iter().map(|(name, value)| (name, value.trim())).filter(|(_, value)| !value.is_empty());
    known.map(|(name, value)| (name.to_owned(), cut(value))).collect()
}

/// A value that is too long ends in an ellipsis.
fn cut(value: &str) -> String {
    match value.char_indices().nth(VALUE_CHARS_MAX) {
        None => value.to_owned(),
        Some(_) => value.chars().take(VALUE_CHARS_MAX - 1).chain(['…']).collect(),
    }
}

/// The name of an architecture as it is on every system (config.md §9.2).
pub fn architecture(name: &str) -> String {
    match name.trim().to_ascii_lowercase().as_str() {
        "amd64" => "x86_64".to_owned(),
        "386" => "i386".to_owned(),
        other => other.to_owned(),
    }
}

/// All that is known of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The type, such as `AWS:Application`.
    pub type_name: String,
    /// The version of its schema.
    pub schema_version: String,
    /// Entries, in an order that does not depend on who found them.
    pub entries: Vec<Entry>,
}

impl Item {
    /// An item of these entries; the same entry twice is there once.
    pub fn new(type_name: impl Into<String>, schema_version: impl Into<String>, mut entries: Vec<Entry>) -> Self {
        entries.sort_by(|one, other| order(one).cmp(&order(other)).then_with(|| one.cmp(other)));
        entries.dedup();
        Self { type_name: type_name.into(), schema_version: schema_version.into(), entries }
    }
}

/// Entries are sorted by name, version and architecture (I-6), and then by all else.
fn order(entry: &Entry) -> [Option<&String>; 3] {
    ["Name", "Version", "Architecture"].map(|name| entry.get(name))
}

/// An item as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// The type.
    pub type_name: String,
    /// The version of its schema.
    pub schema_version: String,
    /// The entries as JSON.
    pub json: String,
    /// Base64 of the MD5 of that (I-1).
    pub hash: String,
    /// What had to go.
    pub cut: Cut,
}

/// What had to go for an item to fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// Entries that are left out: the last ones.
    pub entries: usize,
    /// Entries that are there without their summary.
    pub summaries: usize,
}

/// The item as it is sent: not longer than the service takes, summaries being the first to go.
pub fn fit(item: Item) -> Content {
    let Item { type_name, schema_version, mut entries } = item;
    let (found, mut cut) = (entries.len(), Cut::default());
    entries.truncate(ENTRIES_MAX);
    if bytes(&entries) > ITEM_BYTES_MAX {
        cut.summaries = entries.iter_mut().filter_map(|entry| entry.remove(LEAST_NEEDED)).count();
    }
    let mut total = bytes(&entries);
    while total > ITEM_BYTES_MAX
        && let Some(last) = entries.pop()
    {
        total -= json(&last).len() + 1;
    }
    cut.entries = found - entries.len();
    let json = json(&entries);
    let hash = STANDARD.encode(Md5::digest(&json));
    Content { type_name, schema_version, json, hash, cut }
}

/// What the entries come to as JSON: brackets around and a comma after each but the last.
fn bytes(entries: &[Entry]) -> usize {
    1 + entries.iter().map(|entry| json(entry).len() + 1).sum::<usize>().max(1)
}

fn json<T: serde::Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("texts under texts are JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn application(name: &str, version: &str, summary: &str) -> Entry {
        entry([("Name", name), ("Version", version), ("Summary", summary)])
    }

    #[test]
    fn what_is_not_known_is_left_out_and_what_is_too_long_is_cut() {
        let long = "ä".repeat(VALUE_CHARS_MAX + 1);
        let entry = entry([("Name", " a "), ("URL", ""), ("Summary", &long)]);
        assert_eq!(entry.keys().collect::<Vec<_>>(), ["Name", "Summary"]);
        assert_eq!(entry["Name"], "a");
        assert_eq!(entry["Summary"].chars().count(), VALUE_CHARS_MAX);
        assert!(entry["Summary"].ends_with("ä…"));
    }

    #[test]
    fn architectures_have_one_name_each() {
        for (name, expected) in
            [("amd64", "x86_64"), ("386", "i386"), ("x86_64", "x86_64"), ("all", "all"), (" ARM64 ", "arm64")]
        {
            assert_eq!(architecture(name), expected);
        }
    }

    #[test]
    fn the_hash_does_not_depend_on_the_order_that_things_were_found_in() {
        let (a, b) = (application("a", "1", "x"), application("b", "1", "y"));
        let one = fit(Item::new("AWS:Application", "1.1", vec![a.clone(), b.clone(), a.clone()]));
        let other = fit(Item::new("AWS:Application", "1.1", vec![b, a]));
        assert_eq!(one, other);
        assert_eq!(one.json, r#"[{"Name":"a","Summary":"x","Version":"1"},{"Name":"b","Summary":"y","Version":"1"}]"#);
        assert_eq!(one.hash, "84gjYxi+YtjAyrZ4Vp/Q1Q==");
        assert_eq!(fit(Item::new("AWS:WindowsUpdate", "1.0", vec![])).json, "[]");
    }

    #[test]
    fn an_item_that_is_too_long_loses_its_summaries_and_then_its_last_entries() {
        let summary = "s".repeat(4000);
        let many = |count: usize, version: &str| {
            (0..count).map(|at| application(&format!("{at:05}"), version, &summary)).collect::<Vec<_>>()
        };
        let without = fit(Item::new("AWS:Application", "1.1", many(1000, "1")));
        assert_eq!(without.cut, Cut { entries: 0, summaries: 1000 });
        assert!(!without.json.contains("Summary"));
        let version = "1".repeat(4000);
        let shorter = fit(Item::new("AWS:Application", "1.1", many(1000, &version)));
        assert_eq!(shorter.cut.summaries, 1000);
        let entry_bytes = r#"{"Name":"00000","Version":""},"#.len() + 4000;
        assert_eq!(shorter.cut.entries, 1000 - (ITEM_BYTES_MAX - 1) / entry_bytes);
        assert!(shorter.json.len() <= ITEM_BYTES_MAX && shorter.json.len() + entry_bytes > ITEM_BYTES_MAX);
        let most = fit(Item::new("Custom:X", "1.0", (0..10_001).map(|at| entry([("n", &*at.to_string())])).collect()));
        assert_eq!(most.cut, Cut { entries: 1, summaries: 0 });
    }
}
