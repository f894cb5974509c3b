//! The Journal Export Format: any bytes are entries or refused, however they are cut, and nothing that is kept
//! is longer than it may be.
//!
//! The first byte of the data is where the rest is cut.

#![no_main]

use agent::logs::journal::export::{ENTRY_BYTES_MAX, Entries, Entry, Malformed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((at, bytes)) = data.split_first() else { return };
    let (first, second) = bytes.split_at(usize::from(*at).min(bytes.len()));
    let read = read(&[first, second]);
    assert_eq!(read, self::read(&[bytes]));
    for entry in read.0 {
        assert!(!entry.cursor.is_empty());
        assert!(entry.fields.iter().map(|field| field.name.len() + field.value.len()).sum::<usize>() <= ENTRY_BYTES_MAX);
    }
});

/// The entries up to the first thing that is none.
fn read(pieces: &[&[u8]]) -> (Vec<Entry>, Option<Malformed>) {
    let (mut entries, mut found) = (Entries::default(), Vec::new());
    for piece in pieces {
        entries.push(piece);
        loop {
            match entries.next_entry() {
                Ok(Some(entry)) => found.push(entry),
                Ok(None) => break,
                Err(error) => return (found, Some(error)),
            }
        }
    }
    (found, None)
}
