//! Rules of composite alarms: whatever parses prints as text that parses to the same, and has a
//! value. A mistake is somewhere in the text.

#![no_main]

use lang::alarm_rule::{Error, Rule, State};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let rule = match Rule::parse(text) {
        Ok(rule) => rule,
        Err(Error::Unsupported { token, at, .. }) => {
            let there: String = text.chars().skip(at).take(token.chars().count()).collect();
            return assert_eq!(there, token);
        }
        Err(Error::End { at, .. }) => return assert_eq!(at, text.chars().count()),
        Err(_) => return,
    };
    assert_eq!(Rule::parse(&rule.to_string()).as_ref(), Ok(&rule));
    let known = rule.references();
    rule.evaluate(|reference| {
        assert!(known.contains(&reference));
        [Some(State::Ok), Some(State::Alarm), Some(State::InsufficientData), None][reference.len() % 4]
    });
});
