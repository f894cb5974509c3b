//! `lowerCaseString`, `upperCaseString`, `trimString`, `splitString` and `substituteString`. What is missing or no
//! text stays as it is.

use regex::{Regex, RegexBuilder};
use serde_json::Value;

use super::path::Path;
use super::{Event, Step, processor};
use crate::insights::functions::replacement;

/// What an expression may take when compiled.
const REGEX_BYTES_MAX: usize = 1 << 20;

#[derive(Debug)]
pub(super) struct InPlace {
    keys: Vec<Path>,
    change: fn(&str) -> String,
}

impl InPlace {
    pub fn new(given: &processor::WithKeys, change: fn(&str) -> String) -> Result<Self, String> {
        Ok(Self { keys: given.with_keys.iter().map(|key| Path::parse(key)).collect::<Result<_, _>>()?, change })
    }
}

impl Step for InPlace {
    fn run(&self, event: &mut Event<'_>) -> Result<(), String> {
        for key in &self.keys {
            if let Some(Value::String(text)) = key.get_mut(&mut event.root) {
                *text = (self.change)(text);
            }
        }
        Ok(())
    }
}

#[derive(Debug)]
pub(super) struct Split(Vec<(Path, String)>);

impl Split {
    pub fn new(given: &processor::SplitString) -> Result<Self, String> {
        let entry = |entry: &processor::Split| {
            if entry.delimiter.is_empty() {
                return Err("The delimiter of splitString must not be empty.".to_owned());
            }
            Ok((Path::parse(&entry.source)?, entry.delimiter.clone()))
        };
        given.entries.iter().map(entry).collect::<Result<_, _>>().map(Self)
    }
}

impl Step for Split {
    fn run(&self, event: &mut Event<'_>) -> Result<(), String> {
        for (path, delimiter) in &self.0 {
            if let Some(value) = path.get_mut(&mut event.root)
                && let Some(text) = value.as_str()
            {
                *value = text.split(delimiter.as_str()).map(Value::from).collect();
            }
        }
        Ok(())
    }
}

#[derive(Debug)]
pub(super) struct Substitute(Vec<(Path, Regex, String)>);

impl Substitute {
    pub fn new(given: &processor::SubstituteString) -> Result<Self, String> {
        let entry = |entry: &processor::Substitute| {
            let regex = RegexBuilder::new(&entry.from).size_limit(REGEX_BYTES_MAX).build();
            let regex = regex.map_err(|_| format!("{:?} is no regular expression.", entry.from))?;
            Ok::<_, String>((Path::parse(&entry.source)?, regex, replacement(&entry.to)))
        };
        given.entries.iter().map(entry).collect::<Result<_, _>>().map(Self)
    }
}

impl Step for Substitute {
    fn run(&self, event: &mut Event<'_>) -> Result<(), String> {
        for (path, regex, by) in &self.0 {
            if let Some(Value::String(text)) = path.get_mut(&mut event.root) {
                *text = regex.replace_all(text, by.as_str()).into_owned();
            }
        }
        Ok(())
    }
}
