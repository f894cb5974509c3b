//! A needle prepared for many texts.

use memchr::memchr2_iter;
use memchr::memmem::Finder;

use super::Needle;

/// A [`Needle`] whose literals are prepared once; finds what [`Needle::may_match`] finds.
#[derive(Clone, Debug)]
pub struct NeedleFinder(Node);

#[derive(Clone, Debug)]
enum Node {
    Anything,
    Nothing,
    Exact(Box<Finder<'static>>),
    AnyCase(Box<[u8]>),
    All(Box<[Node]>),
    AnyOf(Box<[Node]>),
}

impl NeedleFinder {
    pub(super) fn new(needle: &Needle) -> Self {
        Self(Node::new(needle))
    }

    /// Whether a text passes.
    pub fn may_match(&self, text: &str) -> bool {
        self.may_match_bytes(text.as_bytes())
    }

    /// Whether a text passes that is UTF-8.
    pub fn may_match_bytes(&self, text: &[u8]) -> bool {
        self.0.may_match(text)
    }
}

impl Node {
    fn new(needle: &Needle) -> Self {
        match needle {
            Needle::Anything => Self::Anything,
            Needle::Nothing => Self::Nothing,
            Needle::Contains { literal, exact_case: true } => Self::Exact(Box::new(Finder::new(literal).into_owned())),
            Needle::Contains { literal, exact_case: false } => Self::AnyCase(literal.as_bytes().into()),
            Needle::All(needles) => Self::All(needles.iter().map(Self::new).collect()),
            Needle::AnyOf(needles) => Self::AnyOf(needles.iter().map(Self::new).collect()),
        }
    }

    fn may_match(&self, text: &[u8]) -> bool {
        match self {
            Self::Anything => true,
            Self::Nothing => false,
            Self::Exact(finder) => finder.find(text).is_some(),
            Self::AnyCase(literal) => contains_any_case(text, literal),
            Self::All(nodes) => nodes.iter().all(|node| node.may_match(text)),
            Self::AnyOf(nodes) => nodes.iter().any(|node| node.may_match(text)),
        }
    }
}

fn contains_any_case(text: &[u8], literal: &[u8]) -> bool {
    let Some(first) = literal.first() else { return true };
    memchr2_iter(first.to_ascii_lowercase(), first.to_ascii_uppercase(), text)
        .filter_map(|at| text.get(at..at + literal.len()))
        .any(|there| there.eq_ignore_ascii_case(literal))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn needle() -> impl Strategy<Value = Needle> {
        let literal = ("[aAbé]{1,3}", any::<bool>());
        let contains = literal.prop_map(|(literal, exact_case)| Needle::Contains { literal, exact_case });
        let leaf = prop_oneof![Just(Needle::Anything), Just(Needle::Nothing), contains.clone(), contains];
        leaf.prop_recursive(3, 12, 3, |inner| {
            let many = prop::collection::vec(inner, 0..3);
            prop_oneof![many.clone().prop_map(Needle::All), many.prop_map(Needle::AnyOf)]
        })
    }

    proptest! {
        #[test]
        fn a_prepared_needle_finds_what_the_needle_finds(needle in needle(), text in "[aAbBé]{0,8}") {
            prop_assert_eq!(needle.finder().may_match(&text), needle.may_match(&text));
        }
    }
}
