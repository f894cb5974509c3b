//! Events of event data stores as the log has them, and the columns of their records: whatever the bytes, they are refused
//! or read whole, and only an object has columns.

#![no_main]

use libfuzzer_sys::fuzz_target;
use store::lake_event::fuzz::{columns, read};

fuzz_target!(|row: &[u8]| {
    read(row);
    if let Ok(record) = std::str::from_utf8(row) {
        assert!(record.trim_ascii_start().starts_with('{') || columns(record) == 0);
    }
});
