//! `addKeys`, `deleteKeys`, `moveKeys`, `renameKeys` and `copyValue`.

use serde_json::Value;

use super::path::Path;
use super::{Context, Event, Step, processor};

/// Characters of a value of `addKeys`.
const VALUE_CHARACTERS_MAX: usize = 256;

/// A change of one place. What is there already stays, unless it is to be overwritten.
#[derive(Debug)]
struct Entry<S> {
    source: S,
    target: Path,
    overwrite: bool,
}

impl<S> Entry<S> {
    fn new(source: S, target: &str, overwrite: Option<bool>) -> Result<Self, String> {
        Ok(Self { source, target: Path::parse(target)?, overwrite: overwrite.unwrap_or(false) })
    }

    fn is_free(&self, event: &Event<'_>) -> bool {
        self.overwrite || self.target.get(&event.root).is_none()
    }
}

#[derive(Debug)]
pub(super) struct Add(Vec<Entry<String>>);

impl Add {
    pub fn new(given: &processor::AddKeys) -> Result<Self, String> {
        let entry = |entry: &processor::AddKey| {
            if entry.value.chars().count() > VALUE_CHARACTERS_MAX {
                return Err(format!("A value of addKeys is longer than {VALUE_CHARACTERS_MAX} characters."));
            }
            Entry::new(entry.value.clone(), &entry.key, entry.overwrite_if_exists)
        };
        given.entries.iter().map(entry).collect::<Result<_, _>>().map(Self)
    }
}

impl Step for Add {
    fn run(&self, event: &mut Event<'_>) -> Result<(), String> {
        for entry in self.0.iter() {
            if entry.is_free(event) {
                entry.target.set(&mut event.root, Value::String(entry.source.clone()))?;
            }
        }
        Ok(())
    }
}

#[derive(Debug)]
pub(super) struct Delete(Vec<Path>);

impl Delete {
    pub fn new(given: &processor::WithKeys) -> Result<Self, String> {
        given.with_keys.iter().map(|key| Path::parse(key)).collect::<Result<_, _>>().map(Self)
    }
}

impl Step for Delete {
    fn run(&self, event: &mut Event<'_>) -> Result<(), String> {
        self.0.iter().for_each(|path| drop(path.remove(&mut event.root)));
        Ok(())
    }
}

/// Moves a key into an object.
#[derive(Debug)]
pub(super) struct Move(Vec<Entry<Path>>);

impl Move {
    pub fn new(given: &processor::MoveKeys) -> Result<Self, String> {
        let entry = |entry: &processor::FromTo| {
            Entry::new(Path::parse(&entry.source)?, &entry.target, entry.overwrite_if_exists)
        };
        given.entries.iter().map(entry).collect::<Result<_, _>>().map(Self)
    }
}

impl Step for Move {
    fn run(&self, event: &mut Event<'_>) -> Result<(), String> {
        for Entry { source, target, overwrite } in &self.0 {
            let name = source.name();
            if source.get(&event.root).is_none() {
                continue;
            }
            let object = target.object(&mut event.root)?;
            if !*overwrite && object.contains_key(name) {
                continue;
            }
            let value = source.remove(&mut event.root).unwrap_or_default();
            match target.get_mut(&mut event.root).and_then(Value::as_object_mut) {
                Some(object) => object.insert(name.to_owned(), value),
                None => return Err(format!("The field {source} cannot be moved into itself.")),
            };
        }
        Ok(())
    }
}

#[derive(Debug)]
pub(super) struct Rename(Vec<Entry<Path>>);

impl Rename {
    pub fn new(given: &processor::RenameKeys) -> Result<Self, String> {
        let entry = |entry: &processor::RenameKey| {
            Entry::new(Path::parse(&entry.key)?, &entry.rename_to, entry.overwrite_if_exists)
        };
        given.entries.iter().map(entry).collect::<Result<_, _>>().map(Self)
    }
}

impl Step for Rename {
    fn run(&self, event: &mut Event<'_>) -> Result<(), String> {
        for entry in &self.0 {
            if entry.is_free(event)
                && let Some(value) = entry.source.remove(&mut event.root)
            {
                entry.target.set(&mut event.root, value)?;
            }
        }
        Ok(())
    }
}

#[derive(Debug)]
pub(super) struct Copy(Vec<Entry<Copied>>);

#[derive(Debug)]
enum Copied {
    Field(Path),
    Context(fn(&Context<'_>) -> String),
}

impl Copy {
    pub fn new(given: &processor::CopyValue) -> Result<Self, String> {
        let source = |source: &str| {
            Ok::<_, String>(match source {
                "@logGroupName" => Copied::Context(|context| context.group.to_owned()),
                "@logGroupStream" => Copied::Context(|context| context.stream.to_owned()),
                "@accountId" => Copied::Context(|context| context.account.to_owned()),
                "@regionName" => Copied::Context(|context| context.region.to_owned()),
                source => Copied::Field(Path::parse(source)?),
            })
        };
        let entry =
            |entry: &processor::FromTo| Entry::new(source(&entry.source)?, &entry.target, entry.overwrite_if_exists);
        given.entries.iter().map(entry).collect::<Result<_, _>>().map(Self)
    }
}

impl Step for Copy {
    fn run(&self, event: &mut Event<'_>) -> Result<(), String> {
        for entry in &self.0 {
            let value = match &entry.source {
                Copied::Field(path) => path.get(&event.root).cloned(),
                Copied::Context(value) => Some(Value::String(value(event.context))),
            };
            if let Some(value) = value.filter(|_| entry.is_free(event)) {
                entry.target.set(&mut event.root, value)?;
            }
        }
        Ok(())
    }
}
