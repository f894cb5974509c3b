//! Results: what is selected of a document, nested as it is there (config.md §7.4).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::check::TREES;
use super::path::{is_state_value, member, state};
use super::{Path, check};

/// What is selected: a property with all below it, or some of what is below.
#[derive(Clone, Debug, Default)]
pub(super) struct Selection {
    is_whole: bool,
    below: BTreeMap<String, Selection>,
}

impl Selection {
    /// What `*` stands for.
    pub(super) fn add_all(&mut self) {
        for name in check::ALL {
            self.add(&[name.to_owned()]);
        }
    }

    pub(super) fn add(&mut self, names: &[String]) {
        match names {
            [] => self.is_whole = true,
            [name, rest @ ..] => self.below.entry(name.clone()).or_default().add(rest),
        }
    }

    /// What is selected of a document.
    pub(super) fn of(&self, document: &Value) -> Value {
        let mut result = Map::new();
        for (name, below) in &self.below {
            let is_float = TREES.contains(&name.as_str());
            let found = document.get(name).and_then(|value| below.part(name, value, is_float));
            result.extend(found.map(|value| (name.clone(), value)));
        }
        Value::Object(result)
    }

    /// What is selected of a value under a name; `None` when it has nothing of it.
    fn part(&self, own: &str, value: &Value, is_float: bool) -> Option<Value> {
        if self.is_whole {
            return whole(value, is_float);
        }
        match value {
            Value::Array(elements) => {
                let parts: Vec<_> = elements.iter().filter_map(|value| self.part(own, value, is_float)).collect();
                (!parts.is_empty()).then_some(Value::Array(parts))
            }
            Value::Object(members) => {
                let part = |(name, below): (&String, &Self)| {
                    let value = match is_state_value(own, name) {
                        true => state(value)?,
                        false => member(members, name)?,
                    };
                    Some((name.clone(), below.part(name, value, is_float)?))
                };
                let parts: Map<_, _> = self.below.iter().filter_map(part).collect();
                (!parts.is_empty()).then_some(Value::Object(parts))
            }
            Value::Null => None,
            // The schema's `state.value` of what is a text.
            scalar => {
                let (name, below) = self.below.iter().find(|(name, _)| is_state_value(own, name))?;
                Some(Value::Object(Map::from_iter([(name.clone(), below.part(name, scalar, is_float)?)])))
            }
        }
    }
}

/// A value as results have it: without what is null, and numbers of resources' own as floats.
pub(super) fn whole(value: &Value, is_float: bool) -> Option<Value> {
    Some(match value {
        Value::Null => return None,
        Value::Number(number) if is_float => number.as_f64().map_or(Value::Null, Value::from),
        Value::Array(elements) => elements.iter().filter_map(|element| whole(element, is_float)).collect(),
        Value::Object(members) => {
            let members = members.iter().filter_map(|(name, value)| Some((name.clone(), whole(value, is_float)?)));
            Value::Object(members.collect())
        }
        other => other.clone(),
    })
}

/// Puts a value where a path leads.
pub(super) fn put(result: &mut Map<String, Value>, path: &Path, value: Value) {
    let mut at = result;
    let [outer @ .., last] = path.names() else { return };
    for name in outer {
        let below = at.entry(name.clone()).or_insert_with(|| Value::Object(Map::new()));
        let Value::Object(below) = below else { return };
        at = below;
    }
    at.insert(last.clone(), value);
}
