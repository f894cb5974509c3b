//! What fuzzing needs of the table's form in the log.

use super::codec::{decode, encode};

/// Reads a row of the log; whether it is one. One that is read has the same bytes when it is written again.
pub fn read(row: &[u8]) -> bool {
    let Ok(item) = decode(row) else { return false };
    assert_eq!(encode(&item), row);
    true
}
