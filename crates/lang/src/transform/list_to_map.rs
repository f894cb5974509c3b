//! `listToMap`: a list of objects becomes a map by one of their members.

use serde_json::{Map, Value};

use super::path::{Path, destination, optional};
use super::{Event, Step, processor};

#[derive(Debug)]
pub(super) struct ListToMap {
    source: Path,
    key: Path,
    value: Option<Path>,
    target: Option<Path>,
    kept: Kept,
}

/// What a key has, when several objects have it.
#[derive(Clone, Copy, Debug)]
enum Kept {
    All,
    First,
    Last,
}

impl ListToMap {
    pub fn new(given: &processor::ListToMap) -> Result<Self, String> {
        let kept = match (given.flatten.unwrap_or(false), given.flattened_element.as_deref()) {
            (true, Some("first")) => Kept::First,
            (true, Some("last")) => Kept::Last,
            (true, None) => return Err("listToMap needs flattenedElement if flatten is true.".to_owned()),
            (true, Some(other)) => return Err(format!("flattenedElement must be first or last, not {other:?}.")),
            (false, Some(_)) => return Err("flattenedElement can be given only if flatten is true.".to_owned()),
            (false, None) => Kept::All,
        };
        Ok(Self {
            source: Path::parse(&given.source)?,
            key: Path::parse(&given.key)?,
            value: optional(given.value_key.as_deref())?,
            target: optional(given.target.as_deref())?,
            kept,
        })
    }
}

impl Step for ListToMap {
    fn run(&self, event: &mut Event<'_>) -> Result<(), String> {
        let Some(source) = self.source.get(&event.root) else { return Ok(()) };
        let elements = source.as_array().ok_or_else(|| format!("The field {} is no list.", self.source))?;
        let mut map: Map<String, Value> = Map::new();
        for element in elements {
            let object = element.as_object().ok_or_else(|| format!("The list {} has no objects.", self.source))?;
            let key = match self.key.get(object) {
                Some(Value::String(key)) => key.clone(),
                Some(key @ (Value::Number(_) | Value::Bool(_))) => key.to_string(),
                _ => continue,
            };
            let value = match &self.value {
                Some(path) => match path.get(object) {
                    Some(value) => value.clone(),
                    None => continue,
                },
                None => element.clone(),
            };
            match self.kept {
                Kept::All => {
                    let all = map.entry(key).or_insert_with(|| Value::Array(Vec::new()));
                    all.as_array_mut().expect("only lists were put there").push(value);
                }
                Kept::First => {
                    map.entry(key).or_insert(value);
                }
                Kept::Last => {
                    map.insert(key, value);
                }
            }
        }
        destination(self.target.as_ref(), &mut event.root)?.extend(map);
        Ok(())
    }
}
