//! What a file of log events says of itself: whatever the bytes, they are refused or read whole.

#![no_main]

use libfuzzer_sys::fuzz_target;
use store::log_event::fuzz::{read_summary, rewrite_directory};

fuzz_target!(|input: (u16, &[u8])| {
    let (streams, bytes) = input;
    if let Some(rewritten) = rewrite_directory(bytes) {
        assert_eq!(rewrite_directory(&rewritten).as_ref(), Some(&rewritten));
    }
    read_summary(bytes, streams);
});
