//! Which parts of a document are looked at: the rest of its text is passed over.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// The parts of a JSON text that are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    is_whole: bool,
    below: BTreeMap<String, Wanted>,
}

impl Wanted {
    /// All of it.
    pub fn whole() -> Self {
        Self { is_whole: true, below: BTreeMap::new() }
    }

    /// Some members of an object.
    pub fn members(members: impl IntoIterator<Item = (String, Wanted)>) -> Self {
        Self { is_whole: false, below: members.into_iter().collect() }
    }

    /// Adds what is below these names.
    pub fn add(&mut self, names: &[String]) {
        match names {
            [] => self.is_whole = true,
            [name, rest @ ..] => self.below.entry(name.clone()).or_default().add(rest),
        }
    }

    /// What is read of a member; `None` when nothing is.
    pub fn member(&self, name: &str) -> Option<Self> {
        if self.is_whole { Some(Self::whole()) } else { self.below.get(name).cloned() }
    }

    /// Reads what is wanted of a JSON text.
    ///
    /// # Errors
    /// The text is not JSON.
    pub fn read(&self, text: &[u8]) -> Result<Value, serde_json::Error> {
        let mut reader = serde_json::Deserializer::from_slice(text);
        let value = self.deserialize(&mut reader)?;
        reader.end()?;
        Ok(value)
    }
}

impl<'de> DeserializeSeed<'de> for &Wanted {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        if self.is_whole { serde::Deserialize::deserialize(reader) } else { reader.deserialize_any(self) }
    }
}

impl<'de> Visitor<'de> for &Wanted {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut members: M) -> Result<Value, M::Error> {
        let mut read = Map::new();
        while let Some(found) = members.next_key_seed(Name(&self.below))? {
            match found {
                Some((name, below)) => drop(read.insert(name.clone(), members.next_value_seed(below)?)),
                None => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Value::Object(read))
    }

    /// Elements of an array are each what the array is.
    fn visit_seq<S: SeqAccess<'de>>(self, mut elements: S) -> Result<Value, S::Error> {
        let mut read = Vec::new();
        while let Some(element) = elements.next_element_seed(self)? {
            read.push(element);
        }
        Ok(Value::Array(read))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
}

/// Finds a member's name among those that are wanted, without a copy of it.
struct Name<'w>(&'w BTreeMap<String, Wanted>);

impl<'de, 'w> DeserializeSeed<'de> for Name<'w> {
    type Value = Option<(&'w String, &'w Wanted)>;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_str(self)
    }
}

impl<'w> Visitor<'_> for Name<'w> {
    type Value = Option<(&'w String, &'w Wanted)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.get_key_value(name))
    }
}
