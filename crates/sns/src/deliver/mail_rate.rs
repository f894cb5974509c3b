//! How many mails an address gets in a second.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use tokio::time::Instant;

/// Mails to an address in a second at most (cloudwatch.md §8.3).
const MAILS_MAX: usize = 10;
const SECOND: Duration = Duration::from_secs(1);
/// Addresses that are kept in mind before old ones are forgotten.
const ADDRESSES_MAX: usize = 10_000;

/// When the last mails went to each address. Like every rate limit, by the machine's clock.
#[derive(Debug, Default)]
pub(super) struct MailRate(HashMap<String, VecDeque<Instant>>);

impl MailRate {
    /// Counts a mail; tells whether it is one too many, and is not to be sent.
    pub fn exceeds(&mut self, address: &str, now: Instant) -> bool {
        if self.0.len() >= ADDRESSES_MAX {
            self.0.retain(|_, sent| sent.back().is_some_and(|last| now.duration_since(*last) < SECOND));
        }
        let sent = self.0.entry(address.to_owned()).or_default();
        while sent.front().is_some_and(|first| now.duration_since(*first) >= SECOND) {
            sent.pop_front();
        }
        if sent.len() >= MAILS_MAX {
            return true;
        }
        sent.push_back(now);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_eleventh_mail_in_a_second_is_one_too_many() {
        let (mut rate, start) = (MailRate::default(), Instant::now());
        let exceeded = |rate: &mut MailRate, millis| rate.exceeds("a@x", start + Duration::from_millis(millis));
        assert!((0..10).all(|mail| !exceeded(&mut rate, mail * 10)));
        assert!(exceeded(&mut rate, 999));
        assert!(!rate.exceeds("b@x", start));
        assert!(!exceeded(&mut rate, 1_000));
        assert!(exceeded(&mut rate, 1_005));
    }
}
