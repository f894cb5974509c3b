//! An upstream that answers what was captured, and what a test puts in its place.

use std::sync::{LazyLock, Mutex};

use async_trait::async_trait;
use base::Scope;
use serde::Deserialize;
use serde_json::Value;

use super::super::*;
use crate::observe::Description;

static CAPTURED: LazyLock<Vec<Captured>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../tests/answers.json")).unwrap());

#[derive(Clone, Deserialize)]
struct Captured {
    service: String,
    operation: String,
    names: Vec<String>,
    status: u16,
    code: String,
    body: String,
}

/// What a test answers to a call itself, by the operation and the texts of the parameters.
type Instead = Box<dyn Fn(&str, &[String]) -> Option<Result<Answer, CallFailed>> + Send + Sync>;

/// An upstream of captured answers.
pub(super) struct Moto {
    instead: Instead,
    /// The operations that were called.
    pub(super) asked: Mutex<Vec<&'static str>>,
}

impl Moto {
    pub(super) fn new() -> Self {
        Self::with(|_, _| None)
    }

    pub(super) fn with(
        instead: impl Fn(&str, &[String]) -> Option<Result<Answer, CallFailed>> + Send + Sync + 'static,
    ) -> Self {
        Self { instead: Box::new(instead), asked: Mutex::default() }
    }
}

#[async_trait]
impl Upstream for Moto {
    fn serves(&self, _service: &str) -> bool {
        true
    }

    async fn call(&self, _scope: &Scope, call: &Call) -> Result<Answer, CallFailed> {
        self.asked.lock().unwrap().push(call.operation);
        let texts = texts(call);
        if let Some(answer) = (self.instead)(call.operation, &texts) {
            return answer;
        }
        let matching = CAPTURED.iter().filter(|captured| {
            (captured.service.as_str(), captured.operation.as_str()) == (call.service, call.operation)
                && captured.names.iter().all(|name| texts.contains(name))
        });
        let captured = matching.max_by_key(|captured| captured.names.len());
        let captured = captured.unwrap_or_else(|| panic!("nothing was captured for {call:?}"));
        match captured.status {
            200 => Ok(answer(call.reads, &captured.body)),
            status => Err(refused(status, &captured.code)),
        }
    }
}

pub(super) fn refused(status: u16, code: &str) -> CallFailed {
    CallFailed::Refused { status, code: code.to_owned(), message: String::new() }
}

/// What the server does with a body.
pub(super) fn answer(reads: Reads, body: &str) -> Answer {
    match reads {
        Reads::Json => Answer::Json(serde_json::from_str(body).unwrap()),
        Reads::Xml => {
            let (root, content) = gateway::input::tree(body.as_bytes(), gateway::input::Tree::Plain).unwrap();
            Answer::Xml { root, content }
        }
        Reads::Text => Answer::Text(body.to_owned()),
    }
}

/// The texts of a call's parameters.
fn texts(call: &Call) -> Vec<String> {
    match &call.form {
        CallForm::Query { parameters, .. } => parameters.iter().map(|(_, value)| value.clone()).collect(),
        CallForm::Json { body, .. } => {
            let values = body.as_object().unwrap().values();
            let texts = values.flat_map(|value| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]));
            texts.filter_map(|value| value.as_str().map(str::to_owned)).collect()
        }
        CallForm::Rest { path, .. } => {
            let decoded = |text: &str| String::from_utf8(wire::percent::decode(text.as_bytes()).into_owned()).unwrap();
            path.split(['/', '?', '&', '=']).map(decoded).collect()
        }
    }
}

pub(super) fn scope() -> Scope {
    Scope { account: "123456789012".parse().unwrap(), region: "eu-west-1".parse().unwrap() }
}

pub(super) fn of(name: &str) -> &'static ResourceType {
    resource_type(name).unwrap()
}

/// All resources of a type that are told of, of a listing that was read to its end.
pub(super) async fn all(name: &str) -> Vec<(String, Description)> {
    let (moto, scope) = (Moto::new(), scope());
    let listing = Lister::new(&moto, &scope).list(of(name)).await;
    assert_eq!(listing.end, Ok(()), "{name}");
    listing.resources
}

/// A document that a query service answers.
pub(super) fn document(operation: &str, content: Value) -> Answer {
    Answer::Xml { root: format!("{operation}Response"), content }
}

/// The value at a pointer of a configuration.
pub(super) fn at(value: &Value, pointer: &str) -> Value {
    value.pointer(pointer).cloned().unwrap_or(Value::Null)
}
