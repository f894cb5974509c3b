//! What subscribers get: JSON, packed with gzip (logs.md §5.2).

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;

/// One event of a payload.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PayloadEvent {
    pub(crate) id: String,
    pub(crate) timestamp: i64,
    pub(crate) message: String,
    #[serde(rename = "extractedFields", skip_serializing_if = "Option::is_none")]
    pub(crate) extracted: Option<serde_json::Map<String, serde_json::Value>>,
}

/// Events of one stream that matched.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Payload<'a> {
    pub(crate) message_type: &'a str,
    pub(crate) owner: &'a str,
    pub(crate) log_group: &'a str,
    pub(crate) log_stream: &'a str,
    pub(crate) subscription_filters: &'a [&'a str],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) policy_level: Option<&'a str>,
    pub(crate) log_events: &'a [PayloadEvent],
}

/// Whose a subscription is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// One group's.
    Group,
    /// The account's, by a policy.
    Account,
}

impl Whose {
    /// What payloads say of it (logs.md SP-2).
    pub(crate) fn policy_level(self) -> Option<&'static str> {
        match self {
            Self::Group => None,
            Self::Account => Some("ACCOUNT_LEVEL_POLICY"),
        }
    }
}

impl Payload<'_> {
    /// The payload as it is sent (logs.md SP-3: level 6).
    pub(crate) fn pack(&self) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::new(6));
        serde_json::to_writer(&mut packed, self).expect("texts and numbers serialize, and memory takes them");
        packed.flush().expect("writing to memory does not fail");
        packed.finish().expect("writing to memory does not fail")
    }
}

/// What is sent to see whether a destination takes anything (logs.md SP-4).
pub(crate) fn control_message(kind: &str, now_ms: i64) -> Vec<u8> {
    let event = PayloadEvent {
        id: String::new(),
        timestamp: now_ms,
        message: format!("CWL CONTROL MESSAGE: Checking health of destination {kind}."),
        extracted: None,
    };
    let payload = Payload {
        message_type: "CONTROL_MESSAGE",
        owner: "CloudwatchLogs",
        log_group: "",
        log_stream: "",
        subscription_filters: &[],
        policy_level: None,
        log_events: &[event],
    };
    payload.pack()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpacked(packed: &[u8]) -> serde_json::Value {
        serde_json::from_reader(flate2::read::GzDecoder::new(packed)).unwrap()
    }

    #[test]
    fn a_payload_names_its_group_stream_and_filter() {
        let fields = serde_json::Map::from_iter([("ip".to_owned(), "127.0.0.1".into())]);
        let event = |extracted| PayloadEvent { id: "3".to_owned(), timestamp: 7, message: "m".to_owned(), extracted };
        let payload = Payload {
            message_type: "DATA_MESSAGE",
            owner: "123456789012",
            log_group: "G",
            log_stream: "S",
            subscription_filters: &["name"],
            policy_level: None,
            log_events: &[event(Some(fields)), event(None)],
        };
        let expected = serde_json::json!({
            "messageType": "DATA_MESSAGE", "owner": "123456789012", "logGroup": "G", "logStream": "S",
            "subscriptionFilters": ["name"],
            "logEvents": [
                {"id": "3", "timestamp": 7, "message": "m", "extractedFields": {"ip": "127.0.0.1"}},
                {"id": "3", "timestamp": 7, "message": "m"},
            ],
        });
        assert_eq!(unpacked(&payload.pack()), expected);
    }

    #[test]
    fn a_control_message_checks_health() {
        let message = unpacked(&control_message("Kinesis stream", 5));
        assert_eq!(message["messageType"], "CONTROL_MESSAGE");
        assert_eq!(
            message["logEvents"][0]["message"],
            "CWL CONTROL MESSAGE: Checking health of destination Kinesis stream."
        );
    }
}
