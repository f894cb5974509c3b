//! The tokens of GetLogEvents: `f/` or `b/` and 56 digits (logs.md §2.1).
//!
//! A token names a gap between events: `f/…` reads what is after it, `b/…` what is before. The digits are the time and
//! the position of the first event after the gap, when the token was first given out, and a check over these, the
//! stream and the direction, so that a token of another stream, or one that nobody gave out, is refused.

use base::{Scope, Timestamp};
use ring::digest::{SHA256, digest};
use store::log_event::{Direction, Place, Position, StreamId};

/// How long a token can be used (logs.md R-1).
const LIFETIME_SECS: i64 = 24 * 3600;

/// A place between events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gap(Place);

impl Gap {
    /// Before everything.
    pub(crate) const START: Self = Self(Place { time: Timestamp::from_millis(0), position: Position(0) });

    /// The gap before an event.
    pub(crate) fn before(event: Place) -> Self {
        Self(event)
    }

    /// The gap after an event.
    pub(crate) fn after(event: Place) -> Self {
        Self(Place { position: Position(event.position.0.saturating_add(1)), ..event })
    }

    /// The place that a read in this direction goes on after; `None` when it begins at the very start.
    pub(crate) fn read_after(self, direction: Direction) -> Option<Place> {
        let Place { time, position } = self.0;
        match (direction, position.0) {
            (Direction::Backward, _) => Some(self.0),
            (Direction::Forward, 0) if time.millis() == 0 => None,
            (Direction::Forward, 0) => Some(Place { time: time.plus_millis(-1), position: Position(u64::MAX) }),
            (Direction::Forward, position) => Some(Place { time, position: Position(position - 1) }),
        }
    }
}

/// A token that was given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReadToken {
    /// Which way it reads.
    pub(crate) direction: Direction,
    /// From where.
    pub(crate) gap: Gap,
}

/// Makes and reads the tokens of one stream.
pub(crate) struct ReadTokens<'a> {
    /// Whose the stream is.
    pub(crate) scope: &'a Scope,
    /// The stream.
    pub(crate) stream: StreamId,
    /// Now.
    pub(crate) now: Timestamp,
}

impl ReadTokens<'_> {
    /// A token for reading on from a gap.
    pub(crate) fn encode(&self, direction: Direction, gap: Gap) -> String {
        self.encode_at(direction, gap, self.now.secs())
    }

    fn encode_at(&self, direction: Direction, Gap(Place { time, position }): Gap, issued_secs: i64) -> String {
        let letter = match direction {
            Direction::Forward => 'f',
            Direction::Backward => 'b',
        };
        let body = format!("{letter}/{:017}{:020}{:011}", time.millis().max(0), position.0, issued_secs.max(0));
        let check = self.check(&body);
        format!("{body}{check:08}")
    }

    /// The token of a text; `None` when it is not one of this stream's, or is too old (logs.md R-8).
    pub(crate) fn decode(&self, text: &str) -> Option<ReadToken> {
        let direction = match text.get(..2)? {
            "f/" => Direction::Forward,
            "b/" => Direction::Backward,
            _ => return None,
        };
        let digits = &text[2..];
        if digits.len() != 56 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let time = Timestamp::from_millis(digits[..17].parse().ok()?);
        let position = Position(digits[17..37].parse().ok()?);
        let issued_secs: i64 = digits[37..48].parse().ok()?;
        let gap = Gap(Place { time, position });
        let fresh = (0..=LIFETIME_SECS).contains(&(self.now.secs() - issued_secs));
        (fresh && self.encode_at(direction, gap, issued_secs) == text).then_some(ReadToken { direction, gap })
    }

    /// Eight digits that only this stream's tokens have.
    fn check(&self, body: &str) -> u32 {
        let Scope { account, region } = self.scope;
        let bytes = digest(&SHA256, format!("{account} {region} {} {body}", self.stream.0).as_bytes());
        let four = bytes.as_ref()[..4].try_into().expect("a digest has more bytes");
        u32::from_be_bytes(four) % 100_000_000
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scope() -> Scope {
        Scope { account: "111122223333".parse().unwrap(), region: "eu-west-1".parse().unwrap() }
    }

    fn place(time: i64, position: u64) -> Place {
        Place { time: Timestamp::from_millis(time), position: Position(position) }
    }

    const NOW: Timestamp = Timestamp::from_secs(1_772_000_000);

    proptest! {
        #[test]
        fn tokens_are_56_digits_and_lead_back(time in 0i64..100_000_000_000_000_000, position in 0..u64::MAX, forward: bool) {
            let scope = scope();
            let tokens = ReadTokens { scope: &scope, stream: StreamId(7), now: NOW };
            let direction = if forward { Direction::Forward } else { Direction::Backward };
            let gap = Gap::after(place(time, position));
            let text = tokens.encode(direction, gap);
            prop_assert_eq!(text.len(), 58);
            prop_assert_eq!(tokens.decode(&text), Some(ReadToken { direction, gap }));
        }

        #[test]
        fn any_text_can_be_read(text: String) {
            let scope = scope();
            prop_assert_eq!(ReadTokens { scope: &scope, stream: StreamId(7), now: NOW }.decode(&text), None);
        }
    }

    #[test]
    fn a_token_belongs_to_its_stream_and_ends_after_a_day() {
        let scope = scope();
        let tokens = |stream, now| ReadTokens { scope: &scope, stream: StreamId(stream), now };
        let text = tokens(7, NOW).encode(Direction::Forward, Gap::START);
        let day = NOW.plus_millis(LIFETIME_SECS * 1000);
        assert!(tokens(7, day).decode(&text).is_some());
        assert_eq!(tokens(7, day.plus_millis(1000)).decode(&text), None);
        assert_eq!(tokens(8, NOW).decode(&text), None);
        assert_eq!(tokens(7, NOW).decode(&text.replace("f/", "b/")), None);
    }

    #[test]
    fn a_read_begins_right_at_the_gap() {
        let gap = Gap::before(place(5, 9));
        assert_eq!(gap.read_after(Direction::Forward), Some(place(5, 8)));
        assert_eq!(gap.read_after(Direction::Backward), Some(place(5, 9)));
        assert_eq!(Gap::before(place(5, 0)).read_after(Direction::Forward), Some(place(4, u64::MAX)));
        assert_eq!(Gap::START.read_after(Direction::Forward), None);
    }
}
