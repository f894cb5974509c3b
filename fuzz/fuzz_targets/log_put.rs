//! Puts of log events as the log has them: whatever the bytes, they are refused or read whole.

#![no_main]

use libfuzzer_sys::fuzz_target;
use store::log_event::fuzz::read;

fuzz_target!(|row: &[u8]| {
    if let Some(events) = read(row) {
        // Each event takes at least a byte for its time and one for its length.
        assert!(2 * events <= row.len());
    }
});
