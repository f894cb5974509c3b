//! When the next collection is due.

use std::time::Duration;

use base::Timestamp;

use crate::window::floor;

/// The next multiple of `interval` after `now`: all agents of a site collect together, and a
/// point of five minutes covers the same five minutes everywhere. Ticks that a machine slept
/// through are not made up for. `last` is the tick before: a timer that woke a little early
/// does not make it come twice, while a clock that was set back starts anew.
pub fn next_tick(now: Timestamp, last: Timestamp, interval: Duration) -> Timestamp {
    let early = last > now && last <= now.plus(interval);
    floor(if early { last } else { now }, interval).plus(interval)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_fall_on_multiples_of_the_interval() {
        let five = Duration::from_secs(5);
        let at = Timestamp::from_millis;
        for (now, last, next) in [
            (12_001, 0, 15_000),
            (15_000, 15_000, 20_000),
            (14_999, 15_000, 20_000),
            (15_001, 15_000, 20_000),
            (99_000, 15_000, 100_000),
            (15_001, 9_000_000, 20_000),
        ] {
            assert_eq!(next_tick(at(now), at(last), five), at(next), "{now} {last}");
        }
    }
}
