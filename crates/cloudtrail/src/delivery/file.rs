//! Log files: their names and what is in them (cloudtrail.md §5.1, §5.2).

use std::io::{Read as _, Write as _};

use base::{AccountId, Region, Timestamp};
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use rsa::sha2::{Digest as _, Sha256};
use serde::{Deserialize, Serialize};
use store::trail_event::TrailEvent;

const SLOT_MS: i64 = 300_000;
/// Bytes that an object unpacks to at most, when it is read back.
const UNPACKED_BYTES_MAX: u64 = 256 << 20;

/// Where a log file's events come from, and so the folder it is in (cloudtrail.md §5.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Folder {
    #[default]
    Calls,
    Insights,
}

impl Folder {
    fn as_str(self) -> &'static str {
        match self {
            Self::Calls => "CloudTrail",
            Self::Insights => "CloudTrail-Insight",
        }
    }
}

/// A log file's key: the slot of five minutes that its newest event is in, by the slot's end.
pub(crate) fn log_key(
    prefix: Option<&str>,
    folder: Folder,
    account: &AccountId,
    region: &Region,
    newest: Timestamp,
    unique: &str,
) -> String {
    let slot = slot_end(newest);
    let (day, minute) = (slot.date().replace('-', "/"), slot.iso_basic());
    let minute = minute.get(..13).unwrap_or(&minute);
    let folder = folder.as_str();
    let path =
        format!("AWSLogs/{account}/{folder}/{region}/{day}/{account}_{folder}_{region}_{minute}Z_{unique}.json.gz");
    under_prefix(prefix, &path)
}

/// A key below a trail's prefix.
pub(crate) fn under_prefix(prefix: Option<&str>, path: &str) -> String {
    match prefix {
        Some(prefix) if !prefix.is_empty() => format!("{prefix}/{path}"),
        _ => path.to_owned(),
    }
}

/// The end of the slot: an event of 17:15:00 is of the one that ends then.
fn slot_end(time: Timestamp) -> Timestamp {
    let slots = (time.millis() + SLOT_MS - 1).div_euclid(SLOT_MS);
    Timestamp::from_millis(slots.saturating_mul(SLOT_MS))
}

/// What is in a log file, before it is packed.
pub(crate) fn content<'a>(events: impl Iterator<Item = &'a TrailEvent>) -> Vec<u8> {
    let mut text = b"{\"Records\":[".to_vec();
    for (number, event) in events.enumerate() {
        if number > 0 {
            text.push(b',');
        }
        text.extend_from_slice(event.record.as_bytes());
    }
    text.extend_from_slice(b"]}");
    text
}

/// The bytes as one gzip member. The same bytes give the same: there is no time in it.
pub(crate) fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::new(6));
    packed.write_all(bytes).expect("memory takes what is written");
    packed.finish().expect("memory takes what is written")
}

/// What a gzip member holds; `None` when the bytes are not exactly one.
pub(crate) fn gunzipped(packed: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut reader = GzDecoder::new(packed);
    let read = reader.by_ref().take(UNPACKED_BYTES_MAX).read_to_end(&mut bytes);
    read.ok().filter(|_| reader.into_inner().is_empty())?;
    Some(bytes)
}

/// SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// SHA-256, in hexadecimal.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex(&sha256(bytes))
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_after_the_end_of_its_slot() {
        let (account, region) = ("111122223333".parse().unwrap(), "eu-west-1".parse().unwrap());
        for (time, day, slot) in [
            ("2026-03-02T17:14:00Z", "2026/03/02", "20260302T1715Z"),
            ("2026-03-02T17:15:00Z", "2026/03/02", "20260302T1715Z"),
            ("2026-03-02T17:15:00.001Z", "2026/03/02", "20260302T1720Z"),
            ("2026-03-02T23:59:01Z", "2026/03/03", "20260303T0000Z"),
        ] {
            let time = Timestamp::parse_iso(time).unwrap();
            for (folder, named) in [(Folder::Calls, "CloudTrail"), (Folder::Insights, "CloudTrail-Insight")] {
                let key = log_key(Some("a/b"), folder, &account, &region, time, "a1B2c3D4e5F6g7H8");
                let name = format!("111122223333_{named}_eu-west-1_{slot}_a1B2c3D4e5F6g7H8.json.gz");
                assert_eq!(key, format!("a/b/AWSLogs/111122223333/{named}/eu-west-1/{day}/{name}"));
            }
        }
        assert_eq!(under_prefix(None, "AWSLogs/x"), "AWSLogs/x");
    }

    #[test]
    fn what_is_packed_is_one_member_and_always_the_same() {
        let packed = gzipped(b"text");
        assert_eq!(packed, gzipped(b"text"));
        assert_eq!(gunzipped(&packed).unwrap(), b"text");
        assert_eq!(gunzipped(&[packed.clone(), packed].concat()), None);
        assert_eq!(gunzipped(b"no gzip"), None);
    }
}
