//! Which events a subscription wants, and the payloads that they make.

use std::collections::BTreeMap;

use base::Scope;
use lang::filter_pattern::PatternKind;
use store::log_event::{LogEvent, StreamId};

use super::deliver::Subscription;
use super::payload::{Payload, PayloadEvent, Whose};
use crate::directory::KnownGroup;
use crate::event_id::event_id;
use crate::{Logs, data_protection, transformers};

/// An event that is wanted, with what is extracted of it.
pub(super) struct Wanted {
    /// The event, with the message as it is sent.
    pub(super) event: LogEvent,
    extracted: Option<serde_json::Map<String, serde_json::Value>>,
}

/// The events that a subscription wants.
pub(super) fn matching(logs: &Logs, subscription: &Subscription, events: Vec<LogEvent>) -> Vec<Wanted> {
    if !subscription.applies {
        return Vec::new();
    }
    let KnownGroup { scope, name, record } = &subscription.group;
    let masking = data_protection::masked(logs, scope, record);
    let transforms = match subscription.on_transformed {
        true => transformers::of_known(logs, scope, name, record),
        false => transformers::Transforms::default(),
    };
    let mut wanted = Vec::new();
    for mut event in events {
        // A stream that was deleted meanwhile takes its events with it.
        let Some((_, stream)) = logs.directory.stream(event.stream) else { continue };
        // What could not be transformed is seen as it came (logs.md TR-4).
        if let Some(Ok(transformed)) = transforms.message(event.ingested, &stream, &event.message) {
            event.message = transformed.into();
        }
        event.message = masking.shared(event.ingested, event.message);
        if !subscription.pattern.matches(&event.message) {
            continue;
        }
        let extracted = extracted(subscription, &event.message);
        wanted.push(Wanted { event, extracted });
    }
    wanted
}

/// Fields of delimited patterns, and what the system adds (logs.md SP-1, SF-8).
fn extracted(subscription: &Subscription, message: &str) -> Option<serde_json::Map<String, serde_json::Value>> {
    let KnownGroup { scope, name, .. } = &subscription.group;
    let mut fields = None;
    if subscription.pattern.kind() == PatternKind::Delimited {
        let extracted = subscription.pattern.fields(message).unwrap_or_default();
        fields = Some(extracted.into_iter().map(|(name, value)| (name, value.into())).collect());
    }
    for system in &subscription.system_fields {
        let value = match system.as_str() {
            "@aws.account" => scope.account.to_string(),
            "@aws.region" => scope.region.to_string(),
            "@source.log" => format!("{}:{name}", scope.account),
            _ => continue,
        };
        fields.get_or_insert_with(serde_json::Map::new).insert(system.clone(), value.into());
    }
    fields
}

/// Events by their streams, in the order of arrival.
pub(super) fn by_stream(wanted: &[Wanted]) -> BTreeMap<StreamId, Vec<PayloadEvent>> {
    let mut streams: BTreeMap<_, Vec<PayloadEvent>> = BTreeMap::new();
    for Wanted { event, extracted } in wanted {
        streams.entry(event.stream).or_default().push(PayloadEvent {
            id: event_id(event),
            timestamp: event.time.millis(),
            message: event.message.to_string(),
            extracted: extracted.clone(),
        });
    }
    streams
}

/// Where the events of payloads come from, and for whom they are.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) scope: &'a Scope,
    pub(super) group: &'a str,
    pub(super) stream: &'a str,
    pub(super) filter: &'a str,
    pub(super) whose: Whose,
}

/// A payload as it is sent, and how many events it has.
pub(super) struct Packed {
    pub(super) events: usize,
    pub(super) bytes: Vec<u8>,
}

/// Payloads of all the events, each no larger than the target takes unless it is of one event.
pub(super) fn packed(source: Source<'_>, events: &[PayloadEvent], bytes_max: usize) -> Vec<Packed> {
    let payload = Payload {
        message_type: "DATA_MESSAGE",
        owner: source.scope.account.as_str(),
        log_group: source.group,
        log_stream: source.stream,
        subscription_filters: &[source.filter],
        policy_level: source.whose.policy_level(),
        log_events: events,
    };
    let bytes = payload.pack();
    if bytes.len() <= bytes_max || events.len() < 2 {
        return vec![Packed { events: events.len(), bytes }];
    }
    let (first, second) = events.split_at(events.len() / 2);
    let mut parts = packed(source, first, bytes_max);
    parts.extend(packed(source, second, bytes_max));
    parts
}

#[cfg(test)]
mod tests {
    use base::{Entropy as _, SeededEntropy};

    use super::*;

    #[test]
    fn payloads_are_split_until_the_target_takes_them() {
        let scope = Scope { account: "111122223333".parse().unwrap(), region: "us-east-1".parse().unwrap() };
        let entropy = SeededEntropy::new(1);
        let event = |number: u64| {
            // Not to be packed well.
            let mut bytes = [0; 800];
            entropy.fill(&mut bytes);
            let message = bytes.iter().map(|byte| format!("{byte:x}")).collect();
            PayloadEvent { id: number.to_string(), timestamp: 0, message, extracted: None }
        };
        let events: Vec<_> = (0..10).map(event).collect();
        let source = Source { scope: &scope, group: "g", stream: "s", filter: "f", whose: Whose::Group };
        let parts = packed(source, &events, 3_000);
        assert!(parts.len() > 1 && parts.iter().all(|part| part.bytes.len() <= 3_000));
        assert_eq!(parts.iter().map(|part| part.events).sum::<usize>(), 10);
        let mut ids = Vec::new();
        for part in &parts {
            let payload: serde_json::Value =
                serde_json::from_reader(flate2::read::GzDecoder::new(part.bytes.as_slice())).unwrap();
            ids.extend(payload["logEvents"].as_array().unwrap().iter().map(|event| event["id"].clone()));
        }
        assert_eq!(ids, (0..10).map(|number| number.to_string()).collect::<Vec<_>>());
        assert_eq!(packed(source, &events[..1], 1).len(), 1);
    }
}
