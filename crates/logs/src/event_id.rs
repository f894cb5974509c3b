//! Ids of events: 56 digits that are the same at every read and rise in the order that reads give (logs.md PE-10).

use store::log_event::LogEvent;

/// An event's id: its time, when it was taken, its position. The leading digit is the one that AWS's have.
pub(crate) fn event_id(event: &LogEvent) -> String {
    let (time, ingested) = (event.time.millis().max(0), event.ingested.millis().max(0));
    format!("3{time:017}{ingested:018}{:020}", event.position.0)
}

#[cfg(test)]
mod tests {
    use base::Timestamp;
    use store::log_event::{Position, StreamId};

    use super::*;

    fn id(time: i64, ingested: i64, position: u64) -> String {
        event_id(&LogEvent {
            stream: StreamId(1),
            time: Timestamp::from_millis(time),
            ingested: Timestamp::from_millis(ingested),
            position: Position(position),
            message: "".into(),
        })
    }

    #[test]
    fn ids_have_56_digits_and_rise_with_time_then_arrival() {
        let now = 1_772_000_000_000;
        let ids =
            [id(0, now, 5), id(now, now, 9), id(now, now + 1, 10), id(now, now + 1, u64::MAX), id(now + 1, now, 1)];
        assert!(ids.iter().all(|id| id.len() == 56 && id.bytes().all(|byte| byte.is_ascii_digit())), "{ids:?}");
        assert!(ids.is_sorted(), "{ids:?}");
    }
}
