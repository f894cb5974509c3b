//! Pages of lists that are short: all there is at once, cut after the last that was given.

use api::cloudtrail::errors;
use api::{CallContext, ServiceError};
use wire::page_token;

/// What a page has at most, unless asked for less.
const PAGE_MAX: usize = 1000;

/// Of things with an id, in the order of their ids, those of one page; and the token for the next.
///
/// # Errors
/// `InvalidNextTokenException`
pub(crate) fn page<T>(
    cx: &CallContext,
    list: &str,
    mut all: Vec<T>,
    id: impl Fn(&T) -> &str,
    asked: (Option<String>, Option<i32>),
) -> Result<(Vec<T>, Option<String>), ServiceError> {
    let (token, most) = asked;
    let parameters = format!("{}/{} {list}", cx.account(), cx.region);
    if let Some(token) = token {
        let after: String = page_token::decode(&token, &parameters, cx.now).ok_or_else(|| {
            errors::invalid_next_token_exception("The next token is invalid, has expired, or belongs to another list.")
        })?;
        all.retain(|one| id(one) > after.as_str());
    }
    let most = most.and_then(|most| usize::try_from(most).ok()).map_or(PAGE_MAX, |most| most.clamp(1, PAGE_MAX));
    if all.len() <= most {
        return Ok((all, None));
    }
    all.truncate(most);
    let next = all.last().map(|last| page_token::encode(&parameters, id(last), cx.now));
    Ok((all, next))
}
