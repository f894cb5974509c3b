//! The opaque token between two pages of an answer: where the next one starts, bound to what was asked.

use base::Timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::digest::{SHA256, digest};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A token may be used for an hour.
const LIFETIME_MS: i64 = 3_600_000;

#[derive(Serialize, Deserialize)]
struct Token<P> {
    asked: String,
    position: P,
    issued: Timestamp,
}

/// The token for the page at `position` of what `parameters` ask for.
pub fn encode<P: Serialize>(parameters: &str, position: P, now: Timestamp) -> String {
    let token = Token { asked: fingerprint(parameters), position, issued: now };
    BASE64.encode(serde_json::to_vec(&token).expect("a token of plain data serializes to JSON"))
}

/// Where the next page starts; `None` when the token is not one of ours, belongs to other
/// parameters, or is older than an hour.
pub fn decode<P: DeserializeOwned>(token: &str, parameters: &str, now: Timestamp) -> Option<P> {
    decode_within(token, parameters, now, LIFETIME_MS)
}

/// The same for tokens that may be used for another time than an hour.
pub fn decode_within<P: DeserializeOwned>(
    token: &str,
    parameters: &str,
    now: Timestamp,
    lifetime_ms: i64,
) -> Option<P> {
    let token: Token<P> = serde_json::from_slice(&BASE64.decode(token).ok()?).ok()?;
    let age_ms = now.millis().saturating_sub(token.issued.millis());
    (token.asked == fingerprint(parameters) && (0..=lifetime_ms).contains(&age_ms)).then_some(token.position)
}

fn fingerprint(parameters: &str) -> String {
    BASE64.encode(&digest(&SHA256, parameters.as_bytes()).as_ref()[..12])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_back_to_its_place_for_an_hour() {
        let issued = Timestamp::from_secs(100);
        let token = encode("asked", ("a".to_owned(), 7), issued);
        assert_eq!(decode(&token, "asked", issued), Some(("a".to_owned(), 7)));
        let later = issued.plus_millis(LIFETIME_MS + 1);
        assert_eq!(decode::<(String, i32)>(&token, "asked", later), None);
        assert_eq!(decode_within(&token, "asked", later, 2 * LIFETIME_MS), Some(("a".to_owned(), 7)));
    }

    #[test]
    fn a_token_belongs_to_its_parameters() {
        let now = Timestamp::from_secs(100);
        let token = encode("asked", 1, now);
        assert_eq!(decode::<i32>(&token, "something else", now), None);
        for garbage in ["", "x", "!!", "e30"] {
            assert_eq!(decode::<i32>(garbage, "asked", now), None, "{garbage}");
        }
    }
}
