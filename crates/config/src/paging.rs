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

/// A page of entries that are all at hand, in the order of their places: those after the place that the token names,
/// and the token that leads on.
///
/// # Errors
/// `InvalidNextTokenException`
pub(crate) fn page_of<T>(
    mut entries: Vec<T>,
    place: impl Fn(&T) -> String,
    asked: &str,
    token: Option<&str>,
    limit: usize,
    now: Timestamp,
) -> Result<(Vec<T>, Option<String>), ServiceError> {
    let after: Option<String> = read(token, asked, now)?;
    entries.sort_by_cached_key(&place);
    if let Some(after) = after {
        entries.retain(|entry| place(entry) > after);
    }
    let is_more = entries.len() > limit;
    entries.truncate(limit);
    let last = entries.last().filter(|_| is_more).map(&place);
    Ok((entries, last.map(|last| write(asked, last, now))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_meet_without_a_gap_and_end_without_a_token() {
        let entries = || vec!["d", "b", "a", "c"];
        let now = Timestamp::from_secs(1_783_157_400);
        let page =
            |token: Option<&str>| page_of(entries(), |entry| (*entry).to_owned(), "list", token, 2, now).unwrap();
        let (first, token) = page(None);
        let (second, end) = page(token.as_deref());
        assert_eq!((first, second, end), (vec!["a", "b"], vec!["c", "d"], None));
        assert!(page_of(entries(), |entry| (*entry).to_owned(), "other", token.as_deref(), 2, now).is_err());
    }
}
