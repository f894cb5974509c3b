//! The different values of a group, as a list.

use std::collections::HashMap;

use crate::insights::{RunError, Value, key, natural};

/// More values than these are no result that anyone could read.
const COUNT_MAX: usize = 10_000;

/// Different values.
#[derive(Debug, Default)]
pub(in crate::insights) struct Values {
    values: HashMap<Box<[u8]>, Value>,
}

impl Values {
    /// Adds a value; gives by how many bytes this has grown.
    pub(super) fn push(&mut self, value: &Value) -> Result<usize, RunError> {
        let mut bytes = Vec::with_capacity(64);
        key::encode(value, &mut bytes);
        if let Some(known) = self.values.get_mut(bytes.as_slice()) {
            prefer_numbers(known, value);
            return Ok(0);
        }
        self.insert(bytes.into(), value.clone())
    }

    /// Takes in another; gives by how many bytes this has grown.
    pub(super) fn merge(&mut self, other: Self) -> Result<usize, RunError> {
        let mut grown = 0;
        for (key, value) in other.values {
            grown += self.insert(key, value)?;
        }
        Ok(grown)
    }

    /// The values in natural order.
    pub(super) fn finish(self) -> Value {
        let mut values: Vec<Value> = self.values.into_values().collect();
        values.sort_by(natural::compare);
        Value::List(values.into())
    }

    fn insert(&mut self, key: Box<[u8]>, value: Value) -> Result<usize, RunError> {
        if let Some(known) = self.values.get_mut(&key) {
            prefer_numbers(known, &value);
            return Ok(0);
        }
        let grown = size_of::<Box<[u8]>>() + key.len() + value.memory_bytes();
        self.values.insert(key, value);
        if self.values.len() > COUNT_MAX {
            return Err(RunError { message: format!("values() found more than {COUNT_MAX} different values") });
        }
        Ok(grown)
    }
}

/// Of a number and a text that reads the same, whichever came first, the number is listed.
fn prefer_numbers(known: &mut Value, value: &Value) {
    if matches!(known, Value::Text(_)) {
        known.clone_from(value);
    }
}
