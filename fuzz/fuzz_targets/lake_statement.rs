//! Statements of CloudTrail Lake: any text is rewritten, nothing of it is lost, and rewriting again changes nothing.

#![no_main]

use lang::lake_statement::{LakeStatement, is_id};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let found = LakeStatement::of(text);
    let bare = |text: &str| text.to_ascii_lowercase().replace('"', "");
    assert_eq!(bare(&found.sql), bare(text));
    assert!(found.ids.iter().all(|id| is_id(id) && bare(text).contains(id)));
    let again = LakeStatement::of(&found.sql);
    assert_eq!((&again.sql, &again.ids), (&found.sql, &found.ids));
});
