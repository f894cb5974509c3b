//! Listings against the plain way to make them.

use std::collections::BTreeSet;
use std::ops::Bound;

use proptest::prelude::*;

use super::*;

/// All entries, over as many pages as it takes.
fn listed(keys: &BTreeSet<String>, prefix: &str, delimiter: Option<&str>, limit: usize) -> Vec<String> {
    let names: BTreeSet<String> = keys.iter().map(|key| object_name("id", key)).collect();
    let mut start = Start::First;
    let mut all = Vec::new();
    loop {
        let query = Query { bucket_id: "id", prefix, delimiter, start: start.clone(), limit };
        let rows = |from: &str, prefix: &str, count: usize| {
            let first = from.max(prefix).to_owned();
            let range = names.range::<String, _>((Bound::Included(first), Bound::Unbounded));
            range.take_while(|name| name.starts_with(prefix)).take(count).map(|name| (name.clone(), ())).collect()
        };
        let page = list(&query, rows, |_, ()| Some(()));
        assert!(page.entries.len() <= limit);
        all.extend(page.entries.into_iter().map(|entry| match entry {
            Entry::Key(key, ()) => key,
            Entry::Group(group) => format!("[{group}]"),
        }));
        match page.next {
            Some(next) => start = Start::of_token(&next.token()).unwrap(),
            None => return all,
        }
    }
}

fn plainly(keys: &BTreeSet<String>, prefix: &str, delimiter: Option<&str>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for key in keys.iter().filter(|key| key.starts_with(prefix)) {
        let entry = match delimiter.and_then(|delimiter| key[prefix.len()..].find(delimiter).map(|at| at + delimiter.len())) {
            Some(end) => format!("[{}]", &key[..prefix.len() + end]),
            None => key.clone(),
        };
        if all.last() != Some(&entry) {
            all.push(entry);
        }
    }
    all
}

proptest! {
    #[test]
    fn pages_are_the_plain_listing_cut(
        keys in prop::collection::btree_set("[ab/\0-\u{2}]{1,5}", 0..20),
        prefix in "[ab/]{0,2}",
        delimiter in prop::option::of("/|a/|b"),
        limit in 1usize..6,
    ) {
        let delimiter = delimiter.as_deref();
        prop_assert_eq!(listed(&keys, &prefix, delimiter, limit), plainly(&keys, &prefix, delimiter));
    }
}

#[test]
fn a_group_of_more_keys_than_a_batch_is_one_entry() {
    let mut keys: BTreeSet<String> = (0..2500).map(|number| format!("a/{number:05}")).collect();
    keys.insert("b".to_owned());
    assert_eq!(listed(&keys, "", Some("/"), 10), ["[a/]", "b"]);
    assert_eq!(listed(&keys, "", None, 1000).len(), 2501);
}

#[test]
fn a_page_of_none_ends_the_listing() {
    let query = Query { bucket_id: "id", prefix: "", delimiter: None, start: Start::First, limit: 0 };
    let page = list(&query, |_, _, _| vec![(object_name("id", "a"), ())], |_, ()| Some(()));
    assert!(page.entries.is_empty() && page.next.is_none());
}

#[test]
fn a_marker_that_is_a_group_stands_for_all_of_it() {
    assert_eq!(Start::after("a/", "", Some("/")), Start::AfterGroup("a/".to_owned()));
    assert_eq!(Start::after("a/b", "", Some("/")), Start::AfterKey("a/b".to_owned()));
    assert_eq!(Start::after("a/", "", None), Start::AfterKey("a/".to_owned()));
}

#[test]
fn what_is_no_token_is_none() {
    for text in ["", "!", "eA", "_w"] {
        assert_eq!(Start::of_token(text), None, "{text}");
    }
}
