//! How records spell names.

use std::borrow::Cow;

/// The name with only its first character in lower case (cloudtrail.md §1.4 rule 1).
pub(crate) fn lower_first(name: &str) -> Cow<'_, str> {
    match name.chars().next() {
        Some(first) if first.is_ascii_uppercase() => {
            let mut lower = String::with_capacity(name.len());
            lower.push(first.to_ascii_lowercase());
            lower.push_str(&name[1..]);
            Cow::Owned(lower)
        }
        _ => Cow::Borrowed(name),
    }
}
