//! Policies in the language of AWS CloudFormation Guard, version 2 (config.md §6.5): parsed, and evaluated over JSON.
//!
//! It is our own, since the crate of that name turns on features of crates that DataFusion is built with, evaluates
//! without a bound on its steps and recurses as deep as a text is nested. Here nesting, steps and the sizes of regular
//! expressions are bounded, so that no text can stop the server. What version 3 adds (functions, rules with parameters)
//! is refused, as are regular expressions that look around.

mod compare;
mod evaluate;
mod literal;
mod parse;
mod query;
mod syntax;

use serde_json::Value;

pub use parse::Invalid;

/// A policy that can be evaluated.
#[derive(Debug)]
pub struct Policy(syntax::File);

/// What a policy says of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Some rule holds, and none is broken.
    Pass,
    /// These rules are broken, in their order.
    Fail(Vec<String>),
    /// No rule is about the document.
    Skip,
}

/// Why an evaluation came to no end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It takes too many steps.
    #[error("the policy takes too many steps to evaluate")]
    TooManySteps,
    /// It goes too deep.
    #[error("the policy goes too deep: a rule or a variable may be defined by itself")]
    TooDeep,
    /// Something is named that is not there.
    #[error("the policy names {0}, which it does not define")]
    Undefined(String),
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// Where and why it is none.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        parse::file(text).map(Self)
    }

    /// What it says of a document.
    ///
    /// # Errors
    /// It cannot be told within bounds.
    pub fn evaluate(&self, document: &Value) -> Result<Outcome, Failure> {
        evaluate::file(&self.0, document)
    }
}

#[cfg(test)]
mod tests;
