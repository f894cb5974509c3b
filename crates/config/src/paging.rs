//! Pages of lists: limits, and tokens that lead on (W-6).

use api::ServiceError;
use api::config::errors;
use base::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wire::page_token;

/// A token may be used for a day.
const LIFETIME_MS: i64 = base::time::DAY_MS;

/// How many entries a page has; none and zero stand for as many as it can have.
pub(crate) fn limit(given: Option<i32>, default: usize) -> usize {
    given.and_then(|given| usize::try_from(given).ok()).filter(|given| *given > 0).unwrap_or(default)
}

/// Where a page starts by its token.
///
/// # Errors
/// `InvalidNextTokenException` when the token is not one of what was asked, or too old.
pub(crate) fn read<P: DeserializeOwned>(
    token: Option<&str>,
    asked: &str,
    now: Timestamp,
) -> Result<Option<P>, ServiceError> {
    let decode = |token: &str| page_token::decode_within(token, asked, now, LIFETIME_MS).ok_or_else(invalid_token);
    token.map(decode).transpose()
}

/// The token of the page that starts at a place.
pub(crate) fn write<P: Serialize>(asked: &str, place: P, now: Timestamp) -> String {
    page_token::encode(asked, place, now)
}

pub(crate) fn invalid_token() -> ServiceError {
    errors::invalid_next_token_exception("The nextToken provided is invalid")
}
