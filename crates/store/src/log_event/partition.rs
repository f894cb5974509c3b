//! Which files an event goes to: by day, and by how long its group keeps events.
//!
//! Files of a partition go together, most of them whole: what is kept for a day does not lie beside what is kept
//! for years. The number of a partition is day × 32 + class × 4; the last two bits are for parts of a partition.

use base::Timestamp;

const CLASS_SHIFT: u32 = 2;
const DAY_SHIFT: u32 = 5;

/// The partition of an event, as the number that the list of files has.
pub(super) fn partition(time: Timestamp, retention_days: Option<u32>) -> i64 {
    (time.day() << DAY_SHIFT) | (class(retention_days) << CLASS_SHIFT)
}

/// The day of a partition.
pub(super) const fn day_of(partition: i64) -> i64 {
    partition >> DAY_SHIFT
}

/// The folder of a partition's files: all of a day are in one.
pub(super) fn folder(partition: i64) -> String {
    let start = day_of(partition).saturating_mul(base::time::DAY_MS);
    format!("day={}", Timestamp::from_millis(start).date())
}

/// What is kept about as long has the same class.
fn class(retention_days: Option<u32>) -> i64 {
    match retention_days {
        Some(..=7) => 0,
        Some(8..=30) => 1,
        Some(31..=90) => 2,
        Some(91..=400) => 3,
        Some(401..) => 4,
        None => 5,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn days_and_classes_are_told_apart() {
        let mut seen = HashSet::new();
        for day in [-800_000, -2, -1, 0, 1, 20_000, 90_000_000] {
            for retention_days in [Some(7), Some(30), Some(90), Some(400), Some(3653), None] {
                let noon = Timestamp::from_millis(day * base::time::DAY_MS + 43_200_000);
                let partition = partition(noon, retention_days);
                assert_eq!(day_of(partition), day);
                assert!(seen.insert(partition));
            }
        }
    }

    #[test]
    fn the_folder_names_the_day() {
        let time = Timestamp::parse_iso("2026-01-31T23:59:59Z").unwrap();
        for retention_days in [Some(1), None] {
            assert_eq!(folder(partition(time, retention_days)), "day=2026-01-31");
        }
    }
}
