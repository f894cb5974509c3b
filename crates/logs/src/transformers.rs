//! Transformers (logs.md §8.3): what they make of events is made when it is read, by the configuration that held when
//! the event was ingested.

use std::sync::Arc;

use api::ServiceError;
use api::logs::{errors, types};
use base::{Scope, Timestamp};
use lang::transform::{Context, Processor, Transformer};
use serde::{Deserialize, Serialize};
use store::catalog::{Key, Record};
use wire::schema::{Kind, Shape};
use wire::value::{FromValue, IntoValue, Struct, Value};

use crate::Logs;
use crate::groups::{self, Group};
use crate::history::{Compiled, History, Sources, Timeline};
use crate::record::{LogGroupClass, LogGroupRecord};

/// A group's transformers. The key is what a group's belongings have and [`NAME`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransformerRecord {
    /// The configurations.
    pub configurations: History<Vec<Processor>>,
    /// When the transformer was made, and last put.
    pub created: Timestamp,
    /// When it was last put.
    pub updated: Timestamp,
}

impl Record for TransformerRecord {
    const KIND: &'static str = "logs.transformer";
    const FORMAT: u32 = 1;
}

/// How the record's key ends.
pub(crate) const NAME: &str = "transformer";

/// What was made of groups' transformers.
pub(crate) type Transformers = Compiled<TransformerRecord, Active>;

/// A transformer that held, and whose it was.
#[derive(Clone, Debug)]
pub(crate) struct Active {
    transformer: Arc<Transformer>,
    /// Whether it was the group's own or the account's.
    pub(crate) level: Level,
}

/// Whose a transformer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// The group's own.
    Group,
    /// That of an account policy.
    Account,
}

/// What a group's transformers make of its events. The default is nothing.
#[derive(Clone, Debug, Default)]
pub struct Transforms {
    of: Option<(Arc<Timeline<Active>>, Scope, Arc<str>)>,
}

/// What a group's transformers make of its events: its own, or where it had none at the time, the account's that was
/// for it (logs.md TR-1).
pub(crate) fn transforms(logs: &Logs, group: &Group) -> Transforms {
    of_known(logs, &group.scope, &group.name, &group.record)
}

/// The same of a group that is known by its parts.
pub(crate) fn of_known(logs: &Logs, scope: &Scope, name: &str, group: &LogGroupRecord) -> Transforms {
    // The other classes have no transformers (logs.md LG-7).
    if group.class != LogGroupClass::Standard {
        return Transforms::default();
    }
    let key = Key::regional(&scope.account, &scope.region, format!("{}{NAME}", groups::belongings(group.id)));
    let own = logs.parts.catalog.get::<TransformerRecord>(&key).map(|found| found.value);
    let account = logs.account_effects.of(&logs.parts.catalog, scope);
    if own.is_none() && account.transforms_nothing() {
        logs.transformers.forget(group.id);
        return Transforms::default();
    }
    let timeline = logs.transformers.of(group.id, Sources { own, account }, |sources| compile(sources, name));
    Transforms { of: timeline.map(|timeline| (timeline, scope.clone(), name.into())) }
}

fn compile(Sources { own, account }: &Sources<TransformerRecord>, group: &str) -> Timeline<Active> {
    let active = |level: Level| move |transformer: Arc<Transformer>| Active { transformer, level };
    let parsed = |processors: &Vec<Processor>| match Transformer::new(processors) {
        Ok(transformer) => Some(active(Level::Group)(Arc::new(transformer))),
        Err(error) => {
            tracing::error!(error, group, "a transformer that was accepted cannot be read any more");
            None
        }
    };
    let own = own.as_ref().map(|record| record.configurations.compile(parsed));
    let of_account = account.transformers(group).into_iter();
    let of_account = of_account.map(|one| one.map(|transformer| Some(active(Level::Account)(transformer.clone()))));
    let all: Vec<_> = own.into_iter().chain(of_account).collect();
    // The group's own comes first.
    Timeline::together(&all.iter().collect::<Vec<_>>(), |held| held.first().map(|first| (*first).clone()))
}

impl Transforms {
    /// Whether no transformer ever held.
    pub fn are_none(&self) -> bool {
        self.of.is_none()
    }

