//! The bytes of an event in the log: form (1), the store's number (4), time (8), source (8), and the record.

use base::Timestamp;

use super::LakeEvent;

const FORM: u8 = 1;
const FIXED_BYTES: usize = 21;

/// The bytes of a store's event.
pub(super) fn encode(number: u32, event: &LakeEvent) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(FIXED_BYTES + event.record.len());
    bytes.push(FORM);
    bytes.extend_from_slice(&number.to_le_bytes());
    bytes.extend_from_slice(&event.time.millis().to_le_bytes());
    bytes.extend_from_slice(&event.source.to_le_bytes());
    bytes.extend_from_slice(event.record.as_bytes());
    bytes
}

/// The store and the event that [`encode`] wrote.
pub(super) fn decode(bytes: &[u8]) -> Result<(u32, LakeEvent), String> {
    let cut = || "an event of a store is cut short".to_owned();
    let (form, rest) = bytes.split_first().ok_or_else(cut)?;
    if *form != FORM {
        return Err(format!("an event of a store has the unknown form {form}"));
    }
    let (number, rest) = rest.split_first_chunk().ok_or_else(cut)?;
    let (time, rest) = rest.split_first_chunk().ok_or_else(cut)?;
    let (source, record) = rest.split_first_chunk().ok_or_else(cut)?;
    let record = std::str::from_utf8(record).map_err(|_| "an event of a store is not UTF-8".to_owned())?;
    let event = LakeEvent {
        time: Timestamp::from_millis(i64::from_le_bytes(*time)),
        source: u64::from_le_bytes(*source),
        record: record.to_owned(),
    };
    Ok((u32::from_le_bytes(*number), event))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(number: u32, time: i64, source: u64, record: String) {
            let event = LakeEvent { time: Timestamp::from_millis(time), source, record };
            let bytes = encode(number, &event);
            prop_assert_eq!(decode(&bytes), Ok((number, event)));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            if let Ok((number, event)) = decode(&bytes) {
                prop_assert_eq!(encode(number, &event), bytes);
            }
        }
    }

    #[test]
    fn what_is_cut_short_or_of_another_form_is_refused() {
        let bytes = encode(1, &LakeEvent { time: Timestamp::MIN, source: 2, record: String::new() });
        for len in 0..bytes.len() {
            assert!(decode(&bytes[..len]).is_err());
        }
        assert!(decode(&[&[2], &bytes[1..]].concat()).is_err());
    }
}
