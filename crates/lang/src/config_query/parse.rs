//! From text to a query.

use super::{
    Aggregate, Comparison, Condition, DEPTH_MAX, Error, Function, Item, Literal, Order, OrderBy,
    PATTERN_CHARACTERS_MIN, Path, Pattern, Predicate, Query, Test, Wildcard,
};

/// Words that begin no property: those of the language, and those of SQL that it leaves out.
const RESERVED: [&str; 28] = [
    "ALL", "AND", "AS", "ASC", "BETWEEN", "BY", "CASE", "DESC", "DISTINCT", "EXISTS", "FALSE", "FROM", "GROUP",
    "HAVING", "IN", "IS", "JOIN", "LIKE", "LIMIT", "NOT", "NULL", "ON", "OR", "ORDER", "SELECT", "TRUE", "UNION",
    "WHERE",
];

pub(super) fn parse(text: &str) -> Result<Query, Error> {
    let mut parser = Parser { text, at: 0, depth: 0 };
    let query = parser.query()?;
    parser.sign(";");
    parser.blanks();
    match parser.rest().is_empty() {
        true => Ok(query),
        false => Err(parser.error()),
    }
}

/// Whether a name needs no quotation marks.
pub(super) fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(in_name)
}

fn in_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

struct Parser<'a> {
    text: &'a str,
    /// The byte where the next piece starts, blanks before it passed over or not.
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn query(&mut self) -> Result<Query, Error> {
        self.expect("SELECT")?;
        let items = self.listed(Self::item)?;
        let condition = if self.word("WHERE") { Some(self.any()?) } else { None };
        let mut groups = Vec::new();
        if self.word("GROUP") {
            self.expect("BY")?;
            groups = self.listed(Self::path)?;
        }
        let mut order = Vec::new();
        if self.word("ORDER") {
            self.expect("BY")?;
            order = self.listed(Self::order)?;
        }
        Ok(Query { items, condition, groups, order })
    }

    fn item(&mut self) -> Result<Item, Error> {
        if self.sign("*") {
            return Ok(Item::All);
        }
        match self.aggregate()? {
            Some(aggregate) => Ok(Item::Aggregate(aggregate)),
            None => Ok(Item::Property(self.path()?)),
        }
    }

    fn order(&mut self) -> Result<Order, Error> {
        let by = match self.aggregate()? {
            Some(aggregate) => OrderBy::Aggregate(aggregate),
            None => OrderBy::Property(self.path()?),
        };
        let descends = self.word("DESC");
        if !descends {
            self.word("ASC");
        }
        Ok(Order { by, descends })
    }

    /// A function's name with a bracket behind it.
    fn aggregate(&mut self) -> Result<Option<Aggregate>, Error> {
        self.blanks();
        let start = self.at;
        let word = self.name();
        let Some(function) = Function::of(word).filter(|_| self.sign("(")) else {
            self.at = start;
            return Ok(None);
        };
        let of = match self.sign("*") {
            true if function == Function::Count => None,
            true => return Err(Error::StarInFunction),
            false => Some(self.path()?),
        };
        self.expect_sign(")")?;
        Ok(Some(Aggregate { function, word: word.to_owned(), of }))
    }

    fn any(&mut self) -> Result<Condition, Error> {
        let parts = self.joined("OR", Self::all)?;
        Ok(one_or(parts, Condition::Any))
    }

    fn all(&mut self) -> Result<Condition, Error> {
        let parts = self.joined("AND", Self::negation)?;
        Ok(one_or(parts, Condition::All))
    }

    fn joined(&mut self, word: &str, part: fn(&mut Self) -> Result<Condition, Error>) -> Result<Vec<Condition>, Error> {
        let mut parts = vec![part(self)?];
        while self.word(word) {
            parts.push(part(self)?);
        }
        Ok(parts)
    }

    fn negation(&mut self) -> Result<Condition, Error> {
        let negates = self.word("NOT");
        if !negates && !self.sign("(") {
            return self.predicate().map(Condition::Predicate);
        }
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Error::TooDeep);
        }
        let condition = match negates {
            true => Condition::Not(Box::new(self.negation()?)),
            false => {
                let inner = self.any()?;
                self.expect_sign(")")?;
                inner
            }
        };
        self.depth -= 1;
        Ok(condition)
    }

    fn predicate(&mut self) -> Result<Predicate, Error> {
        let path = self.path()?;
        let found = Comparison::SIGNS.into_iter().find(|(sign, _)| self.sign(sign));
        if let Some((_, comparison)) = found {
            let test = Test::Compare(comparison, self.literal()?);
            return Ok(Predicate { path, negated: false, test });
        }
        let negated = self.word("NOT");
        let test = if self.word("IN") {
            self.expect_sign("(")?;
            let literals = self.listed(Self::literal)?;
            self.expect_sign(")")?;
            Test::In(literals)
        } else if self.word("BETWEEN") {
            let low = self.literal()?;
            self.expect("AND")?;
            Test::Between(low, self.literal()?)
        } else if self.word("LIKE") {
            let text = self.quoted('\'')?.ok_or_else(|| self.error())?;
            Test::Like(pattern(&text)?)
        } else {
            return Err(self.error());
        };
        Ok(Predicate { path, negated, test })
    }

    fn literal(&mut self) -> Result<Literal, Error> {
        if let Some(text) = self.quoted('\'')? {
            return Ok(Literal::Text(text));
        }
        if self.word("TRUE") {
            return Ok(Literal::Flag(true));
        }
        if self.word("FALSE") {
            return Ok(Literal::Flag(false));
        }
        let bytes = number_bytes(self.rest());
        let is_ended = self.rest()[bytes..].chars().next().is_none_or(|next| !in_name(next) && next != '.');
        if bytes == 0 || !is_ended {
            return Err(self.error());
        }
        let number = self.rest()[..bytes].to_owned();
        self.at += bytes;
        Ok(Literal::Number(number))
    }

    fn path(&mut self) -> Result<Path, Error> {
        self.blanks();
        let start = self.at;
        let root = self.name();
        if root.is_empty() || RESERVED.iter().any(|word| word.eq_ignore_ascii_case(root)) {
            self.at = start;
            return Err(self.error());
        }
        let mut names = vec![root.to_owned()];
        while self.sign(".") {
            let name = match self.quoted('"')? {
                Some(name) => name,
                None => self.name().to_owned(),
            };
            if name.is_empty() {
                return Err(self.error());
            }
            names.push(name);
        }
        Ok(Path::new(names))
    }

    fn listed<T>(&mut self, part: fn(&mut Self) -> Result<T, Error>) -> Result<Vec<T>, Error> {
        let mut parts = vec![part(self)?];
        while self.sign(",") {
            parts.push(part(self)?);
        }
        Ok(parts)
    }

    /// What stands between two quotation marks, of which two stand for one; `None` when nothing is quoted here.
    fn quoted(&mut self, mark: char) -> Result<Option<String>, Error> {
        self.blanks();
        let Some(mut rest) = self.rest().strip_prefix(mark) else { return Ok(None) };
        let mut text = String::new();
        loop {
            let (inside, after) = rest.split_once(mark).ok_or_else(|| self.error())?;
            text.push_str(inside);
            match after.strip_prefix(mark) {
                Some(more) => {
                    text.push(mark);
                    rest = more;
                }
                None => {
                    self.at = self.text.len() - after.len();
                    return Ok(Some(text));
                }
            }
        }
    }

    /// The name that stands here; empty when there is none.
    fn name(&mut self) -> &'a str {
        self.blanks();
        let rest = self.rest();
        let name = &rest[..rest.find(|c| !in_name(c)).unwrap_or(rest.len())];
        self.at += name.len();
        name
    }

    /// Takes a word of the language, in any case.
    fn word(&mut self, word: &str) -> bool {
        self.blanks();
        let start = self.at;
        let is_it = self.name().eq_ignore_ascii_case(word);
        if !is_it {
            self.at = start;
        }
        is_it
    }

    fn expect(&mut self, word: &str) -> Result<(), Error> {
        if self.word(word) { Ok(()) } else { Err(self.error()) }
    }

    /// Takes a sign.
    fn sign(&mut self, sign: &str) -> bool {
        self.blanks();
        let is_it = self.rest().starts_with(sign);
        if is_it {
            self.at += sign.len();
        }
        is_it
    }

    fn expect_sign(&mut self, sign: &str) -> Result<(), Error> {
        if self.sign(sign) { Ok(()) } else { Err(self.error()) }
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// What stands here cannot.
    fn error(&self) -> Error {
        let rest = self.rest();
        let before = &self.text[..self.text.len() - rest.trim_start().len()];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Error::Syntax { line, column }
    }
}

