//! Criteria for log groups: any text parses, and then holds or not and overlaps with itself, or is refused in a place
//! within it.

#![no_main]

use lang::group_selection::GroupSelection;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match GroupSelection::parse(text) {
        Ok(selection) => {
            selection.holds("/aws/lambda/f");
            assert!(selection.overlaps(&selection));
        }
        Err(error) => assert!(error.at <= text.chars().count()),
    }
});
