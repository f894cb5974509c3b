//! Whole requests, through identification, decoding, validation and an answer.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(request) = fuzz::request(data) {
        fuzz::the_whole_way(&request);
    }
});
