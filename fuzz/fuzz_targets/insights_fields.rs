//! Fields of messages: whatever a message is, what is found in all of it is found by name; and what a tree
//! can be made of is found as well.

#![no_main]

use lang::insights::discover::{Wanted, discover, discover_all};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(message) = std::str::from_utf8(data) else { return };
    let all = discover_all(message);
    assert!(all.len() <= 200);
    let wanted = Wanted::new(all.iter().map(|(name, _)| name.as_str()));
    let by_name = discover(message, &wanted);
    assert!(by_name.iter().zip(&all).all(|(value, (_, expected))| value == expected));
    if let Ok(serde_json::Value::Object(entries)) = serde_json::from_str(message) {
        let leaves = entries.values().filter(|value| !value.is_null() && !value.is_object() && !value.is_array()).count();
        assert!(all.len() >= leaves.min(200));
    }
});
