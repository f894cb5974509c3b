//! Listing keys page by page: in the order of their bytes, with what a delimiter groups.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;

use crate::names::{after_prefix, bucket_prefix, key_of, object_name};

/// Records that are read at once.
const BATCH: usize = 1000;

/// What of a bucket's keys is listed.
#[derive(Clone, Debug)]
pub(crate) struct Query<'a> {
    /// The bucket's id.
    pub(crate) bucket_id: &'a str,
    /// What keys start with.
    pub(crate) prefix: &'a str,
    /// What ends the part of a key after the prefix that groups it with others.
    pub(crate) delimiter: Option<&'a str>,
    /// Where the page starts.
    pub(crate) start: Start,
    /// How many entries it has at most.
    pub(crate) limit: usize,
}

/// Where a page starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// At the first key.
    First,
    /// At this key.
    At(String),
    /// After this key.
    AfterKey(String),
    /// After all keys of this group.
    AfterGroup(String),
}

/// A line of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry<T> {
    /// A key, and what there is about it.
    Key(String, T),
    /// The keys that start with this.
    Group(String),
}

/// A page.
#[derive(Debug)]
pub(crate) struct Page<T> {
    pub(crate) entries: Vec<Entry<T>>,
    /// Where the next page starts, when there is one.
    pub(crate) next: Option<Start>,
}

impl Start {
    /// After a key as clients give one, which may be that of a group.
    pub(crate) fn after(marker: &str, prefix: &str, delimiter: Option<&str>) -> Self {
        match group_of(marker, prefix, delimiter) {
            Some(group) if group == marker => Self::AfterGroup(group),
            _ => Self::AfterKey(marker.to_owned()),
        }
    }

    /// A token that stands for it.
    pub(crate) fn token(&self) -> String {
        let text = match self {
            Self::First => "f".to_owned(),
            Self::At(key) => format!("a{key}"),
            Self::AfterKey(key) => format!("k{key}"),
            Self::AfterGroup(group) => format!("g{group}"),
        };
        BASE64.encode(text)
    }

    /// What a token stands for.
    pub(crate) fn of_token(token: &str) -> Option<Self> {
        let text = String::from_utf8(BASE64.decode(token).ok()?).ok()?;
        let rest = text.get(1..)?.to_owned();
        match text.as_bytes()[0] {
            b'f' => Some(Self::First),
            b'a' => Some(Self::At(rest)),
            b'k' => Some(Self::AfterKey(rest)),
            b'g' => Some(Self::AfterGroup(rest)),
            _ => None,
        }
    }

    /// The key or the group after which it is.
    pub(crate) fn marker(&self) -> &str {
        match self {
            Self::First => "",
            Self::At(text) | Self::AfterKey(text) | Self::AfterGroup(text) => text,
        }
    }

    /// The first name that can be on the page; `None` when none can.
    fn first_name(&self, bucket_id: &str) -> Option<String> {
        match self {
            Self::First => Some(bucket_prefix(bucket_id)),
            Self::At(key) => Some(object_name(bucket_id, key)),
            // No name holds NUL, so that nothing is between a name and this.
            Self::AfterKey(key) => Some(object_name(bucket_id, key) + "\0"),
            Self::AfterGroup(group) => after_prefix(&object_name(bucket_id, group)),
        }
    }
}

/// The group that a key is in: up to the first delimiter after the prefix.
pub(crate) fn group_of(key: &str, prefix: &str, delimiter: Option<&str>) -> Option<String> {
    let delimiter = delimiter.filter(|delimiter| !delimiter.is_empty())?;
    let rest = key.strip_prefix(prefix)?;
    let at = rest.find(delimiter)?;
    Some(key[..prefix.len() + at + delimiter.len()].to_owned())
}

/// The page that the query asks for. `page` gives so many records from a name on, of names that start with another,
/// in order; `shown` says what there is about a key, and `None` where it is not shown.
pub(crate) fn list<R, T>(
    query: &Query<'_>,
    mut page: impl FnMut(&str, &str, usize) -> Vec<(String, R)>,
    mut shown: impl FnMut(&str, R) -> Option<T>,
) -> Page<T> {
    let mut entries: Vec<Entry<T>> = Vec::new();
    let prefix = object_name(query.bucket_id, query.prefix);
    let mut from = query.start.first_name(query.bucket_id);
    if query.limit == 0 {
        return Page { entries, next: None };
    }
    'pages: while let Some(first) = from {
        let rows = page(&first, &prefix, BATCH);
        let is_last = rows.len() < BATCH;
        from = rows.last().map(|(name, _)| format!("{name}\0")).filter(|_| !is_last);
        let mut group: Option<String> = None;
        for (name, row) in rows {
            let key = key_of(&name);
            if group.as_ref().is_some_and(|group| key.starts_with(group.as_str())) {
                continue;
            }
            let Some(about) = shown(&key, row) else { continue };
            if entries.len() == query.limit {
                return Page { next: entries.last().map(after), entries };
            }
            match group_of(&key, query.prefix, query.delimiter) {
                Some(of) => {
                    group = Some(of.clone());
                    entries.push(Entry::Group(of));
                }
                None => entries.push(Entry::Key(key, about)),
            }
        }
        // The rest of a group that goes on past this batch is passed over at once.
        if let Some(group) = group
            && from.as_ref().is_some_and(|from| from.starts_with(&object_name(query.bucket_id, &group)))
        {
            from = after_prefix(&object_name(query.bucket_id, &group));
            continue 'pages;
        }
    }
    Page { entries, next: None }
}

fn after<T>(entry: &Entry<T>) -> Start {
    match entry {
        Entry::Key(key, _) => Start::AfterKey(key.clone()),
        Entry::Group(group) => Start::AfterGroup(group.clone()),
    }
}

/// A key as listings write it when the client asks for `url`.
pub(crate) fn url_encoded(key: &str) -> String {
    let mut encoded = String::with_capacity(key.len());
    for byte in key.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' | b'/' => encoded.push(char::from(byte)),
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests;
