//! Broken rules in CloudWatch's own words (cloudwatch.md §1.2, §1.4).
//!
//! The older operations name a parameter by its path in the query protocol, whatever protocol
//! is spoken; the others answer with the sentence that every service has.

use std::fmt::Display;

use api::cloudwatch::errors;
use api::{CallContext, ServiceError};
use wire::schema::{Kind, Operation, Shape};
use wire::validate::Violation;
use wire::value::Value;

/// Operations that name parameters by their path.
const BY_PARAMETER: [&str; 3] = ["GetMetricStatistics", "ListMetrics", "PutMetricData"];

/// The states of alarms, in the order of the model, and in the one that AWS lists them in
/// (recorded, cloudwatch.md §1.2).
const STATES: (&str, &str) =
    ("enum value set: [OK, ALARM, INSUFFICIENT_DATA]", "enum value set: [INSUFFICIENT_DATA, ALARM, OK]");

/// More are not told of: an answer must not grow with what is wrong with the request.
const PROBLEMS_MAX: usize = 100;

/// Everything found wrong with a request. The first decides on the error's code.
#[derive(Debug, Default)]
pub struct Problems(Vec<(Fault, String)>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Value,
    Missing,
    Combination,
}

impl Problems {
    /// A parameter has a value that it cannot have.
    pub fn value(&mut self, message: impl Into<String>) {
        self.add(Fault::Value, message.into());
    }

    /// `The value … for parameter … is invalid.`
    pub fn invalid(&mut self, value: impl Display, parameter: impl Display) {
        self.value(format!("The value {value} for parameter {parameter} is invalid."));
    }

    /// A parameter is not there.
    pub fn missing(&mut self, message: impl Into<String>) {
        self.add(Fault::Missing, message.into());
    }

    /// Parameters do not go together.
    pub fn combination(&mut self, message: impl Into<String>) {
        self.add(Fault::Combination, message.into());
    }

    fn add(&mut self, fault: Fault, message: String) {
        if !self.is_full() {
            self.0.push((fault, message));
        }
    }

    /// How many there are so far.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Whether no more are taken in, so that looking for them is idle.
    pub fn is_full(&self) -> bool {
        self.0.len() >= PROBLEMS_MAX
    }

    /// # Errors
    /// The error over all problems, one a line; none when there are none.
    pub fn into_result(self) -> Result<(), ServiceError> {
        let Some((fault, _)) = self.0.first() else { return Ok(()) };
        let messages: Vec<&str> = self.0.iter().map(|(_, message)| message.as_str()).collect();
        let message = messages.join("\n");
        Err(match fault {
            Fault::Value => errors::invalid_parameter_value_exception(message),
            Fault::Missing => errors::missing_required_parameter_exception(message),
            Fault::Combination => errors::invalid_parameter_combination_exception(message),
        })
    }
}

/// The error for broken constraints of the model.
pub fn error(operation: &'static Operation, input: &Value, violations: &[Violation]) -> ServiceError {
    if !BY_PARAMETER.contains(&operation.name) {
        return ServiceError::validation(wire::validate::message(violations).replace(STATES.0, STATES.1));
    }
    let mut problems = Problems::default();
    for violation in violations {
        let place = operation.input.map(|shape| place(shape, input, &violation.path)).unwrap_or_default();
        describe(&mut problems, &place, violation);
    }
    match problems.into_result() {
        Err(error) => error,
        Ok(()) => ServiceError::validation(wire::validate::message(violations)),
    }
}

/// Where a path of the validator leads.
#[derive(Default)]
struct Place<'a> {
    /// As the query protocol writes it: `MetricData.member.1.Unit`.
    parameter: String,
    shape: Option<&'static Shape>,
    value: Option<&'a Value>,
}

