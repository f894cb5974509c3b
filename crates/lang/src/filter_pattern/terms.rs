//! Patterns of terms: what a message must, must not, or may contain (logs.md §3.1).

use memchr::memmem::Finder;

use super::PatternError;
use super::cursor::Cursor;
use super::regex::PatternRegex;
use crate::needle::Needle;

/// Terms as they count: where any term is required or excluded, the optional ones are not kept (logs.md FP-4).
#[derive(Debug)]
pub(super) struct TermPattern {
    required: Vec<Term>,
    excluded: Vec<Term>,
    /// One of them must be there, if there are any.
    optional: Vec<Term>,
}

#[derive(Debug)]
enum Term {
    Text(Box<Finder<'static>>),
    Regex(PatternRegex),
}

impl TermPattern {
    pub fn parse(cursor: &mut Cursor<'_>) -> Result<Self, PatternError> {
        let mut terms = Self { required: Vec::new(), excluded: Vec::new(), optional: Vec::new() };
        // A blank in quotation marks matches every event, and so does nothing in them (logs.md FP-1).
        let rest = cursor.rest().trim_end();
        let inside = rest.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        if inside.is_some_and(|inside| inside.trim().is_empty()) {
            return Ok(terms);
        }
        while cursor.peek().is_some() {
            let list = match () {
                () if cursor.eat("?") => &mut terms.optional,
                () if cursor.eat("-") => &mut terms.excluded,
                () => &mut terms.required,
            };
            list.push(term(cursor)?);
            if !cursor.skip_blanks() && cursor.peek().is_some() {
                return Err(cursor.invalid());
            }
        }
        if !(terms.required.is_empty() && terms.excluded.is_empty()) {
            terms.optional.clear();
        }
        Ok(terms)
    }

    pub fn matches(&self, message: &str) -> bool {
        let holds = |term: &Term| term.is_in(message);
        self.required.iter().all(holds)
            && !self.excluded.iter().any(holds)
            && (self.optional.is_empty() || self.optional.iter().any(holds))
    }

    pub fn matches_everything(&self) -> bool {
        self.required.is_empty() && self.excluded.is_empty() && self.optional.is_empty()
    }

    pub fn needle(&self) -> Needle {
        let required = self.required.iter().map(Term::needle);
        let optional = Needle::any_of(self.optional.iter().map(Term::needle));
        match self.optional.is_empty() {
            true => Needle::all(required),
            false => optional,
        }
    }
}

impl Term {
    fn is_in(&self, message: &str) -> bool {
        match self {
            Self::Text(finder) => finder.find(message.as_bytes()).is_some(),
            Self::Regex(regex) => regex.is_match(message),
        }
    }

    fn needle(&self) -> Needle {
        match self {
            Self::Text(finder) => {
                Needle::contains(String::from_utf8(finder.needle().to_vec()).expect("it was made of a text"))
            }
            Self::Regex(regex) => regex.needle(&Needle::contains),
        }
    }
}

fn term(cursor: &mut Cursor<'_>) -> Result<Term, PatternError> {
    let text = |text: &str| Term::Text(Box::new(Finder::new(text).into_owned()));
    match cursor.peek() {
        Some('"') => Ok(text(&cursor.quoted()?)),
        Some('%') => Ok(Term::Regex(cursor.regex()?)),
        _ => {
            let begin = cursor.invalid();
            let word = cursor.take_while(|c| !c.is_whitespace());
            let is_plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            match word {
                "" => Err(begin),
                word if is_plain => Ok(text(word)),
                word => Err(PatternError { message: format!("Invalid character(s) in term '{word}'"), ..begin }),
            }
        }
    }
}
