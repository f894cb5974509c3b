//! Pages of lists, a hundred items each (cloudwatch.md §8.2).

use api::ServiceError;
use api::sns::errors;
use base::Timestamp;
use wire::page_token;

/// Items of a page.
const PAGE: usize = 100;

/// One page, and what leads to the next.
pub(crate) type Page<T> = (Vec<T>, Option<String>);

/// Cuts a page out of the items of what was `asked`, which are sorted by their key. A token
/// holds the key of the last item given, so items that come and go between pages neither repeat
/// nor hide others.
///
/// # Errors
/// `InvalidParameter` when the token is not one of this list's, or is too old.
pub(crate) fn page<T>(
    asked: &str,
    items: impl IntoIterator<Item = (String, T)>,
    token: Option<&str>,
    now: Timestamp,
) -> Result<Page<T>, ServiceError> {
    let invalid = || errors::invalid_parameter_exception("Invalid parameter: NextToken");
    let after: Option<String> = match token {
        Some(token) => Some(page_token::decode(token, asked, now).ok_or_else(invalid)?),
        None => None,
    };
    let mut rest = items.into_iter().filter(|(key, _)| after.as_ref().is_none_or(|after| key > after));
    let (mut items, mut last) = (Vec::new(), None);
    for (key, item) in rest.by_ref().take(PAGE) {
        items.push(item);
        last = Some(key);
    }
    let more = rest.next().is_some();
    let next = last.filter(|_| more).map(|key| page_token::encode(asked, key, now));
    Ok((items, next))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_772_000_000);

    #[test]
    fn pages_of_a_hundred_follow_one_another() {
        let items = || (0..150).map(|n| (format!("{n:03}"), n));
        let (first, token) = page("all", items(), None, NOW).unwrap();
        assert_eq!((first.len(), first[99]), (100, 99));
        let (second, end) = page("all", items(), token.as_deref(), NOW).unwrap();
        assert_eq!((second.len(), second[0], end), (50, 100, None));
    }

    #[test]
    fn a_token_of_another_list_is_refused() {
        let items = || (0..150).map(|n| (format!("{n:03}"), n));
        let token = page("all", items(), None, NOW).unwrap().1;
        let refused = page("others", items(), token.as_deref(), NOW).unwrap_err();
        assert_eq!(refused.message.as_deref(), Some("Invalid parameter: NextToken"));
    }
}
