//! Transformers of log events (logs.md §8.3): processors, one after the other, that make JSON of a message.
//!
//! [`Transformer::new`] finds everything that is wrong with a configuration; [`Transformer::apply`] fails where a
//! message is not as the processors expect, and then the event stays as it is (logs.md TR-4).

use serde_json::{Map, Value};

mod check;
mod convert;
mod csv;
mod grok;
mod keys;
mod list_to_map;
mod parse;
mod path;
pub mod processor;
mod strings;
#[cfg(test)]
mod tests;
mod vended;

pub use processor::Processor;
pub use vended::CLOUDFRONT_FIELDS;

/// Events of this size and more are not transformed (logs.md TR-1).
const MESSAGE_BYTES_MAX: usize = 512 * 1024;
/// Fields that a transformed event can have (logs.md TR-1).
const FIELDS_MAX: usize = 200;

/// A configuration that was found to be right.
#[derive(Debug)]
pub struct Transformer {
    steps: Vec<Box<dyn Step>>,
}

/// Where an event came from, for `copyValue`.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The group's name.
    pub group: &'a str,
    /// The stream's name.
    pub stream: &'a str,
    /// The account's number.
    pub account: &'a str,
    /// The region's name.
    pub region: &'a str,
}

/// What one processor does.
trait Step: std::fmt::Debug + Send + Sync {
    fn run(&self, event: &mut Event<'_>) -> Result<(), String>;
}

/// An event under way.
struct Event<'a> {
    message: &'a str,
    context: &'a Context<'a>,
    /// What was made of it so far.
    root: Map<String, Value>,
}

impl Transformer {
    /// The transformer of a configuration.
    ///
    /// # Errors
    /// What is wrong, in words for the caller (logs.md TR-1 to TR-3).
    pub fn new(processors: &[Processor]) -> Result<Self, String> {
        check::rules(processors)?;
        let steps = processors.iter().map(Processor::compile).collect::<Result<_, _>>()?;
        Ok(Self { steps })
    }

    /// What becomes of a message: a JSON object.
    ///
    /// # Errors
    /// Why it could not be transformed.
    pub fn apply(&self, message: &str, context: &Context<'_>) -> Result<String, String> {
        if message.len() >= MESSAGE_BYTES_MAX {
            return Err("The log event is too large to be transformed.".to_owned());
        }
        let mut event = Event { message, context, root: Map::new() };
        for step in &self.steps {
            step.run(&mut event)?;
        }
        if event.root.values().map(leaves).sum::<usize>() > FIELDS_MAX {
            return Err(format!("The transformed log event has more than {FIELDS_MAX} fields."));
        }
        Ok(Value::Object(event.root).to_string())
    }
}

fn leaves(value: &Value) -> usize {
    match value {
        Value::Object(members) => members.values().map(leaves).sum(),
        Value::Array(elements) => elements.iter().map(leaves).sum(),
        _ => 1,
    }
}