fn one_or(mut parts: Vec<Condition>, more: fn(Vec<Condition>) -> Condition) -> Condition {
    match parts.len() {
        1 => parts.swap_remove(0),
        _ => more(parts),
    }
}

/// The bytes of the number that a text starts with.
fn number_bytes(text: &str) -> usize {
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let mut at = usize::from(text.starts_with('-'));
    let whole = digits(at);
    if whole == 0 {
        return 0;
    }
    at += whole;
    if text[at..].starts_with('.') && digits(at + 1) > 0 {
        at += 1 + digits(at + 1);
    }
    at
}

/// A pattern, in which a backslash takes the meaning of the character behind it.
fn pattern(text: &str) -> Result<Pattern, Error> {
    let refused = || Error::Pattern(text.to_owned());
    let (mut start, mut end) = (String::with_capacity(text.len()), Wildcard::Nothing);
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        if end != Wildcard::Nothing {
            return Err(refused());
        }
        match c {
            '%' => end = Wildcard::Anything,
            '_' => end = Wildcard::OneCharacter,
            '\\' => start.push(characters.next().ok_or_else(refused)?),
            c => start.push(c),
        }
    }
    match end != Wildcard::Nothing && start.chars().count() < PATTERN_CHARACTERS_MIN {
        true => Err(refused()),
        false => Ok(Pattern { start, end }),
    }
}
