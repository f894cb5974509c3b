//! Pages of lists: `Marker`, `MaxItems`, `IsTruncated`.

use api::ServiceError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Items a page when the caller does not say (documented).
const ITEMS_DEFAULT: usize = 100;

/// One page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page<T> {
    /// The page's items.
    pub(crate) items: Vec<T>,
    /// More follow.
    pub(crate) is_truncated: Option<bool>,
    /// Where they start.
    pub(crate) marker: Option<String>,
}

impl<T> Page<T> {
    /// The same page with its items turned into something else.
    pub(crate) fn map<U>(self, turn: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(turn).collect(), is_truncated: self.is_truncated, marker: self.marker }
    }
}

/// Cuts a page out of items that are sorted by a key of their own. A marker holds the key
/// of the last item given, so items that come and go between pages neither repeat nor hide others.
///
/// # Errors
/// `Invalid Marker.`
pub(crate) fn page<T>(
    items: Vec<(String, T)>,
    marker: Option<&str>,
    max_items: Option<i32>,
) -> Result<Page<T>, ServiceError> {
    let after = match marker {
        Some(marker) => {
            let key = URL_SAFE_NO_PAD.decode(marker).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            Some(key.ok_or_else(|| ServiceError::validation("Invalid Marker."))?)
        }
        None => None,
    };
    let wanted = max_items.map_or(ITEMS_DEFAULT, |max| usize::try_from(max).unwrap_or(ITEMS_DEFAULT));
    let mut rest = items.into_iter().filter(|(key, _)| after.as_ref().is_none_or(|after| key > after));
    let mut items = Vec::new();
    let mut last = None;
    for (key, item) in rest.by_ref().take(wanted) {
        items.push(item);
        last = Some(key);
    }
    let more = rest.next().is_some();
    let marker = last.filter(|_| more).map(|key| URL_SAFE_NO_PAD.encode(key));
    Ok(Page { items, is_truncated: Some(more), marker })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items() -> Vec<(String, u32)> {
        (0..5).map(|n| (format!("k{n}"), n)).collect()
    }

    #[test]
    fn pages_follow_one_another() {
        let first = page(items(), None, Some(2)).unwrap();
        assert_eq!((first.items, first.is_truncated), (vec![0, 1], Some(true)));
        let second = page(items(), first.marker.as_deref(), Some(2)).unwrap();
        assert_eq!((second.items, second.is_truncated), (vec![2, 3], Some(true)));
        let third = page(items(), second.marker.as_deref(), Some(2)).unwrap();
        assert_eq!((third.items, third.is_truncated, third.marker), (vec![4], Some(false), None));
    }

    #[test]
    fn an_item_that_went_away_does_not_hide_the_next() {
        let marker = page(items(), None, Some(2)).unwrap().marker;
        let fewer = items().into_iter().filter(|(_, n)| *n != 1).collect();
        assert_eq!(page(fewer, marker.as_deref(), None).unwrap().items, [2, 3, 4]);
    }

    #[test]
    fn a_marker_of_someone_else_is_refused() {
        assert_eq!(page(items(), Some("!"), None).unwrap_err().message.as_deref(), Some("Invalid Marker."));
    }
}
