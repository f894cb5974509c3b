//! Filter policies: which messages a subscriber wants (cloudwatch.md §8.5). Pure.
//!
//! A policy is checked and turned into [`Matcher`]s once; judging a message never fails. How
//! arrays, absent members and numbers compare is what the event-pattern library behind
//! SNS documents, and what its users recorded.

mod json;
mod judge;
mod parse;

use std::cell::OnceCell;
use std::net::IpAddr;

use serde_json::Value;

use crate::record::Message;

/// Longest policy, in bytes (cloudwatch.md §8.5).
const POLICY_BYTES_MAX: usize = 256 << 10;
/// Most keys at the top of a policy.
const KEYS_MAX: usize = 5;
/// Most combinations of values.
const COMBINATIONS_MAX: u64 = 150;

/// What a policy is applied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The message's attributes.
    MessageAttributes,
    /// The message's body, a JSON object.
    MessageBody,
}

/// A policy, parsed.
#[derive(Clone, Debug, PartialEq)]
pub struct FilterPolicy {
    scope: Scope,
    rules: Vec<Rule>,
}

/// One condition; all conditions of a group must hold.
#[derive(Clone, Debug, PartialEq)]
enum Rule {
    /// A member has a value that one of these takes.
    Field(String, Vec<Matcher>),
    /// A member is an object, or an array with an object, for which all of these hold.
    Nested(String, Vec<Rule>),
    /// One of these groups holds.
    Or(Vec<Vec<Rule>>),
}

/// What takes a value.
#[derive(Clone, Debug, PartialEq)]
enum Matcher {
    Exact(Literal),
    Text(TextTest),
    AnythingBut(Vec<Literal>),
    AnythingButText(TextTest),
    Numeric(Vec<(Comparison, f64)>),
    Cidr(IpAddr, u8),
    Exists(bool),
}

#[derive(Clone, Debug, PartialEq)]
enum Literal {
    Text(String),
    Number(f64),
    Bool(bool),
    Null,
}

#[derive(Clone, Debug, PartialEq)]
enum TextTest {
    Prefix(String),
    Suffix(String),
    /// In lower case.
    IgnoringCase(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A message to judge by many policies: what they look at is read once.
pub struct Candidate<'a> {
    message: &'a Message,
    body: &'a str,
    attributes: OnceCell<Value>,
    content: OnceCell<Option<Value>>,
}

impl<'a> Candidate<'a> {
    /// A message, and the text that a subscriber would get.
    pub fn new(message: &'a Message, body: &'a str) -> Self {
        Self { message, body, attributes: OnceCell::new(), content: OnceCell::new() }
    }
}

impl FilterPolicy {
    /// Parses a policy.
    ///
    /// # Errors
    /// What follows `Invalid parameter: ` in AWS's message, such as
    /// `FilterPolicy: Empty arrays are not allowed`.
    pub fn parse(text: &str, scope: Scope) -> Result<Self, String> {
        Ok(Self { scope, rules: parse::rules(text, scope)? })
    }

    /// Whether the subscriber wants this message. `body` is the text that it would get.
    pub fn wants(&self, message: &Message, body: &str) -> bool {
        self.takes(&Candidate::new(message, body))
    }

    /// Whether the subscriber wants this message. A policy for the body takes no message whose
    /// body is not a JSON object.
    pub fn takes(&self, candidate: &Candidate<'_>) -> bool {
        match self.scope {
            Scope::MessageAttributes => {
                let attributes = candidate.attributes.get_or_init(|| judge::attributes(candidate.message));
                judge::all_hold(&self.rules, Some(attributes))
            }
            Scope::MessageBody => {
                let parsed = || serde_json::from_str(candidate.body).ok().filter(Value::is_object);
                let content = candidate.content.get_or_init(parsed);
                content.as_ref().is_some_and(|content| judge::all_hold(&self.rules, Some(content)))
            }
        }
    }
}

#[cfg(test)]
mod tests;
