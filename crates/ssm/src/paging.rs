//! Pages of lists: limits, and tokens that lead on.

use api::ServiceError;
use api::ssm::errors;
use base::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wire::page_token;

/// A token may be used for a day.
const LIFETIME_MS: i64 = base::time::DAY_MS;

/// How many entries a page has at most.
pub(crate) fn limit(given: Option<i32>, default: usize) -> usize {
    given.and_then(|given| usize::try_from(given).ok()).unwrap_or(default)
}

/// Where a page starts by its token.
///
/// # Errors
/// `InvalidNextToken` when the token is not one of what was asked, or too old.
pub(crate) fn read<P: DeserializeOwned>(
    token: Option<&str>,
    asked: &str,
    now: Timestamp,
) -> Result<Option<P>, ServiceError> {
    let invalid = || errors::invalid_next_token("The specified token isn't valid.");
    let decode = |token: &str| page_token::decode_within(token, asked, now, LIFETIME_MS).ok_or_else(invalid);
    token.map(decode).transpose()
}

/// The token of the page that starts at a place.
pub(crate) fn write<P: Serialize>(asked: &str, place: P, now: Timestamp) -> String {
    page_token::encode(asked, place, now)
}

/// A page of a list that is in hand: its part, and the token of the next.
///
/// # Errors
/// See [`read`].
pub(crate) fn page<T>(
    all: Vec<T>,
    limit: usize,
    token: Option<&str>,
    asked: &str,
    now: Timestamp,
) -> Result<(Vec<T>, Option<String>), ServiceError> {
    let from = read::<usize>(token, asked, now)?.unwrap_or(0);
    let next = from.saturating_add(limit);
    let more = (next < all.len()).then(|| write(asked, next, now));
    Ok((all.into_iter().skip(from).take(limit).collect(), more))
}