    /// Whose transformer held when something was ingested; `None` where none did.
    pub(crate) fn level(&self, ingested: Timestamp) -> Option<Level> {
        let (timeline, _, _) = self.of.as_ref()?;
        timeline.at(ingested).map(|active| active.level)
    }

    /// What was made of an event: JSON, or why it could not be transformed. `None` where no transformer held.
    pub fn message(&self, ingested: Timestamp, stream: &str, message: &str) -> Option<Result<String, String>> {
        let (timeline, scope, group) = self.of.as_ref()?;
        let active = timeline.at(ingested)?;
        let context = Context { group, stream, account: scope.account.as_str(), region: scope.region.as_str() };
        Some(active.transformer.apply(message, &context))
    }
}

/// Refuses what needs a transformer where none holds for a group (logs.md MF-13).
///
/// # Errors
/// `InvalidOperationException`.
pub(crate) fn require(logs: &Logs, group: &Group, now: Timestamp) -> Result<(), ServiceError> {
    match transforms(logs, group).level(now) {
        Some(_) => Ok(()),
        None => {
            let message = "applyOnTransformedLogs can be true only for a log group with a transformer.";
            Err(errors::invalid_operation_exception(message))
        }
    }
}

/// The processors of a call, and that they keep the rules.
///
/// # Errors
/// `InvalidParameterException` (logs.md TR-5).
pub(crate) fn checked(given: Vec<types::Processor>) -> Result<(Vec<Processor>, Transformer), ServiceError> {
    let refused = |message: String| errors::invalid_parameter_exception(message);
    let processors = serde_json::from_value::<Vec<Processor>>(to_json(given.into_value()))
        .map_err(|error| refused(format!("The transformer configuration is not valid: {error}.")))?;
    let transformer = Transformer::new(&processors).map_err(refused)?;
    Ok((processors, transformer))
}

/// The processors as the API has them.
pub(crate) fn described(processors: &[Processor]) -> Vec<types::Processor> {
    let json = serde_json::to_value(processors).expect("processors are JSON");
    let shape = configuration_shape().expect("the model has transformer configurations");
    Vec::from_value(of_json(json, shape))
}

fn configuration_shape() -> Option<&'static Shape> {
    let input = api::logs::SERVICE.operation("PutTransformer")?.input?;
    Some(input.structure()?.member("transformerConfig")?.1.shape)
}

/// A value of a configuration as JSON. It has texts, numbers and truth values in lists and structures.
fn to_json(value: Value) -> serde_json::Value {
    match value {
        Value::Boolean(truth) => truth.into(),
        Value::Integer(number) => number.into(),
        Value::String(text) => text.into(),
        Value::List(elements) => elements.into_iter().map(to_json).collect(),
        Value::Struct(Struct { shape, members }) => {
            let known = shape.structure().map(|structure| structure.members).unwrap_or_default();
            let named = members.into_iter().filter_map(|(index, value)| Some((known.get(usize::from(index))?, value)));
            named.map(|(member, value)| (member.name.to_owned(), to_json(value))).collect()
        }
        other => unreachable!("a transformer configuration has no {other:?}"),
    }
}

/// The reverse of [`to_json`], by the shape.
fn of_json(json: serde_json::Value, shape: &'static Shape) -> Value {
    match (json, &shape.kind) {
        (serde_json::Value::Bool(truth), _) => Value::Boolean(truth),
        (serde_json::Value::Number(number), _) => Value::Integer(number.as_i64().unwrap_or_default()),
        (serde_json::Value::String(text), _) => Value::String(text),
        (serde_json::Value::Array(elements), Kind::List(list)) => {
            Value::List(elements.into_iter().map(|element| of_json(element, list.member)).collect())
        }
        (serde_json::Value::Object(members), Kind::Structure(structure)) => {
            let mut found = Struct::new(shape);
            for (name, value) in members {
                if let Some((index, member)) = structure.member(&name) {
                    found.set(index, of_json(value, member.shape));
                }
            }
            Value::Struct(found)
        }
        (other, _) => unreachable!("a transformer configuration has no {other}"),
    }
}
