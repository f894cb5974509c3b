//! `parseJSON` and `parseKeyValue`.

use serde_json::Value;

use super::path::{Path, Source, destination, optional};
use super::{Event, Step, processor};

#[derive(Debug)]
pub(super) struct Json {
    source: Source,
    destination: Option<Path>,
}

impl Json {
    pub fn new(given: &processor::ParseJson) -> Result<Self, String> {
        Ok(Self {
            source: Source::parse(given.source.as_deref())?,
            destination: optional(given.destination.as_deref())?,
        })
    }
}

impl Step for Json {
    fn run(&self, event: &mut Event<'_>) -> Result<(), String> {
        let text = self.source.text(event)?;
        let json: Value = serde_json::from_str(text).map_err(|_| "The source of parseJSON is not JSON.".to_owned())?;
        match (&self.destination, json) {
            (Some(destination), json) => destination.set(&mut event.root, json),
            (None, Value::Object(members)) => {
                event.root.extend(members);
                Ok(())
            }
            (None, _) => Err("The source of parseJSON is no JSON object.".to_owned()),
        }
    }
}

#[derive(Debug)]
pub(super) struct KeyValue {
    source: Source,
    destination: Option<Path>,
    between_fields: String,
    between_key_and_value: String,
    prefix: String,
    /// The value of what has no delimiter; null, if none is given.
    otherwise: Value,
    overwrite: bool,
}

impl KeyValue {
    pub fn new(given: &processor::ParseKeyValue) -> Result<Self, String> {
        let or = |text: &Option<String>, default: &str| text.clone().unwrap_or_else(|| default.to_owned());
        let (between_fields, between_key_and_value) =
            (or(&given.field_delimiter, "&"), or(&given.key_value_delimiter, "="));
        if between_fields.is_empty() || between_key_and_value.is_empty() {
            return Err("The delimiters of parseKeyValue must not be empty.".to_owned());
        }
        Ok(Self {
            source: Source::parse(given.source.as_deref())?,
            destination: optional(given.destination.as_deref())?,
            between_fields,
            between_key_and_value,
            prefix: or(&given.key_prefix, ""),
            otherwise: given.non_match_value.clone().map_or(Value::Null, Value::String),
            overwrite: given.overwrite_if_exists.unwrap_or(false),
        })
    }
}

impl Step for KeyValue {
    fn run(&self, event: &mut Event<'_>) -> Result<(), String> {
        let fields: Vec<(String, Value)> = self
            .source
            .text(event)?
            .split(self.between_fields.as_str())
            .filter(|field| !field.is_empty())
            .map(|field| match field.split_once(self.between_key_and_value.as_str()) {
                Some((key, value)) => (format!("{}{key}", self.prefix), Value::String(value.to_owned())),
                None => (format!("{}{field}", self.prefix), self.otherwise.clone()),
            })
            .collect();
        let object = destination(self.destination.as_ref(), &mut event.root)?;
        // What was there before is kept; of a key that the text has twice the last counts.
        let there: Vec<String> = if self.overwrite { Vec::new() } else { object.keys().cloned().collect() };
        for (key, value) in fields {
            if !there.contains(&key) {
                object.insert(key, value);
            }
        }
        Ok(())
    }
}
