//! Segments of the log: whatever the bytes, the reader ends and says what it found.

#![no_main]

use libfuzzer_sys::fuzz_target;
use store::wal::fuzz::{packed, read, sealed};

fuzz_target!(|data: &[u8]| {
    let Some((mode, bytes)) = data.split_first() else { return };
    let segment = match mode % 3 {
        0 => bytes.to_vec(),
        1 => sealed(bytes),
        _ => sealed(&packed(bytes)),
    };
    if let Ok(rows) = read(&segment) {
        // A row takes at least its table and length, and nothing is read twice.
        assert!(rows <= bytes.len());
    }
});
