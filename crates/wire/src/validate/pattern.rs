//! The models' patterns. They are Java's; this engine knows most of what they use, and the
//! differences are translated: Java's `\d`, `\w` and `\s` are ASCII, its classes take a
//! hyphen where this one wants it escaped, and it writes characters beyond 16 bits as pairs.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock, RwLock};

use regex::Regex;

/// Compiled patterns by their text; `None` for one that cannot be compiled. Shared, since a
/// copy of a pattern makes its working memory anew.
static COMPILED: LazyLock<RwLock<Compiled>> = LazyLock::new(RwLock::default);

type Compiled = HashMap<&'static str, Option<Arc<Regex>>>;

/// Patterns that have to be said in another way here, and that way.
const EQUIVALENTS: [(&str, &str); 2] = [
    // Not blank.
    (r"^(?!\s*$).+", r".*\S.*"),
    // Counting this far would take too much memory; the model's length says the same.
    ("^.{1,100000}$", ".+"),
];

/// What Java's dot stands for.
const DOT: &str = r"[^\n\r\x{85}\x{2028}\x{2029}]";

/// Whether the whole text matches. A pattern that cannot be compiled (look-around, back
/// references) matches everything: see [`is_checkable`].
pub(super) fn matches(pattern: &'static str, text: &str) -> bool {
    if let Some(compiled) = COMPILED.read().ok().and_then(|all| all.get(pattern).cloned()) {
        return compiled.is_none_or(|regex| regex.is_match(text));
    }
    let compiled = compile(pattern).map(Arc::new);
    let matches = compiled.as_ref().is_none_or(|regex| regex.is_match(text));
    if let Ok(mut all) = COMPILED.write() {
        all.insert(pattern, compiled);
    }
    matches
}

/// Whether a model's pattern can be checked here. Those that cannot are let through, and
/// belong in a test that names each one.
pub fn is_checkable(pattern: &str) -> bool {
    compile(pattern).is_some()
}

fn compile(pattern: &str) -> Option<Regex> {
    let pattern = EQUIVALENTS.iter().find(|(from, _)| *from == pattern).map_or(pattern, |(_, to)| to);
    // `\z`, not `$`: the whole text, a newline at its end included.
    Regex::new(&format!(r"\A(?:{})\z", translate(pattern)?)).ok()
}

/// Java's syntax into this engine's; `None` for what has no like here.
fn translate(pattern: &str) -> Option<String> {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut chars = pattern.chars().peekable();
    let mut class_depth = 0u32;
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let escaped = chars.next()?;
                escape(&mut out, escaped, &mut chars)?;
                // In Java a hyphen after a class such as `\w` is just a hyphen.
                if class_depth > 0 && "dwsDWSp".contains(escaped) && chars.peek() == Some(&'-') {
                    chars.next();
                    out.push_str("\\-");
                }
            }
            '[' => {
                class_depth += 1;
                out.push('[');
                if chars.peek() == Some(&'^') {
                    out.extend(chars.next());
                }
            }
            ']' if class_depth > 0 => {
                class_depth -= 1;
                out.push(']');
            }
            // Set operators that Java does not have.
            '~' if class_depth > 0 => out.push_str("\\~"),
            '-' if class_depth > 0 && chars.peek() == Some(&'-') => out.push_str("\\-"),
            '.' if class_depth == 0 && !pattern.contains("(?s") => out.push_str(DOT),
            c => out.push(c),
        }
    }
    Some(out)
}

fn escape(out: &mut String, escaped: char, chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<()> {
    match escaped {
        'd' => out.push_str("[0-9]"),
        'D' => out.push_str("[^0-9]"),
        'w' => out.push_str("[a-zA-Z0-9_]"),
        'W' => out.push_str("[^a-zA-Z0-9_]"),
        's' => out.push_str(r"[ \t\n\x0B\f\r]"),
        'S' => out.push_str(r"[^ \t\n\x0B\f\r]"),
        'u' => {
            let mut unit = hex4(chars)?;
            if (0xD800..0xDC00).contains(&unit) {
                let mut ahead = chars.clone();
                if ahead.next() != Some('\\') || ahead.next() != Some('u') {
                    return None;
                }
                let low = hex4(&mut ahead).filter(|low| (0xDC00..0xE000).contains(low))?;
                unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                *chars = ahead;
            }
            write!(out, "\\x{{{unit:X}}}").ok()?;
        }
        // Back references.
        '1'..='9' => return None,
        c if c.is_ascii_alphanumeric() => {
            out.push('\\');
            out.push(c);
        }
        c if c.is_ascii() && c != '<' && c != '>' => {
            out.push('\\');
            out.push(c);
        }
        c => out.push(c),
    }
    Some(())
}

fn hex4(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Option<u32> {
    let mut unit = 0;
    for _ in 0..4 {
        unit = unit * 16 + chars.next()?.to_digit(16)?;
    }
    Some(unit)
}
