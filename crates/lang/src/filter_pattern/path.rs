//! Paths into JSON, as `$.a.b[0].*`, and the one walk over a message that finds what they lead to.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use smallvec::SmallVec;

use super::PatternError;
use super::cursor::Cursor;
use super::scalar::{Number, Scalar};
use crate::needle::Needle;

/// Where in a JSON object something is.
#[derive(Clone, Debug)]
pub(super) struct Path {
    /// As it was written.
    pub text: String,
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Member(String),
    AnyMember,
    Element(usize),
    AnyElement,
}

/// What a path leads to in one message.
#[derive(Clone, Debug, Default)]
pub(super) struct Found<'m> {
    /// Whether there is anything, be it an array or an object.
    pub exists: bool,
    /// What can be compared; several only for a path with a wildcard.
    pub values: SmallVec<[Scalar<'m>; 1]>,
}

impl Path {
    /// Reads a path, from its `$` on.
    pub fn parse(cursor: &mut Cursor<'_>) -> Result<Self, PatternError> {
        let before = cursor.rest();
        let begin = cursor.invalid();
        cursor.expect("$")?;
        let mut steps = Vec::new();
        while let Some(step) = step(cursor)? {
            steps.push(step);
        }
        let text = before[..before.len() - cursor.rest().len()].to_owned();
        let path = Self { text, steps };
        // One wildcard a path (logs.md FJ-8).
        match path.steps.is_empty() || path.wildcards() > 1 {
            true => Err(begin),
            false => Ok(path),
        }
    }

    /// How many wildcards it has.
    pub fn wildcards(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step, Step::AnyMember | Step::AnyElement)).count()
    }

    /// Whether both lead to the same, however they are written.
    pub fn is_same(&self, other: &Self) -> bool {
        self.steps == other.steps
    }

    /// What a message must contain for the path to lead anywhere: its last name, as the first ones are often
    /// in every message.
    pub fn needle(&self) -> Needle {
        let name = self.steps.iter().rev().find_map(|step| match step {
            Step::Member(name) => Some(name),
            _ => None,
        });
        name.map_or(Needle::Anything, |name| Needle::json_string(name))
    }
}

fn step(cursor: &mut Cursor<'_>) -> Result<Option<Step>, PatternError> {
    if cursor.eat(".['") || cursor.eat("['") {
        let key = cursor.take_while(|c| c != '\'');
        cursor.expect("']")?;
        Ok(Some(Step::Member(key.to_owned())))
    } else if cursor.eat(".*") {
        Ok(Some(Step::AnyMember))
    } else if cursor.eat("[*]") {
        Ok(Some(Step::AnyElement))
    } else if cursor.eat(".") {
        match cursor.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')) {
            "" => Err(cursor.invalid()),
            name => Ok(Some(Step::Member(name.to_owned()))),
        }
    } else if cursor.eat("[") {
        let begin = cursor.invalid();
        let index = cursor.take_while(|c| c.is_ascii_digit()).parse().map_err(|_| begin)?;
        cursor.expect("]")?;
        Ok(Some(Step::Element(index)))
    } else {
        Ok(None)
    }
}

/// What the paths lead to in a message, one for one. `None` unless the whole message is a JSON object (logs.md FJ-1).
pub(super) fn find<'m>(paths: &[Path], message: &'m str) -> Option<SmallVec<[Found<'m>; 4]>> {
    if !message.trim_ascii_start().starts_with('{') {
        return None;
    }
    let mut found: SmallVec<[Found<'m>; 4]> = paths.iter().map(|_| Found::default()).collect();
    let active = (0..paths.len()).map(|path| Place { path, depth: 0 }).collect();
    let mut json = serde_json::Deserializer::from_str(message);
    Walk { paths, found: &mut found, active }.deserialize(&mut json).ok()?;
    json.end().ok()?;
    Some(found)
}

/// How far a path has been followed.
#[derive(Clone, Copy, Debug)]
struct Place {
    path: usize,
    depth: usize,
}

type Active = SmallVec<[Place; 8]>;

/// Follows many paths at once. Whatever no path goes through is checked and passed over, never kept.
struct Walk<'w, 'm> {
    paths: &'w [Path],
    found: &'w mut [Found<'m>],
    /// The paths that go through the value that comes next.
    active: Active,
}

impl<'m> Walk<'_, 'm> {
    fn below(&mut self, fits: impl Fn(&Step) -> bool) -> Walk<'_, 'm> {
        let steps = |place: &Place| self.paths[place.path].steps.get(place.depth);
        let on = self.active.iter().filter(|place| steps(place).is_some_and(&fits));
        let active = on.map(|place| Place { depth: place.depth + 1, ..*place }).collect();
        Walk { paths: self.paths, found: self.found, active }
    }

    fn goes_on(&self) -> bool {
        self.active.iter().any(|place| place.depth < self.paths[place.path].steps.len())
    }

    /// The paths that end here.
    fn ends(&mut self, mut each: impl FnMut(&mut Found<'m>)) {
        for place in &self.active {
            if place.depth == self.paths[place.path].steps.len() {
                each(&mut self.found[place.path]);
            }
        }
    }

    fn value<E>(mut self, value: Scalar<'m>) -> Result<(), E> {
        self.ends(|found| {
            found.exists = true;
            found.values.push(value.clone());
        });
        Ok(())
    }
}

impl<'m> DeserializeSeed<'m> for Walk<'_, 'm> {
    type Value = ();

    fn deserialize<D: Deserializer<'m>>(self, deserializer: D) -> Result<(), D::Error> {
        match self.active.is_empty() {
            true => deserializer.deserialize_ignored_any(IgnoredAny).map(|_| ()),
            false => deserializer.deserialize_any(self),
        }
    }
}

impl<'m> Visitor<'m> for Walk<'_, 'm> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.value(Scalar::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.value(Scalar::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.value(Scalar::Number(Number::Whole(value.into())))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.value(Scalar::Number(Number::Whole(value.into())))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.value(Scalar::Number(Number::Float(value)))
    }

    fn visit_borrowed_str<E: Error>(self, value: &'m str) -> Result<(), E> {
        self.value(Scalar::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.value(Scalar::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'m>>(mut self, mut elements: A) -> Result<(), A::Error> {
        self.ends(|found| found.exists = true);
        let mut index = 0;
        loop {
            let fits = |step: &Step| *step == Step::AnyElement || *step == Step::Element(index);
            if elements.next_element_seed(self.below(fits))?.is_none() {
                return Ok(());
            }
            index += 1;
        }
    }

    fn visit_map<A: MapAccess<'m>>(mut self, mut members: A) -> Result<(), A::Error> {
        self.ends(|found| found.exists = true);
        if !self.goes_on() {
            while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        while let Some(key) = members.next_key_seed(Key)? {
            let below = self.below(|step| match step {
                Step::Member(name) => *name == key,
                Step::AnyMember => true,
                Step::Element(_) | Step::AnyElement => false,
            });
            // Of members of one name the last counts.
            for place in &below.active {
                if below.paths[place.path].wildcards() == 0 {
                    below.found[place.path] = Found::default();
                }
            }
            members.next_value_seed(below)?;
        }
        Ok(())
    }
}

/// A member's name, without a copy where JSON has it as it is.
struct Key;

impl<'m> DeserializeSeed<'m> for Key {
    type Value = Cow<'m, str>;

    fn deserialize<D: Deserializer<'m>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'m> Visitor<'m> for Key {
    type Value = Cow<'m, str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    fn visit_borrowed_str<E: Error>(self, name: &'m str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}
