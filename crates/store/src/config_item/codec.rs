//! The bytes of an item in the log: form (1), when it was taken and ended (8 each); account, region, type and id, each
//! after its length (4); and the item.

use base::{Scope, Timestamp};

use super::{PastItem, Resource};

const FORM: u8 = 1;

/// The bytes of an item.
pub(super) fn encode(item: &PastItem) -> Vec<u8> {
    let resource = &item.resource;
    let names = [
        resource.scope.account.as_str(),
        resource.scope.region.as_str(),
        &*resource.resource_type,
        &*resource.resource_id,
    ];
    let mut bytes = vec![FORM];
    bytes.extend_from_slice(&item.taken.millis().to_le_bytes());
    bytes.extend_from_slice(&item.ended.millis().to_le_bytes());
    for name in names {
        let len = u32::try_from(name.len()).expect("no name has four gigabytes");
        bytes.extend_from_slice(&len.to_le_bytes());
        bytes.extend_from_slice(name.as_bytes());
    }
    bytes.extend_from_slice(item.item.as_bytes());
    bytes
}

/// The item that [`encode`] wrote.
pub(super) fn decode(bytes: &[u8]) -> Result<PastItem, String> {
    let (form, rest) = bytes.split_first().ok_or_else(cut)?;
    if *form != FORM {
        return Err(format!("a configuration item has the unknown form {form}"));
    }
    let (taken, rest) = rest.split_first_chunk().ok_or_else(cut)?;
    let (ended, rest) = rest.split_first_chunk().ok_or_else(cut)?;
    let (account, rest) = name(rest)?;
    let (region, rest) = name(rest)?;
    let (resource_type, rest) = name(rest)?;
    let (resource_id, item) = name(rest)?;
    let place = |error: base::place::InvalidPlace| error.to_string();
    let scope = Scope { account: account.parse().map_err(place)?, region: region.parse().map_err(place)? };
    Ok(PastItem {
        resource: Resource { scope, resource_type: resource_type.to_owned(), resource_id: resource_id.to_owned() },
        taken: Timestamp::from_millis(i64::from_le_bytes(*taken)),
        ended: Timestamp::from_millis(i64::from_le_bytes(*ended)),
        item: text(item)?.to_owned(),
    })
}

fn name(bytes: &[u8]) -> Result<(&str, &[u8]), String> {
    let (len, rest) = bytes.split_first_chunk().ok_or_else(cut)?;
    let len = usize::try_from(u32::from_le_bytes(*len)).map_err(|_| cut())?;
    let (name, rest) = rest.split_at_checked(len).ok_or_else(cut)?;
    Ok((text(name)?, rest))
}

fn text(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|_| "a configuration item is not UTF-8".to_owned())
}

fn cut() -> String {
    "a configuration item is cut short".to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn item(resource_type: String, resource_id: String, taken: i64, ended: i64, item: String) -> PastItem {
        let scope = Scope { account: "000000000001".parse().unwrap(), region: "eu-west-1".parse().unwrap() };
        PastItem {
            resource: Resource { scope, resource_type, resource_id },
            taken: Timestamp::from_millis(taken),
            ended: Timestamp::from_millis(ended),
            item,
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(kind: String, id: String, taken: i64, ended: i64, text: String) {
            let item = item(kind, id, taken, ended, text);
            prop_assert_eq!(decode(&encode(&item)), Ok(item));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            if let Ok(item) = decode(&bytes) {
                prop_assert_eq!(encode(&item), bytes);
            }
        }
    }

    #[test]
    fn what_is_cut_short_or_of_another_form_is_refused() {
        let bytes = encode(&item("T".to_owned(), "id".to_owned(), 1, 2, String::new()));
        for len in 0..bytes.len() {
            assert!(decode(&bytes[..len]).is_err());
        }
        assert!(decode(&[&[2], &bytes[1..]].concat()).is_err());
    }
}
