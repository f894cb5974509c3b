//! Ids of messages: UUIDs that sort in the order in which messages were published.

use std::sync::Mutex;

use base::{Entropy, Timestamp};

/// Bits of the counter that tells messages of one millisecond apart.
const COUNTER_BITS: u32 = 12;

/// Makes ids: version 7 of RFC 9562, milliseconds and a counter first. While the clock stands
/// still, the counter runs over into the milliseconds.
#[derive(Debug, Default)]
pub(crate) struct MessageIds {
    last: Mutex<u64>,
}

/// An id, and the number that its place in the order is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MessageId {
    /// As clients see it.
    pub(crate) text: String,
    /// Ids with a higher number sort later.
    pub(crate) order: u64,
}

impl MessageIds {
    /// A new id, after all others of this server and after the one of this number.
    pub(crate) fn next(&self, now: Timestamp, after: u64, entropy: &dyn Entropy) -> MessageId {
        let millis = u64::try_from(now.millis()).unwrap_or(0) & ((1 << 48) - 1);
        let order = {
            let mut last = self.last.lock().expect("no holder of this lock can panic");
            let order = (millis << COUNTER_BITS).max(after + 1).max(*last + 1);
            *last = order;
            order
        };
        let mut random = [0; 8];
        entropy.fill(&mut random);
        let random = u64::from_be_bytes(random);
        let (millis, counter) = (order >> COUNTER_BITS, order & ((1 << COUNTER_BITS) - 1));
        let text = format!(
            "{:08x}-{:04x}-7{counter:03x}-{:04x}-{:012x}",
            (millis >> 16) & 0xffff_ffff,
            millis & 0xffff,
            0x8000 | ((random >> 48) & 0x3fff),
            random & 0xffff_ffff_ffff
        );
        MessageId { text, order }
    }
}

#[cfg(test)]
mod tests {
    use base::SeededEntropy;
    use base::id::Uuid;

    use super::*;

    #[test]
    fn ids_sort_as_they_were_made_even_while_the_clock_stands() {
        let (ids, entropy) = (MessageIds::default(), SeededEntropy::new(1));
        let now = Timestamp::from_millis(1_772_000_000_123);
        let made: Vec<String> = (0..9000).map(|_| ids.next(now, 0, &entropy).text).collect();
        assert!(made.is_sorted());
        assert!(made.windows(2).all(|pair| pair[0] != pair[1]));
        let uuid: Uuid = made[0].parse().unwrap();
        assert_eq!((uuid.get_version_num(), uuid.to_string()), (7, made[0].clone()));
    }

    #[test]
    fn an_id_comes_after_one_from_before_a_restart() {
        let entropy = SeededEntropy::new(1);
        let now = Timestamp::from_millis(1_772_000_000_123);
        let first = MessageIds::default();
        let before = (0..5).map(|_| first.next(now, 0, &entropy)).last().unwrap();
        let after = MessageIds::default().next(now, before.order, &entropy);
        assert!(after.text > before.text);
    }
}
