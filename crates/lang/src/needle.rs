//! What a text must contain for a condition on it to have a chance: how languages tell an index what to look for.

mod finder;
mod regex;

pub use finder::NeedleFinder;

/// A condition that is necessary, never sufficient: where it fails, nothing can match; where it
/// holds, whoever asked looks for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needle {
    /// Nothing is known: any text may match.
    Anything,
    /// No text can match.
    Nothing,
    /// The text contains these bytes somewhere. ASCII letters may be of either case: an index
    /// that tells cases apart is free to look for the literal as it stands only if `exact_case`.
    Contains {
        /// What is contained; never empty.
        literal: String,
        /// Whether the letters' cases are as in the text.
        exact_case: bool,
    },
    /// All of these hold.
    All(Vec<Needle>),
    /// At least one of these holds.
    AnyOf(Vec<Needle>),
}

impl Needle {
    /// The text contains the literal exactly; an empty literal says nothing.
    pub fn contains(literal: impl Into<String>) -> Self {
        let literal = literal.into();
        match literal.is_empty() {
            true => Self::Anything,
            false => Self::Contains { literal, exact_case: true },
        }
    }

    /// All of the needles hold.
    pub fn all(needles: impl IntoIterator<Item = Needle>) -> Self {
        let mut all = Vec::new();
        for needle in needles {
            match needle {
                Self::Anything => {}
                Self::Nothing => return Self::Nothing,
                Self::All(inner) => all.extend(inner),
                other => all.push(other),
            }
        }
        match all.len() {
            0 => Self::Anything,
            1 => all.swap_remove(0),
            _ => Self::All(all),
        }
    }

    /// At least one of the needles holds; none of no needles can.
    pub fn any_of(needles: impl IntoIterator<Item = Needle>) -> Self {
        let mut any = Vec::new();
        for needle in needles {
            match needle {
                Self::Anything => return Self::Anything,
                Self::Nothing => {}
                Self::AnyOf(inner) => any.extend(inner),
                other => any.push(other),
            }
        }
        match any.len() {
            0 => Self::Nothing,
            1 => any.swap_remove(0),
            _ => Self::AnyOf(any),
        }
    }

    /// A string value inside a JSON text: each run of it that JSON cannot escape in a short form is
    /// contained, unless the text spells characters as `\u00XX`.
    pub fn json_string(value: &str) -> Self {
        let runs = value.split(|c: char| !c.is_ascii() || c.is_ascii_control() || matches!(c, '"' | '\\' | '/'));
        let plain = Self::all(runs.map(Self::contains));
        Self::any_of([plain, Self::contains("\\u00")])
    }

    /// The needle prepared for many texts.
    pub fn finder(&self) -> NeedleFinder {
        NeedleFinder::new(self)
    }

    /// Whether a text passes; the meaning that an index must not be stricter than.
    pub fn may_match(&self, text: &str) -> bool {
        match self {
            Self::Anything => true,
            Self::Nothing => false,
            Self::Contains { literal, exact_case: true } => text.contains(literal.as_str()),
            Self::Contains { literal, exact_case: false } => {
                text.to_ascii_lowercase().contains(&literal.to_ascii_lowercase())
            }
            Self::All(needles) => needles.iter().all(|needle| needle.may_match(text)),
            Self::AnyOf(needles) => needles.iter().any(|needle| needle.may_match(text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_known_is_absorbed_by_all_and_absorbs_any() {
        let a = || Needle::contains("a");
        assert_eq!(Needle::all([Needle::Anything, a()]), a());
        assert_eq!(Needle::any_of([Needle::Anything, a()]), Needle::Anything);
        assert_eq!(Needle::all([Needle::Nothing, a()]), Needle::Nothing);
        assert_eq!(Needle::any_of([Needle::Nothing, a()]), a());
        assert_eq!(Needle::any_of([]), Needle::Nothing);
    }

    #[test]
    fn a_json_string_may_be_spelled_with_escapes() {
        let needle = Needle::json_string("GET /x");
        assert!(needle.may_match(r#"{"a":"GET \/x"}"#));
        assert!(needle.may_match("{\"a\":\"\\u0047\\u0045\\u0054 \\u002fx\"}"));
        assert!(!needle.may_match(r#"{"a":"PUT /x"}"#));
    }
}
