//! Configuration items as the log has them: whatever the bytes, they are refused or read whole.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|row: &[u8]| {
    store::config_item::fuzz::read(row);
});
