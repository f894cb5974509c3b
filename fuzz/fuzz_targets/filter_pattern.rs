//! Filter patterns: any text parses or is refused in a place within it; what matches passes the needle, and what is
//! extracted is extracted from what matches.
//!
//! The first line of the data is the pattern, the rest is the message.

#![no_main]

use lang::filter_pattern::FilterPattern;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (text, message) = text.split_once('\n').unwrap_or((text, ""));
    let pattern = match FilterPattern::parse(text) {
        Ok(pattern) => pattern,
        Err(error) => return assert!(error.position <= text.chars().count()),
    };
    let matches = pattern.matches(message);
    // Extraction does not ask the needle.
    assert_eq!(pattern.extract(message).is_some(), matches);
    assert!(!matches || pattern.needle().may_match(message));
    assert!(matches || !pattern.matches_everything());
    let _ = pattern.selector(message);
});
