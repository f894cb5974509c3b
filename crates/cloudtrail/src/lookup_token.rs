//! The opaque token between two pages of LookupEvents (cloudtrail.md §3.6).

use base::Timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use store::trail_event::Cursor;

/// A token may be used for an hour.
const LIFETIME_MS: i64 = 3_600_000;

#[derive(Serialize, Deserialize)]
struct Token {
    query: String,
    after: Cursor,
    issued: Timestamp,
}

/// The token for the page after `after` of the query that `parameters` describe.
pub fn encode(parameters: &str, after: Cursor, now: Timestamp) -> String {
    let token = Token { query: fingerprint(parameters), after, issued: now };
    BASE64.encode(serde_json::to_vec(&token).expect("a token serializes to JSON"))
}

/// Where the next page starts after; `None` when the token is not one of ours, belongs
/// to other parameters, or is older than an hour.
pub fn decode(token: &str, parameters: &str, now: Timestamp) -> Option<Cursor> {
    let token: Token = serde_json::from_slice(&BASE64.decode(token).ok()?).ok()?;
    let age_ms = now.millis().saturating_sub(token.issued.millis());
    (token.query == fingerprint(parameters) && age_ms <= LIFETIME_MS).then_some(token.after)
}

fn fingerprint(parameters: &str) -> String {
    BASE64.encode(&digest(&SHA256, parameters.as_bytes()).as_ref()[..12])
}

#[cfg(test)]
mod tests {
    use super::*;

    const CURSOR: Cursor = Cursor { time: Timestamp::from_secs(50), lsn: 7 };

    #[test]
    fn a_token_leads_back_to_its_place_for_an_hour() {
        let issued = Timestamp::from_secs(100);
        let token = encode("query", CURSOR, issued);
        assert_eq!(decode(&token, "query", issued), Some(CURSOR));
        assert_eq!(decode(&token, "query", issued.plus_millis(LIFETIME_MS + 1)), None);
    }

    #[test]
    fn a_token_belongs_to_its_parameters() {
        let now = Timestamp::from_secs(100);
        let token = encode("query", CURSOR, now);
        assert_eq!(decode(&token, "another", now), None);
        for garbage in ["", "x", "!!", "e30"] {
            assert_eq!(decode(garbage, "query", now), None, "{garbage}");
        }
    }
}
