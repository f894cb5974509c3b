//! Picks wanted fields out of JSON in one pass.

use super::scanner::{DEPTH_MAX, Kind, Scanner};
use super::{FIELDS_MAX, Value};
use crate::needle::Needle;

/// A wanted name, as it is in JSON: keys and indexes joined by dots.
#[derive(Clone, Debug)]
pub(super) struct Name {
    path: Box<str>,
    /// Where its value goes.
    pub index: usize,
}

impl Name {
    /// The name in JSON of a discovered name; `None` for one that JSON cannot have (logs.md SY-2).
    pub fn new(name: &str, index: usize) -> Option<Self> {
        let path = match name.strip_prefix('@') {
            None => name,
            Some(escaped) => escaped.starts_with('@').then_some(escaped)?,
        };
        Some(Self { path: path.into(), index })
    }

    /// What a message must contain to have it: the keys on the way. An index into a list is not written anywhere.
    pub fn needle(&self) -> Needle {
        let keys = self.path.split('.').filter(|key| !key.bytes().all(|byte| byte.is_ascii_digit()));
        Needle::all(keys.map(Needle::json_string))
    }
}

/// Fills in the wanted values of the JSON object that a text begins with; of a name that comes twice,
/// the first counts. `None` if there is no JSON object.
pub(super) fn pick(text: &str, names: &[Name], values: &mut [Value]) -> Option<()> {
    let mut picker = Picker {
        scanner: Scanner::new(text),
        names,
        values,
        candidates: (0..names.len()).map(|name| Candidate { name, matched: 0 }).collect(),
        missing: names.len(),
        leaves: 0,
        complete: text.trim_ascii_end().ends_with('}'),
    };
    match picker.object(0, 0) {
        Ok(()) | Err(End::Found) => Some(()),
        Err(End::NotJson) => None,
    }
}

/// Why a pass ended early.
enum End {
    NotJson,
    Found,
}

/// A name of which the first bytes, up to a dot, are the path to here.
#[derive(Clone, Copy)]
struct Candidate {
    name: usize,
    matched: usize,
}

struct Picker<'t, 'n> {
    scanner: Scanner<'t>,
    names: &'n [Name],
    values: &'n mut [Value],
    /// A stack: the candidates of each level on top of its parent's.
    candidates: Vec<Candidate>,
    missing: usize,
    leaves: usize,
    /// Whether the text ends as JSON does, so that its end need not be reached.
    complete: bool,
}

/// `NotJson` for what is none.
fn json<T>(read: Option<T>) -> Result<T, End> {
    read.ok_or(End::NotJson)
}

impl Picker<'_, '_> {
    /// Reads an object whose candidates begin at `from`.
    fn object(&mut self, from: usize, depth: usize) -> Result<(), End> {
        let top = self.candidates.len();
        let mut more = json(self.scanner.enter())?;
        while more {
            let key = json(self.scanner.key())?.read();
            self.value(&key, from..top, depth)?;
            more = json(self.scanner.next(b'}'))?;
        }
        Ok(())
    }

    fn array(&mut self, from: usize, depth: usize) -> Result<(), End> {
        let top = self.candidates.len();
        let mut more = json(self.scanner.enter())?;
        let mut index = 0;
        while more {
            // Written by hand, since elements are many and rarely wanted.
            let mut digits = [0; 20];
            self.value(decimal(index, &mut digits), from..top, depth)?;
            index += 1;
            more = json(self.scanner.next(b']'))?;
        }
        Ok(())
    }

    /// Reads the value of a key whose parent's candidates are those of the range.
    fn value(&mut self, key: &str, parents: std::ops::Range<usize>, depth: usize) -> Result<(), End> {
        let top = self.candidates.len();
        // Names that end here; a value fills in all of them.
        let mut ending = false;
        for parent in parents.clone() {
            let Candidate { name, matched } = self.candidates[parent];
            match self.rest(name, matched, key) {
                Some("") => ending = true,
                Some(_) => self.candidates.push(Candidate { name, matched: matched + key.len() + 1 }),
                None => {}
            }
        }
        let outcome = match json(self.scanner.kind())? {
            Kind::Leaf if ending => self.leaf(key, parents),
            Kind::Object | Kind::Array if top < self.candidates.len() && depth + 1 == DEPTH_MAX => Err(End::NotJson),
            Kind::Object if top < self.candidates.len() => self.object(top, depth + 1),
            Kind::Array if top < self.candidates.len() => self.array(top, depth + 1),
            _ => {
                self.leaves += json(self.scanner.skip(depth + 1))?;
                Ok(())
            }
        };
        self.candidates.truncate(top);
        outcome?;
        // Fields beyond the last one are not discovered.
        if self.complete && (self.missing == 0 || self.leaves >= FIELDS_MAX) { Err(End::Found) } else { Ok(()) }
    }

    fn leaf(&mut self, key: &str, parents: std::ops::Range<usize>) -> Result<(), End> {
        let value = json(self.scanner.leaf())?;
        if value.is_null() {
            return Ok(());
        }
        self.leaves += 1;
        if self.leaves > FIELDS_MAX {
            return Ok(());
        }
        for parent in parents {
            let Candidate { name, matched } = self.candidates[parent];
            let slot = self.names[name].index;
            if self.rest(name, matched, key) == Some("") && self.values[slot].is_null() {
                self.values[slot] = value.clone();
                self.missing -= 1;
            }
        }
        Ok(())
    }

    /// What is left of a name after a key, with the dot between them; `None` if the name goes on otherwise.
    fn rest(&self, name: usize, matched: usize, key: &str) -> Option<&str> {
        let rest = self.names[name].path[matched..].strip_prefix(key)?;
        (rest.is_empty() || rest.starts_with('.')).then_some(rest)
    }
}

/// A number in decimal.
fn decimal(mut number: usize, digits: &mut [u8; 20]) -> &str {
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return std::str::from_utf8(&digits[at..]).expect("digits are ASCII");
        }
    }
}
