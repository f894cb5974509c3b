//! Which files an event goes to: those of its store and day.
//!
//! The number of a partition is day × 2³² + the store's number, so that older ones are smaller.

use std::ops::RangeInclusive;

use base::Timestamp;

/// The partition of a store's event, as the number that the list of files has.
pub(super) fn partition(number: u32, time: Timestamp) -> i64 {
    // Days that no file can name lie beside the last that can.
    let day = time.day().clamp(i64::from(i32::MIN), i64::from(i32::MAX));
    (day << u32::BITS) | i64::from(number)
}

/// All partitions of any store that events of these times may be in.
pub(super) fn partitions(from: Timestamp, to: Timestamp) -> RangeInclusive<i64> {
    partition(0, from)..=partition(u32::MAX, to)
}

/// The day of a partition.
pub(super) const fn day_of(partition: i64) -> i64 {
    partition >> u32::BITS
}

/// The store of a partition.
pub(super) const fn number_of(partition: i64) -> u32 {
    partition as u32
}

/// The folder of a partition's files.
pub(super) fn folder(partition: i64) -> String {
    let start = day_of(partition).saturating_mul(base::time::DAY_MS);
    format!("store={}/day={}", number_of(partition), Timestamp::from_millis(start).date())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_and_days_are_told_apart() {
        let mut last = i64::MIN;
        for day in [-800_000, -2, -1, 0, 1, 20_000, 2_000_000_000] {
            for number in [0, 1, 7, u32::MAX] {
                let time = Timestamp::from_millis(day * base::time::DAY_MS + 43_200_000);
                let partition = partition(number, time);
                assert_eq!((day_of(partition), number_of(partition)), (day, number));
                assert!(partition > last, "in the order of days");
                assert!(partitions(time, time).contains(&partition));
                last = partition;
            }
        }
    }

    #[test]
    fn times_beyond_all_files_have_a_partition() {
        for time in [Timestamp::MIN, Timestamp::MAX] {
            assert_eq!(number_of(partition(3, time)), 3);
            assert!(partitions(Timestamp::MIN, Timestamp::MAX).contains(&partition(3, time)));
        }
    }

    #[test]
    fn the_folder_names_the_store_and_the_day() {
        let time = Timestamp::parse_iso("2026-01-31T23:59:59Z").unwrap();
        assert_eq!(folder(partition(12, time)), "store=12/day=2026-01-31");
    }
}
