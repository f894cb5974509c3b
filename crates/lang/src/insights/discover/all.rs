//! All fields of JSON, flattened.

use std::collections::HashSet;
use std::fmt::Write;

use super::scanner::{DEPTH_MAX, Kind, Scanner};
use super::{FIELDS_MAX, Value};

/// The fields of the JSON object that a text begins with, at most 200; of a name that comes twice, the
/// first counts. `None` if there is no JSON object.
pub(super) fn all(text: &str) -> Option<Vec<(String, Value)>> {
    let mut all =
        All { scanner: Scanner::new(text), path: String::new(), seen: HashSet::new(), fields: Vec::new(), leaves: 0 };
    all.object(0)?;
    Some(all.fields)
}

struct All<'t> {
    scanner: Scanner<'t>,
    path: String,
    seen: HashSet<String>,
    fields: Vec<(String, Value)>,
    leaves: usize,
}

impl All<'_> {
    fn object(&mut self, depth: usize) -> Option<()> {
        let parent = self.path.len();
        let mut more = self.scanner.enter()?;
        while more {
            let key = self.scanner.key()?.read();
            // An `@` of the message's own is told from ours by another one (logs.md SY-2).
            if depth == 0 && key.starts_with('@') {
                self.path.push('@');
            }
            self.path.push_str(&key);
            self.value(depth)?;
            self.path.truncate(parent);
            more = self.scanner.next(b'}')?;
        }
        Some(())
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        let parent = self.path.len();
        let mut more = self.scanner.enter()?;
        let mut index = 0;
        while more {
            write!(self.path, "{index}").expect("writing to a string does not fail");
            index += 1;
            self.value(depth)?;
            self.path.truncate(parent);
            more = self.scanner.next(b']')?;
        }
        Some(())
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        match self.scanner.kind()? {
            Kind::Leaf => {
                let value = self.scanner.leaf()?;
                self.leaves += usize::from(!value.is_null());
                if !value.is_null() && self.leaves <= FIELDS_MAX && self.seen.insert(self.path.clone()) {
                    self.fields.push((self.path.clone(), value));
                }
                Some(())
            }
            _ if depth + 1 == DEPTH_MAX => None,
            kind => {
                self.path.push('.');
                match kind {
                    Kind::Object => self.object(depth + 1),
                    _ => self.array(depth + 1),
                }
            }
        }
    }
}
