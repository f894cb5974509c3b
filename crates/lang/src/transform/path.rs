//! Places in a transformed event: keys with dots between them.

use serde_json::{Map, Value};

use super::Event;

/// The whole message as a source.
pub(super) const MESSAGE: &str = "@message";

/// How long a path may be, and how deep (logs.md TR-1).
const LENGTH_MAX: usize = 128;
const DEPTH_MAX: usize = 3;

/// A place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    keys: Vec<String>,
}

impl Path {
    /// The place that a text names.
    pub fn parse(text: &str) -> Result<Self, String> {
        let keys: Vec<String> = text.split('.').map(str::to_owned).collect();
        if text.chars().count() > LENGTH_MAX {
            return Err(format!("The key {text:?} is longer than {LENGTH_MAX} characters."));
        }
        if keys.iter().any(String::is_empty) {
            return Err(format!("The key {text:?} has an empty part."));
        }
        if keys.len() > DEPTH_MAX {
            return Err(format!("The key {text:?} is nested deeper than {DEPTH_MAX} levels."));
        }
        Ok(Self { keys })
    }

    /// The last key.
    pub fn name(&self) -> &str {
        self.keys.last().expect("a path has a key")
    }

    /// What is there.
    pub fn get<'v>(&self, root: &'v Map<String, Value>) -> Option<&'v Value> {
        let (first, others) = self.keys.split_first()?;
        others.iter().try_fold(root.get(first)?, |value, key| value.as_object()?.get(key))
    }

    /// What is there, to change it.
    pub fn get_mut<'v>(&self, root: &'v mut Map<String, Value>) -> Option<&'v mut Value> {
        let (first, others) = self.keys.split_first()?;
        others.iter().try_fold(root.get_mut(first)?, |value, key| value.as_object_mut()?.get_mut(key))
    }

    /// Takes what is there away; its parents stay.
    pub fn remove(&self, root: &mut Map<String, Value>) -> Option<Value> {
        let (last, parents) = self.keys.split_last()?;
        let parent = parents.iter().try_fold(root, |object, key| object.get_mut(key)?.as_object_mut())?;
        parent.remove(last)
    }

    /// Puts a value there, making objects on the way.
    pub fn set(&self, root: &mut Map<String, Value>, value: Value) -> Result<(), String> {
        let (last, parents) = self.keys.split_last().expect("a path has a key");
        let mut object = root;
        for key in parents {
            let child = object.entry(key.as_str()).or_insert_with(|| Value::Object(Map::new()));
            object = child.as_object_mut().ok_or_else(|| format!("The field {key} is no object."))?;
        }
        object.insert(last.clone(), value);
        Ok(())
    }

    /// The object that is there, made if nothing is.
    pub fn object<'v>(&self, root: &'v mut Map<String, Value>) -> Result<&'v mut Map<String, Value>, String> {
        if self.get(root).is_none() {
            self.set(root, Value::Object(Map::new()))?;
        }
        let found = self.get_mut(root).and_then(Value::as_object_mut);
        found.ok_or_else(|| format!("The field {} is no object.", self.keys.join(".")))
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.keys.join("."))
    }
}

/// What a parser parses.
#[derive(Clone, Debug)]
pub(super) enum Source {
    Message,
    Field(Path),
}

impl Source {
    /// The source that a text names; the message, if none does.
    pub fn parse(text: Option<&str>) -> Result<Self, String> {
        match text {
            None | Some(MESSAGE) => Ok(Self::Message),
            Some(text) => Path::parse(text).map(Self::Field),
        }
    }

    /// The text that is to be parsed.
    pub fn text<'e>(&'e self, event: &'e Event<'_>) -> Result<&'e str, String> {
        match self {
            Self::Message => Ok(event.message),
            Self::Field(path) => match path.get(&event.root) {
                Some(Value::String(text)) => Ok(text),
                Some(_) => Err(format!("The field {path} is no text.")),
                None => Err(format!("The field {path} is missing.")),
            },
        }
    }
}

/// A path that may not be given.
pub(super) fn optional(text: Option<&str>) -> Result<Option<Path>, String> {
    text.map(Path::parse).transpose()
}

/// The object that a parser's fields go into: the root, if no other is named.
pub(super) fn destination<'e>(
    path: Option<&Path>,
    root: &'e mut Map<String, Value>,
) -> Result<&'e mut Map<String, Value>, String> {
    match path {
        Some(path) => path.object(root),
        None => Ok(root),
    }
}
