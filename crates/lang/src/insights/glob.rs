//! The patterns of `parse … "user=*, method:*"` (logs.md §7.6).

/// A pattern: literal texts with stars between them. It may match anywhere in a text: what stands
/// before its first literal does not matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    /// What stands around the stars: one more than there are stars; each may be empty.
    literals: Vec<Box<str>>,
}

impl Glob {
    /// The pattern of a text. Every text is one; without a star it captures nothing.
    pub fn parse(text: &str) -> Self {
        Self { literals: text.split('*').map(Box::from).collect() }
    }

    /// How many stars there are, and so how many names a `parse` must give.
    pub fn star_count(&self) -> usize {
        self.literals.len() - 1
    }

    /// What a text must contain, in order, to match.
    pub fn literals(&self) -> impl Iterator<Item = &str> {
        self.literals.iter().map(AsRef::as_ref).filter(|literal| !literal.is_empty())
    }

    /// What the stars stand for: each the shortest text up to the next literal, a last one with nothing
    /// after it all that is left. `None` if the text does not match.
    pub fn captures<'t>(&self, text: &'t str) -> Option<Vec<&'t str>> {
        let (first, others) = self.literals.split_first()?;
        let mut rest = &text[text.find(first.as_ref())? + first.len()..];
        let mut captures = Vec::with_capacity(others.len());
        for (index, literal) in others.iter().enumerate() {
            let last = index + 1 == others.len();
            let end = if last && literal.is_empty() { rest.len() } else { rest.find(literal.as_ref())? };
            captures.push(&rest[..end]);
            rest = &rest[end + literal.len()..];
        }
        Some(captures)
    }
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn stars_capture_what_stands_between_literals() {
        let table: [(&str, &str, Option<&[&str]>); 13] = [
            // logs.md §7.13.
            (
                "user=*, method:*, latency := *",
                "25 May user=mary, method:PUT, latency := 12 ms",
                Some(&["mary", "PUT", "12 ms"]),
            ),
            ("user=*, method:*", "user=mary, verb:PUT", None),
            ("*", "all of it", Some(&["all of it"])),
            ("*", "", Some(&[""])),
            ("a*c", "xxabbcbbcd", Some(&["bb"])),
            ("* *", "one two three", Some(&["one", "two three"])),
            ("[*] *", "x [INFO] started [ok]", Some(&["INFO", "started [ok]"])),
            ("**", "ab", Some(&["", "ab"])),
            ("a**b", "a--b", Some(&["", "--"])),
            ("no star", "there is no star here", Some(&[])),
            ("no star", "nothing", None),
            ("é*é", "xéyéz", Some(&["y"])),
            ("a*", "ba", Some(&[""])),
        ];
        for (pattern, text, expected) in table {
            assert_eq!(Glob::parse(pattern).captures(text), expected.map(<[&str]>::to_vec), "{pattern}");
        }
    }

    #[test]
    fn stars_are_counted() {
        assert_eq!(Glob::parse("").star_count(), 0);
        assert_eq!(Glob::parse("*a*").star_count(), 2);
        assert_eq!(Glob::parse("*a*b").literals().collect::<Vec<_>>(), ["a", "b"]);
    }
}
