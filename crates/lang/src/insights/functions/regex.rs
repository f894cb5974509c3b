//! Regular expressions that come as arguments. They are nearly always the same for each record, so the
//! last ones are kept compiled, a few for each thread.

use std::cell::RefCell;
use std::rc::Rc;

use regex::{Regex, RegexBuilder};

/// How many are kept.
const KEPT_MAX: usize = 8;
/// What one may take when compiled: as much as the engine takes by default would be 10 MB for each thread.
const COMPILED_BYTES_MAX: usize = 1 << 20;

thread_local! {
    /// The latest last. What cannot be compiled is kept as such.
    static KEPT: RefCell<Vec<(String, Option<Rc<Regex>>)>> = const { RefCell::new(Vec::new()) };
}

/// What a compiled pattern gives; `None` if it is none.
pub(super) fn with<R>(pattern: &str, give: impl FnOnce(&Regex) -> R) -> Option<R> {
    let compiled = KEPT.with_borrow_mut(|kept| {
        if let Some((_, compiled)) = kept.iter().find(|(kept, _)| kept == pattern) {
            return compiled.clone();
        }
        if kept.len() == KEPT_MAX {
            kept.remove(0);
        }
        let compiled = RegexBuilder::new(pattern).size_limit(COMPILED_BYTES_MAX).build().ok().map(Rc::new);
        kept.push((pattern.to_owned(), compiled.clone()));
        compiled
    })?;
    Some(give(&compiled))
}

/// A replacement with `$1`, `${name}` or `\1`, in the form of the engine, which would take `$1a` as the group `1a`.
pub(crate) fn replacement(text: &str) -> String {
    let mut replacement = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['$', '\\']) {
        replacement.push_str(&rest[..at]);
        let escape = rest.as_bytes()[at];
        rest = &rest[at + 1..];
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits > 0 {
            let group;
            (group, rest) = rest.split_at(digits);
            replacement.push_str("${");
            replacement.push_str(group);
            replacement.push('}');
        } else if escape == b'$' && rest.starts_with('{') {
            replacement.push('$');
        } else if escape == b'\\' && rest.starts_with('$') {
            replacement.push_str("$$");
            rest = &rest[1..];
        } else if escape == b'\\' && rest.starts_with('\\') {
            replacement.push('\\');
            rest = &rest[1..];
        } else {
            replacement.push_str(if escape == b'$' { "$$" } else { "\\" });
        }
    }
    replacement.push_str(rest);
    replacement
}
