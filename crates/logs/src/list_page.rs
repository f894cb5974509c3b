//! Pages of lists (logs.md W-10).

use api::ServiceError;
use api::logs::errors;
use base::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wire::page_token;

/// Items of a page where the caller does not say (logs.md DG-1, LS-6).
pub(crate) const PAGE: usize = 50;

/// One page, and what leads to the next.
pub(crate) type Page<T> = (Vec<T>, Option<String>);

/// Which way a list is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// The smallest key first.
    Ascending,
    /// The greatest key first.
    Descending,
}

/// What is asked of a list.
pub(crate) struct Asked<'a> {
    /// All parameters but page size and token: a token belongs to them.
    pub(crate) parameters: &'a str,
    /// The token of the page before.
    pub(crate) token: Option<&'a str>,
    /// Items of a page.
    pub(crate) limit: usize,
    /// How the items are sorted.
    pub(crate) order: Order,
    /// Now.
    pub(crate) now: Timestamp,
}

impl Asked<'_> {
    /// The key that the page before ended with: whoever can starts to look after it.
    ///
    /// # Errors
    /// logs.md W-10.
    pub(crate) fn after<K: DeserializeOwned>(&self) -> Result<Option<K>, ServiceError> {
        let decode = |token| page_token::decode(token, self.parameters, self.now).ok_or_else(invalid_token);
        self.token.map(decode).transpose()
    }
}

/// Cuts a page out of the items, which are sorted by their key as `asked` says. A token holds the key of the last
/// item given, so items that come and go between pages neither repeat nor hide others.
///
/// # Errors
/// logs.md W-10.
pub(crate) fn page<K, T>(asked: &Asked<'_>, items: impl IntoIterator<Item = (K, T)>) -> Result<Page<T>, ServiceError>
where
    K: Ord + Serialize + DeserializeOwned,
{
    let after: Option<K> = asked.after()?;
    let beyond = |key: &K| match (&after, asked.order) {
        (None, _) => true,
        (Some(after), Order::Ascending) => key > after,
        (Some(after), Order::Descending) => key < after,
    };
    let mut rest = items.into_iter().filter(|(key, _)| beyond(key));
    let (mut page, mut last) = (Vec::new(), None);
    for (key, item) in rest.by_ref().take(asked.limit) {
        page.push(item);
        last = Some(key);
    }
    let more = rest.next().is_some();
    let next = last.filter(|_| more).map(|key| page_token::encode(asked.parameters, key, asked.now));
    Ok((page, next))
}

/// A page size that validation has let through.
pub(crate) fn limit(given: Option<i32>) -> usize {
    given.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(PAGE)
}

/// logs.md W-10, R-8.
pub(crate) fn invalid_token() -> ServiceError {
    errors::invalid_parameter_exception("The specified nextToken is invalid.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked<'a>(parameters: &'a str, token: Option<&'a str>, order: Order) -> Asked<'a> {
        Asked { parameters, token, limit: 2, order, now: Timestamp::from_secs(1_772_000_000) }
    }

    #[test]
    fn pages_follow_one_another_either_way() {
        for (order, keys) in [(Order::Ascending, [1, 2, 3]), (Order::Descending, [3, 2, 1])] {
            let items = || keys.map(|key| (key, key));
            let (first, token) = page(&asked("all", None, order), items()).unwrap();
            let (second, end) = page(&asked("all", token.as_deref(), order), items()).unwrap();
            assert_eq!((first, second, end), (keys[..2].to_vec(), keys[2..].to_vec(), None));
        }
    }

    #[test]
    fn a_token_of_another_list_is_refused() {
        let items = || (0..5).map(|n| (n, n));
        let token = page(&asked("all", None, Order::Ascending), items()).unwrap().1;
        let refused = page(&asked("others", token.as_deref(), Order::Ascending), items()).unwrap_err();
        assert_eq!(refused.message.as_deref(), Some("The specified nextToken is invalid."));
    }
}
