//! What a text must contain for a regular expression to match somewhere in it.

use regex_syntax::hir::{Class, Hir, HirKind};

use super::Needle;

impl Needle {
    /// A regular expression, in the syntax of the `regex` crate, matches somewhere. What
    /// cannot be parsed says nothing.
    pub fn regex(pattern: &str) -> Self {
        regex_syntax::parse(pattern).map_or(Self::Anything, |hir| of(&hir))
    }
}

fn of(hir: &Hir) -> Needle {
    let mut run = Run::default();
    run.take(hir);
    run.finish()
}

/// The needles of parts that follow one another, the last of which may go on.
#[derive(Default)]
struct Run {
    needles: Vec<Needle>,
    literal: String,
    // Letters of the literal are of either case.
    any_case: bool,
}

impl Run {
    fn take(&mut self, hir: &Hir) {
        match hir.kind() {
            // Nothing lies between what is before and what is after.
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
                Ok(text) => text.chars().for_each(|c| self.push(c, false)),
                Err(_) => self.end(),
            },
            HirKind::Class(class) => match one_letter(class) {
                Some(letter) => self.push(letter, true),
                None => self.end(),
            },
            HirKind::Capture(capture) => self.take(&capture.sub),
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.take(part)),
            HirKind::Repetition(repetition) => {
                self.end();
                if repetition.min > 0 {
                    self.needles.push(of(&repetition.sub));
                }
            }
            HirKind::Alternation(branches) => {
                self.end();
                self.needles.push(Needle::any_of(branches.iter().map(of)));
            }
        }
    }

    fn push(&mut self, c: char, any_case: bool) {
        // Digits and the like are the same in either case.
        if c.is_ascii_alphabetic() || !c.is_ascii() {
            if self.literal.contains(|c: char| c.is_ascii_alphabetic() || !c.is_ascii()) && self.any_case != any_case {
                self.end();
            }
            self.any_case = any_case;
        }
        self.literal.push(c);
    }

    /// What comes next does not follow at once.
    fn end(&mut self) {
        let literal = std::mem::take(&mut self.literal);
        if !literal.is_empty() {
            self.needles.push(Needle::Contains { literal, exact_case: !self.any_case });
        }
        self.any_case = false;
    }

    fn finish(mut self) -> Needle {
        self.end();
        Needle::all(self.needles)
    }
}

/// The ASCII letter whose two cases are all that a class holds. (The classes of `(?i)k` and
/// `(?i)s` hold a third character, beyond ASCII.)
fn one_letter(class: &Class) -> Option<char> {
    let Class::Unicode(class) = class else { return None };
    let [upper, lower] = class.ranges() else { return None };
    let single = upper.start() == upper.end() && lower.start() == lower.end();
    let letter = upper.start();
    (single && letter.is_ascii_uppercase() && lower.start() == letter.to_ascii_lowercase())
        .then(|| letter.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn any_case(literal: &str) -> Needle {
        Needle::Contains { literal: literal.to_owned(), exact_case: false }
    }

    #[test]
    fn literals_that_every_match_holds_are_found() {
        let literal = |text: &str| Needle::contains(text);
        for (pattern, needle) in [
            ("error", literal("error")),
            ("^GET /a\\.b$", literal("GET /a.b")),
            ("status=5\\d\\d ms", Needle::all([literal("status=5"), literal(" ms")])),
            ("(foo|bar)baz", Needle::all([Needle::any_of([literal("foo"), literal("bar")]), literal("baz")])),
            ("(ab)+c?", literal("ab")),
            ("(ab)*", Needle::Anything),
            ("a|", Needle::Anything),
            (".*", Needle::Anything),
            ("(?i)error 42", any_case("error 42")),
            // U+212A KELVIN SIGN and U+017F are a k and an s in another case.
            ("(?i)disk", any_case("di")),
            ("ab(?i)cd", Needle::all([literal("ab"), any_case("cd")])),
            ("(", Needle::Anything),
            ("é+", literal("é")),
        ] {
            assert_eq!(Needle::regex(pattern), needle, "{pattern}");
        }
    }
}
