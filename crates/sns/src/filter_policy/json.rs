//! JSON with places: errors say the column that the parser behind SNS had reached.

use serde_json::{Number, Value};

/// A value and where it ends, as Jackson counts: for a text, right behind its opening quote,
/// because the rest is not read before it is asked for; else behind the value's last or, for
/// arrays and objects, first character.
#[derive(Debug)]
pub(super) struct Node {
    pub kind: Kind,
    /// Position behind what was read, in characters from the start.
    pub reached: Place,
    /// Position behind the closing bracket of an array or object.
    pub end: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub line: usize,
    pub column: usize,
}

#[derive(Debug)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    Array(Vec<Node>),
    /// Members as written; one key may come twice.
    Object(Vec<(String, Node)>),
}

impl Node {
    /// Reads a text; `None` when it is not JSON.
    pub fn parse(text: &str) -> Option<Self> {
        // Invariant: what follows reads text that is JSON, nested no deeper than serde_json allows.
        serde_json::from_str::<Value>(text).ok()?;
        Reader { text, at: 0, place: Place { line: 1, column: 1 } }.value()
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    place: Place,
}

impl<'a> Reader<'a> {
    fn value(&mut self) -> Option<Node> {
        self.skip_space();
        match self.peek()? {
            '{' => self.object(),
            '[' => self.array(),
            '"' => {
                let reached = self.place_after(1);
                let text = self.string()?;
                Some(Node { kind: Kind::Text(text), reached, end: self.place })
            }
            _ => {
                let rest = &self.text[self.at..];
                let length = rest.find([',', ']', '}', ' ', '\t', '\n', '\r']).unwrap_or(rest.len());
                let kind = match serde_json::from_str(self.take(length)).ok()? {
                    Value::Null => Kind::Null,
                    Value::Bool(value) => Kind::Bool(value),
                    Value::Number(value) => Kind::Number(value),
                    _ => return None,
                };
                Some(Node { kind, reached: self.place, end: self.place })
            }
        }
    }

    fn object(&mut self) -> Option<Node> {
        self.take(1);
        let (reached, mut members) = (self.place, Vec::new());
        while !self.closes('}')? {
            let key = self.string()?;
            self.skip_space();
            self.take(1);
            members.push((key, self.value()?));
        }
        Some(Node { kind: Kind::Object(members), reached, end: self.place })
    }

    fn array(&mut self) -> Option<Node> {
        self.take(1);
        let (reached, mut items) = (self.place, Vec::new());
        while !self.closes(']')? {
            items.push(self.value()?);
        }
        Some(Node { kind: Kind::Array(items), reached, end: self.place })
    }

    /// Steps over space, a comma, or the closing bracket; tells whether it was the bracket.
    fn closes(&mut self, bracket: char) -> Option<bool> {
        self.skip_space();
        let next = self.peek()?;
        if next == ',' {
            self.take(1);
            self.skip_space();
        }
        if next == bracket {
            self.take(1);
        }
        Some(next == bracket)
    }

    fn string(&mut self) -> Option<String> {
        let rest = &self.text[self.at..];
        let (mut end, mut escaped) = (None, false);
        for (at, byte) in rest.bytes().enumerate().skip(1) {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    end = Some(at + 1);
                    break;
                }
                _ => {}
            }
        }
        serde_json::from_str(self.take(end?)).ok()
    }

    fn skip_space(&mut self) {
        let rest = &self.text[self.at..];
        let length = rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
        self.take(length);
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    /// The next bytes, which end at a character's end.
    fn take(&mut self, bytes: usize) -> &'a str {
        let taken = &self.text[self.at..self.at + bytes];
        self.at += bytes;
        for character in taken.chars() {
            match character {
                '\n' => self.place = Place { line: self.place.line + 1, column: 1 },
                _ => self.place.column += 1,
            }
        }
        taken
    }

    fn place_after(&self, columns: usize) -> Place {
        Place { line: self.place.line, column: self.place.column + columns }
    }
}
