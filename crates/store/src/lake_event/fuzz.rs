//! What fuzzing needs of the table's form in the log, and of what is taken from records.

use super::codec::{decode, encode};
use super::schema::Row;
use super::{LakeColumn, LakeEvent};

/// Reads a row of the log; whether it is one. One that is read has the same bytes when it is written again.
pub fn read(row: &[u8]) -> bool {
    let Ok((number, event)) = decode(row) else { return false };
    assert_eq!(encode(number, &event), row);
    true
}

/// Takes the columns from a record; how many have values.
pub fn columns(record: &str) -> usize {
    let event = LakeEvent { time: base::Timestamp::MIN, source: 0, record: record.to_owned() };
    let row = Row::new(1, event);
    LakeColumn::ALL.iter().filter(|column| row.members.get(**column).is_some()).count()
}
