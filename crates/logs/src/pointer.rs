//! `@ptr`: where an event is, as queries give it and GetLogRecord takes it back (logs.md QR-3, FD-3).
//!
//! A pointer is the group's number, the event's time and position, and a code over them with a key that only this
//! server has, so that one that was made up is refused.

use api::ServiceError;
use base::{AccountId, Entropy, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::hmac;
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, Expect, Key, Record, Transaction};
use store::log_event::{GroupId, Place, Position};

use crate::change::change;

/// Bytes of the code.
const CODE: usize = 16;

/// Bytes of the numbers.
const BODY: usize = 24;

#[derive(Serialize, Deserialize)]
struct PointerKey {
    // Base64.
    key: String,
}

impl Record for PointerKey {
    const KIND: &'static str = "logs.pointer_key";
    const FORMAT: u32 = 1;
}

/// Makes pointers and reads them.
#[derive(Clone, Debug)]
pub(crate) struct Pointers(hmac::Key);

impl Pointers {
    /// With the catalog's key, which is made by who asks first.
    ///
    /// # Errors
    /// The catalog's.
    pub(crate) async fn open(catalog: &Catalog, entropy: &dyn Entropy) -> Result<Self, ServiceError> {
        let mut fresh = [0; 32];
        entropy.fill(&mut fresh);
        let fresh = BASE64.encode(fresh);
        let name = Key::global(&AccountId::from_number(0).expect("zero is an account number"), "pointers");
        let key = change(catalog, || {
            let mut transaction = Transaction::default();
            if let Some(found) = catalog.get::<PointerKey>(&name) {
                return Ok((transaction, found.value.key.clone()));
            }
            transaction.check::<PointerKey>(name.clone(), Expect::Absent);
            transaction.create(name.clone(), &PointerKey { key: fresh.clone() });
            Ok((transaction, fresh.clone()))
        })
        .await?;
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes())))
    }

    /// The pointer to an event.
    pub(crate) fn encode(&self, group: GroupId, place: Place) -> String {
        let mut bytes = Vec::with_capacity(BODY + CODE);
        bytes.extend(group.0.to_be_bytes());
        bytes.extend(place.time.millis().to_be_bytes());
        bytes.extend(place.position.0.to_be_bytes());
        bytes.extend(&self.code(&bytes));
        BASE64.encode(bytes)
    }

    /// Where a pointer leads; `None` when it is none of ours.
    pub(crate) fn decode(&self, pointer: &str) -> Option<(GroupId, Place)> {
        let bytes = BASE64.decode(pointer).ok()?;
        let (body, code) = bytes.split_at_checked(BODY)?;
        if code != self.code(body) {
            return None;
        }
        let number = |at: usize| body[at..at + 8].try_into().expect("eight bytes");
        let time = Timestamp::from_millis(i64::from_be_bytes(number(8)));
        let position = Position(u64::from_be_bytes(number(16)));
        Some((GroupId(u64::from_be_bytes(number(0))), Place { time, position }))
    }

    fn code(&self, body: &[u8]) -> [u8; CODE] {
        let signed = hmac::sign(&self.0, body);
        signed.as_ref()[..CODE].try_into().expect("a code of SHA-256 has more bytes")
    }
}

/// The group that a text names if it is a pointer, which nothing here says: to weigh who may read it before it is read.
pub(crate) fn claimed_group(pointer: &str) -> Option<GroupId> {
    let bytes = BASE64.decode(pointer).ok()?;
    let number = bytes.first_chunk()?;
    Some(GroupId(u64::from_be_bytes(*number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_leads_back_and_none_can_be_made_up() {
        let pointers = Pointers(hmac::Key::new(hmac::HMAC_SHA256, b"key"));
        let place = Place { time: Timestamp::from_millis(5), position: Position(u64::MAX) };
        let pointer = pointers.encode(GroupId(3), place);
        assert_eq!(pointers.decode(&pointer), Some((GroupId(3), place)));
        let other = Pointers(hmac::Key::new(hmac::HMAC_SHA256, b"another"));
        for made_up in ["", "x", "AAAA", &other.encode(GroupId(3), place), &pointer[4..]] {
            assert_eq!(pointers.decode(made_up), None, "{made_up}");
        }
    }
}
