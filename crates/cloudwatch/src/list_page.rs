//! Pages of lists of records, which are sorted by a key of their own.

use base::Timestamp;
use wire::page_token;

/// The token is not one of this list's, or is too old.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct InvalidToken;

/// One page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page<T> {
    /// The page's items.
    pub(crate) items: Vec<T>,
    /// Leads to the next page, when there is one.
    pub(crate) next_token: Option<String>,
}

/// Cuts a page out of the items of what was `asked`. A token holds the key of the last item
/// given, so items that come and go between pages neither repeat nor hide others.
pub(crate) fn page<T>(
    asked: &str,
    items: Vec<(String, T)>,
    token: Option<&str>,
    limit: usize,
    now: Timestamp,
) -> Result<Page<T>, InvalidToken> {
    let after: Option<String> = match token {
        Some(token) => Some(page_token::decode(token, asked, now).ok_or(InvalidToken)?),
        None => None,
    };
    let mut rest = items.into_iter().filter(|(key, _)| after.as_ref().is_none_or(|after| key > after));
    let (mut items, mut last) = (Vec::new(), None);
    for (key, item) in rest.by_ref().take(limit) {
        items.push(item);
        last = Some(key);
    }
    let more = rest.next().is_some();
    let next_token = last.filter(|_| more).map(|key| page_token::encode(asked, key, now));
    Ok(Page { items, next_token })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_772_000_000);

    fn items() -> Vec<(String, u32)> {
        (0..5).map(|n| (format!("k{n}"), n)).collect()
    }

    #[test]
    fn pages_follow_one_another() {
        let first = page("things", items(), None, 3, NOW).unwrap();
        assert_eq!(first.items, [0, 1, 2]);
        let second = page("things", items(), first.next_token.as_deref(), 3, NOW).unwrap();
        assert_eq!((second.items, second.next_token), (vec![3, 4], None));
    }

    #[test]
    fn an_item_that_went_away_does_not_hide_the_next() {
        let token = page("things", items(), None, 2, NOW).unwrap().next_token;
        let fewer = items().into_iter().filter(|(_, n)| *n != 1).collect();
        assert_eq!(page("things", fewer, token.as_deref(), 9, NOW).unwrap().items, [2, 3, 4]);
    }

    #[test]
    fn a_token_of_another_list_is_refused() {
        let token = page("others", items(), None, 2, NOW).unwrap().next_token;
        for token in [token.as_deref(), Some("!"), Some("")] {
            assert_eq!(page("things", items(), token, 2, NOW), Err(InvalidToken));
        }
    }
}