/// Follows `metricData.1.member.unit`.
fn place<'a>(shape: &'static Shape, input: &'a Value, path: &str) -> Place<'a> {
    let mut place = Place { parameter: String::new(), shape: Some(shape), value: Some(input) };
    let mut steps = path.split('.');
    while let Some(step) = steps.next() {
        if !place.parameter.is_empty() {
            place.parameter.push('.');
        }
        match step.parse::<usize>() {
            Ok(number) => {
                steps.next();
                place.parameter.push_str(&format!("member.{number}"));
                place.value = place.value.and_then(Value::as_list).and_then(|list| list.get(number.checked_sub(1)?));
                place.shape = place.shape.and_then(|shape| match &shape.kind {
                    Kind::List(list) => Some(list.member),
                    _ => None,
                });
            }
            Err(_) => {
                let name = capitalized(step);
                let member = place.shape.and_then(Shape::structure).and_then(|structure| structure.member(&name));
                place.value = place.value.and_then(|value| value.get(&name));
                place.shape = member.map(|(_, member)| member.shape);
                place.parameter.push_str(&name);
            }
        }
    }
    place
}

fn capitalized(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

fn describe(problems: &mut Problems, place: &Place<'_>, violation: &Violation) {
    let parameter = &place.parameter;
    let Some((_, constraint)) = violation.message.split_once("failed to satisfy constraint: ") else {
        return problems.value(&violation.message);
    };
    let collection = matches!(place.shape.map(|shape| &shape.kind), Some(Kind::List(_) | Kind::Map(_)));
    if let Some(kept) = constraint.strip_prefix("Member must satisfy constraint: ") {
        return element(problems, place, kept);
    }
    if constraint == "Member must not be null" {
        problems.missing(format!("The parameter {parameter} is required."));
    } else if let Some(values) = constraint.strip_prefix("Member must satisfy enum value set: ") {
        let values = values.trim_matches(['[', ']']);
        problems.value(format!("The parameter {parameter} must be a value in the set [ {values} ]."));
    } else if let Some(max) = constraint.strip_prefix("Member must have length less than or equal to ") {
        match max.parse::<u64>() {
            _ if collection => {
                problems.value(format!("The collection {parameter} must not have a size greater than {max}."));
            }
            Ok(max) => {
                problems.value(format!("The parameter {parameter} must be shorter than {} characters.", max + 1))
            }
            Err(_) => problems.value(&violation.message),
        }
    } else if constraint.starts_with("Member must have length greater than or equal to ") {
        problems.missing(format!("The parameter {parameter} is required."));
    } else if let Some(bound) = constraint.strip_prefix("Member must have value ") {
        problems.value(format!("The parameter {parameter} must be {bound}."));
    } else {
        let value = place.value.and_then(Value::as_str).unwrap_or_default();
        problems.invalid(value, parameter);
    }
}

/// A list of texts is checked as a whole: this finds the elements that break the constraint.
fn element(problems: &mut Problems, place: &Place<'_>, constraints: &str) {
    let parameter = &place.parameter;
    let member = match place.shape.map(|shape| &shape.kind) {
        Some(Kind::List(list)) => list.member,
        _ => return problems.value(format!("The parameter {parameter} must satisfy {constraints}.")),
    };
    for (at, value) in place.value.and_then(Value::as_list).unwrap_or_default().iter().enumerate() {
        let (Kind::String(string), Some(text)) = (&member.kind, value.as_str()) else { continue };
        let parameter = format!("{parameter}.member.{}", at + 1);
        if !string.values.is_empty() && !string.values.contains(&text) {
            let values = string.values.join(", ");
            problems.value(format!("The parameter {parameter} must be a value in the set [ {values} ]."));
        } else if text.is_empty() {
            problems.missing(format!("The parameter {parameter} is required."));
        } else if string.length.max.is_some_and(|max| text.chars().count() as u64 > max) {
            problems.invalid(text, parameter);
        }
    }
}

/// A failure of the store: logged here, told to the client as far as it helps.
pub fn store_error(cx: &CallContext, doing: &str, error: &store::StoreError) -> ServiceError {
    match error {
        store::StoreError::Full => {
            ServiceError::unavailable("No space is left on the server's disk; nothing was changed.")
        }
        error => {
            let request_id = &cx.request_id;
            tracing::error!(request_id, doing, error = error as &dyn std::error::Error, "the store failed");
            ServiceError::internal()
        }
    }
}
