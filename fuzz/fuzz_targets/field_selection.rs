//! Criteria for accounts and regions: any text parses, and then holds or not, or is refused in a place within it.

#![no_main]

use lang::field_selection::FieldSelection;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match FieldSelection::parse(text) {
        Ok(selection) => {
            selection.matches("111122223333", "us-east-1");
        }
        Err(error) => assert!(error.at <= text.chars().count()),
    }
});
