//! Versions of packages of Node.js: Semantic Versioning 2.0.0, of which who asks may leave out numbers at the end.

use super::{Digits, release};

/// A version's place in the order; what it was built of has none.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key<'a> {
    release: Vec<Digits<'a>>,
    stage: Stage<'a>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage<'a> {
    Before(Vec<Identifier<'a>>),
    Released,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Identifier<'a> {
    Number(Digits<'a>),
    Text(&'a str),
}

/// The key of a version, if it is one.
pub(super) fn key(text: &str) -> Option<Key<'_>> {
    let text = text.trim();
    let text = text.strip_prefix(['v', '=']).unwrap_or(text);
    let text = text.split_once('+').map_or(text, |(version, _build)| version);
    let (numbers, stage) = match text.split_once('-') {
        Some((numbers, before)) => (numbers, Stage::Before(before.split('.').map(identifier).collect::<Option<_>>()?)),
        None => (text, Stage::Released),
    };
    Some(Key { release: release(numbers)?, stage })
}

fn identifier(text: &str) -> Option<Identifier<'_>> {
    let is_one = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_one.then(|| Digits::parse(text).map_or(Identifier::Text(text), Identifier::Number))
}
