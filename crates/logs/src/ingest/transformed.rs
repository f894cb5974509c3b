//! What transformers make of events that are being taken: for filters that look at that, and counted (logs.md MF-14).

use base::Timestamp;
use store::log_event::NewEvent;

use crate::data_protection::Masking;
use crate::transformers::{Level, Transforms};

/// What a transformer made of the events of a put.
#[derive(Debug)]
pub(crate) struct Transformed {
    /// The events as filters see them: transformed and masked. Where an event could not be transformed, as it came
    /// (logs.md TR-4), masked.
    pub(crate) shown: Vec<NewEvent>,
    /// Whose the transformer was.
    pub(crate) level: Level,
    /// Events that were transformed.
    pub(crate) events: u64,
    /// Bytes of what was made of them.
    pub(crate) bytes: u64,
    /// Events that could not be.
    pub(crate) errors: u64,
}

impl Transformed {
    /// Transforms events of a stream; `None` where no transformer holds.
    pub(crate) fn of(
        transforms: &Transforms,
        masking: &Masking,
        stream: &str,
        taken: Timestamp,
        events: &[NewEvent],
    ) -> Option<Self> {
        let level = transforms.level(taken)?;
        let mut made = Self { shown: Vec::with_capacity(events.len()), level, events: 0, bytes: 0, errors: 0 };
        for NewEvent { time, message } in events {
            let transformed = match transforms.message(taken, stream, message)? {
                Ok(transformed) => {
                    made.events += 1;
                    made.bytes += transformed.len() as u64;
                    Some(transformed)
                }
                Err(_) => {
                    made.errors += 1;
                    None
                }
            };
            let message = masking.message(taken, transformed.as_deref().unwrap_or(message)).into_owned();
            made.shown.push(NewEvent { time: *time, message });
        }
        Some(made)
    }
}
