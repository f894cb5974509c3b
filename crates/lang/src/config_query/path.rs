//! Paths to properties, and what they lead to in a document.

use serde_json::{Map, Value};

/// A property: its names from the outermost in. There is at least one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(Vec<String>);

impl Path {
    /// The path of these names.
    ///
    /// # Panics
    /// When there are none.
    pub fn new(names: Vec<String>) -> Self {
        assert!(!names.is_empty(), "a path has a name at least");
        Self(names)
    }

    /// Its names.
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// The outermost name.
    pub fn root(&self) -> &str {
        &self.0[0]
    }

    /// Hands over every value that the path leads to, through arrays, until `visit` says that it has seen enough; tells
    /// whether it did. What is null is not there.
    pub(super) fn visit<'v>(&self, document: &'v Value, visit: &mut dyn FnMut(&'v Value) -> bool) -> bool {
        walk(document, &self.0, visit)
    }

    /// All that the path leads to.
    pub(super) fn values<'v>(&self, document: &'v Value) -> Vec<&'v Value> {
        let mut values = Vec::new();
        self.visit(document, &mut |value| {
            values.push(value);
            false
        });
        values
    }
}

fn walk<'v>(value: &'v Value, names: &[String], visit: &mut dyn FnMut(&'v Value) -> bool) -> bool {
    match (value, names) {
        (Value::Null, _) => false,
        (Value::Array(elements), _) => elements.iter().any(|element| walk(element, names, visit)),
        (value, []) => visit(value),
        (Value::Object(members), [name, rest @ ..]) => {
            let Some(member) = member(members, name) else { return false };
            match rest {
                [last] if is_state_value(name, last) => state(member).is_some_and(|state| walk(state, &[], visit)),
                rest => walk(member, rest, visit),
            }
        }
        _ => false,
    }
}

/// A member under the name that items have, or the one that the published schema has.
pub(super) fn member<'v>(members: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    let exact = members.get(name);
    if exact.is_none() && name == SCHEMA_INSTANCE_STATUS {
        return members.get(INSTANCE_STATUS);
    }
    exact
}

/// The schema's name of `supplementaryConfiguration.InstanceStatus`, and the items' own.
pub(super) const SCHEMA_INSTANCE_STATUS: &str = "instanceStatus";
pub(super) const INSTANCE_STATUS: &str = "InstanceStatus";

/// Whether two names are `state.value`, which the schema has where items have a text under `state`.
pub(super) fn is_state_value(name: &str, last: &str) -> bool {
    name == "state" && last == "value"
}

/// What the schema calls `state.value`: the state itself, or the name in it.
pub(super) fn state(state: &Value) -> Option<&Value> {
    match state {
        Value::Object(members) => members.get("value").or_else(|| members.get("name")),
        Value::Array(_) | Value::Null => None,
        scalar => Some(scalar),
    }
}
