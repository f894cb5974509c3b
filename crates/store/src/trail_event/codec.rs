//! The bytes of an event in the log.
//!
//! Form (1), flags (1), time (8), then text fields, each with its length (4): account,
//! region, event id, name, source, username, access key, record; then the number of
//! resources (4) and for each whether it has a type (1), the type and the name.

use base::Timestamp;

use super::TrailEvent;

const FORM: u8 = 1;
const GLOBAL: u8 = 1;
const READ_ONLY: u8 = 2;
const HAS_USERNAME: u8 = 4;
const HAS_ACCESS_KEY: u8 = 8;

/// The event's bytes.
pub(super) fn encode(event: &TrailEvent) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(event.record.len() + 256);
    let flag = |set: bool, flag: u8| if set { flag } else { 0 };
    bytes.push(FORM);
    bytes.push(
        flag(event.global, GLOBAL)
            | flag(event.read_only, READ_ONLY)
            | flag(event.username.is_some(), HAS_USERNAME)
            | flag(event.access_key_id.is_some(), HAS_ACCESS_KEY),
    );
    bytes.extend_from_slice(&event.time.millis().to_le_bytes());
    put(&mut bytes, event.account.as_str());
    put(&mut bytes, event.region.as_str());
    put(&mut bytes, &event.event_id);
    put(&mut bytes, &event.event_name);
    put(&mut bytes, &event.event_source);
    put(&mut bytes, event.username.as_deref().unwrap_or_default());
    put(&mut bytes, event.access_key_id.as_deref().unwrap_or_default());
    put(&mut bytes, &event.record);
    bytes.extend_from_slice(&(event.resources.len() as u32).to_le_bytes());
    for (kind, name) in &event.resources {
        bytes.push(u8::from(kind.is_some()));
        put(&mut bytes, kind.as_deref().unwrap_or_default());
        put(&mut bytes, name);
    }
    bytes
}

fn put(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

/// The event that [`encode`] wrote.
pub(super) fn decode(bytes: &[u8]) -> Result<TrailEvent, String> {
    let mut reader = Reader(bytes);
    let [form, flags] = reader.array()?;
    if form != FORM {
        return Err(format!("an event has the unknown form {form}"));
    }
    let time = Timestamp::from_millis(i64::from_le_bytes(reader.array()?));
    let account = reader.text()?.parse().map_err(|error| format!("{error}"))?;
    let region = reader.text()?.parse().map_err(|error| format!("{error}"))?;
    let event_id = reader.text()?.to_owned();
    let event_name = reader.text()?.to_owned();
    let event_source = reader.text()?.to_owned();
    let username = reader.text()?.to_owned();
    let access_key_id = reader.text()?.to_owned();
    let record = reader.text()?.to_owned();
    let mut resources = Vec::new();
    for _ in 0..u32::from_le_bytes(reader.array()?) {
        let [has_type] = reader.array()?;
        let kind = reader.text()?.to_owned();
        resources.push(((has_type != 0).then_some(kind), reader.text()?.to_owned()));
    }
    if !reader.0.is_empty() {
        return Err("an event is followed by bytes that do not belong to it".to_owned());
    }
    Ok(TrailEvent {
        account,
        region,
        global: flags & GLOBAL != 0,
        time,
        event_id,
        event_name,
        event_source,
        read_only: flags & READ_ONLY != 0,
        username: (flags & HAS_USERNAME != 0).then_some(username),
        access_key_id: (flags & HAS_ACCESS_KEY != 0).then_some(access_key_id),
        resources,
        record,
    })
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or("an event is cut short")?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        Ok(self.take(N)?.try_into().expect("as many bytes as asked for"))
    }

    fn text(&mut self) -> Result<&'a str, String> {
        let len = u32::from_le_bytes(self.array()?) as usize;
        std::str::from_utf8(self.take(len)?).map_err(|_| "an event holds text that is not UTF-8".to_owned())
    }
}
