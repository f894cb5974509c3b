//! The condition keys of one request.

use std::collections::BTreeMap;

/// Condition keys with their values. Keys are compared without regard to case, as in IAM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context(BTreeMap<String, Vec<String>>);

impl Context {
    /// Sets a key to one value, replacing what was there.
    pub fn set(&mut self, key: &str, value: impl Into<String>) {
        self.set_all(key, vec![value.into()]);
    }

    /// Sets a key to a list of values, replacing what was there.
    pub fn set_all(&mut self, key: &str, values: Vec<String>) {
        self.0.insert(key.to_lowercase(), values);
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &str) {
        self.0.remove(&key.to_lowercase());
    }

    /// The values of a key; `None` when the request does not have it. An empty list is
    /// a key that is there without values.
    pub fn get(&self, key: &str) -> Option<&[String]> {
        if let Some(values) = self.0.get(key) {
            return Some(values);
        }
        self.0.get(&key.to_lowercase()).map(Vec::as_slice)
    }

    /// The only value of a key, as a policy variable needs it.
    pub fn single(&self, key: &str) -> Option<&str> {
        match self.get(key)? {
            [value] => Some(value),
            _ => None,
        }
    }
}

impl<K: AsRef<str>, V: Into<String>> FromIterator<(K, V)> for Context {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut context = Self::default();
        for (key, value) in entries {
            context.0.entry(key.as_ref().to_lowercase()).or_default().push(value.into());
        }
        context
    }
}
