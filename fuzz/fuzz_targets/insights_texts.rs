//! The small languages of queries, each from a text and what it is used on, a line apart: spans of time,
//! globs, patterns of messages, and functions with patterns of their own.

#![no_main]

use lang::insights::{Value, bin::Bin, functions, functions::Moment, glob::Glob, natural, pattern::Clusters};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (first, second) = text.split_once('\n').unwrap_or((text, ""));
    if let Ok(bin) = Bin::parse(first) {
        assert_eq!(Bin::parse(&bin.to_string()).as_ref(), Ok(&bin));
        let time = second.parse().unwrap_or(0);
        assert!(bin.floor(time) <= bin.ceil(time));
    }
    let glob = Glob::parse(first);
    if let Some(captures) = glob.captures(second) {
        assert_eq!(captures.len(), glob.star_count());
        assert!(glob.literals().all(|literal| second.contains(literal)));
    }
    let mut clusters = Clusters::default();
    clusters.push(first);
    clusters.push(second);
    assert_eq!(clusters.rows().iter().map(|row| row.sample_count).sum::<u64>(), 2);
    let (first, second) = (Value::from(first), Value::from(second));
    assert_eq!(natural::compare(&first, &second), natural::compare(&second, &first).reverse());
    let moment = Moment { now_ms: 0, start_ms: 0, end_ms: 0 };
    for function in functions::all() {
        let arguments = [second.clone(), first.clone(), second.clone()];
        if let Some(count) = (0..=arguments.len()).rev().find(|count| function.arity.contains(count)) {
            (function.call)(&moment, &arguments[..count]);
        }
    }
});
