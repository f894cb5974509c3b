//! CloudFormation's functions, as far as packs have them: `Ref`, `Fn::If`, `Fn::Sub`, and in conditions `Fn::Equals`,
//! `Fn::Not`, `Fn::And`, `Fn::Or` and `Condition`.
//!
//! Conditions are worked out once each, and what is rendered is counted: a short template cannot ask for much.

use std::collections::{BTreeMap, BTreeSet};

use base::Scope;
use serde_json::{Map, Value};

use super::parameters::as_text;
use super::template::{TemplateError, wrong};

/// Bytes of text that a template may come to.
const RENDERED_BYTES_MAX: usize = 4 << 20;
/// Conditions within conditions, by name.
const CONDITION_DEPTH_MAX: usize = 64;

const PSEUDO_PARAMETERS: [&str; 5] =
    ["AWS::AccountId", "AWS::Region", "AWS::Partition", "AWS::URLSuffix", "AWS::NoValue"];

/// What functions know.
pub(super) struct Environment<'a> {
    /// Parameters, those that CloudFormation sets among them, and the names of rules by their logical names.
    values: BTreeMap<String, Value>,
    conditions: &'a Map<String, Value>,
    known: BTreeMap<String, bool>,
    bytes_left: usize,
}

/// What came of a value.
pub(super) enum Rendered {
    Value(Value),
    /// `AWS::NoValue`: what it stands for is left out.
    NoValue,
}

impl<'a> Environment<'a> {
    pub(super) fn new(scope: &Scope, mut values: BTreeMap<String, Value>, conditions: &'a Map<String, Value>) -> Self {
        let partition = scope.region.partition();
        let suffix = if scope.region.as_str().starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        for (name, value) in [
            ("AWS::AccountId", scope.account.as_str()),
            ("AWS::Region", scope.region.as_str()),
            ("AWS::Partition", partition.as_str()),
            ("AWS::URLSuffix", suffix),
        ] {
            values.insert(name.to_owned(), Value::String(value.to_owned()));
        }
        Self { values, conditions, known: BTreeMap::new(), bytes_left: RENDERED_BYTES_MAX }
    }

    /// What a `Ref` to a resource is. A parameter of this name is another's.
    pub(super) fn name_resource(&mut self, logical_name: &str, name: String) {
        self.values.entry(logical_name.to_owned()).or_insert(Value::String(name));
    }

    /// A value with values in place of functions.
    pub(super) fn render(&mut self, value: &Value) -> Result<Rendered, TemplateError> {
        if let Some((name, argument)) = function(value) {
            return self.call(name, argument);
        }
        let rendered = match value {
            Value::Array(values) => {
                let mut rendered = Vec::with_capacity(values.len());
                for value in values {
                    if let Rendered::Value(value) = self.render(value)? {
                        rendered.push(value);
                    }
                }
                Value::Array(rendered)
            }
            Value::Object(members) => {
                let mut rendered = Map::new();
                for (name, value) in members {
                    self.count(name.len())?;
                    if let Rendered::Value(value) = self.render(value)? {
                        rendered.insert(name.clone(), value);
                    }
                }
                Value::Object(rendered)
            }
            plain => {
                self.count(plain.as_str().map_or(8, str::len))?;
                plain.clone()
            }
        };
        Ok(Rendered::Value(rendered))
    }

    fn call(&mut self, name: &str, argument: &Value) -> Result<Rendered, TemplateError> {
        match (name, argument) {
            ("Ref", Value::String(name)) if name == "AWS::NoValue" => Ok(Rendered::NoValue),
            ("Ref", Value::String(name)) => self.reference(name).map(Rendered::Value),
            ("Fn::If", Value::Array(arguments)) => match arguments.as_slice() {
                [Value::String(condition), then, otherwise] => match self.condition(condition)? {
                    true => self.render(then),
                    false => self.render(otherwise),
                },
                _ => Err(wrong("Fn::If takes the name of a condition and two values.")),
            },
            ("Fn::Sub", argument) => self.substitute(argument).map(|text| Rendered::Value(Value::String(text))),
            (name, _) => Err(TemplateError(format!("{name} is not supported here."))),
        }
    }

    fn reference(&mut self, name: &str) -> Result<Value, TemplateError> {
        let value = self.values.get(name).cloned();
        let value = value.ok_or_else(|| TemplateError(format!("{name} is neither a parameter nor a resource.")))?;
        self.count(size(&value))?;
        Ok(value)
    }

    /// `Fn::Sub`: a text, or a text and values for names of its own.
    fn substitute(&mut self, argument: &Value) -> Result<String, TemplateError> {
        let (text, own) = match argument {
            Value::String(text) => (text, None),
            Value::Array(arguments) => match arguments.as_slice() {
                [Value::String(text), Value::Object(own)] => (text, Some(own)),
                _ => return Err(wrong("Fn::Sub takes a text, or a text and a mapping.")),
            },
            _ => return Err(wrong("Fn::Sub takes a text, or a text and a mapping.")),
        };
        let mut result = String::new();
        for part in parts(text) {
            let part = match part {
                Part::Text(text) => text.to_owned(),
                Part::Name(name) => {
                    let value = match own.and_then(|own| own.get(name)) {
                        Some(value) => self.render(value)?,
                        None => Rendered::Value(self.reference(name)?),
                    };
                    let Rendered::Value(value) = value else { return Err(wrong("Fn::Sub needs values.")) };
                    as_text(&value).ok_or_else(|| TemplateError(format!("{name} is no text.")))?
                }
            };
            self.count(part.len())?;
            result.push_str(&part);
        }
        Ok(result)
    }

    /// Whether a condition holds.
    pub(super) fn condition(&mut self, name: &str) -> Result<bool, TemplateError> {
        if let Some(known) = self.known.get(name) {
            return Ok(*known);
        }
        let conditions = self.conditions;
        let definition = conditions.get(name);
        let definition = definition.ok_or_else(|| TemplateError(format!("There is no condition {name}.")))?;
        // Circles were looked for when the template was read.
        let holds = self.holds(definition)?;
        self.known.insert(name.to_owned(), holds);
        Ok(holds)
    }

    fn holds(&mut self, condition: &Value) -> Result<bool, TemplateError> {
        match function(condition) {
            Some(("Condition", Value::String(name))) => self.condition(name),
            Some(("Fn::Not", Value::Array(of))) if of.len() == 1 => Ok(!self.holds(&of[0])?),
            Some(("Fn::And", Value::Array(of))) => {
                of.iter().try_fold(true, |all, condition| Ok(all && self.holds(condition)?))
            }
            Some(("Fn::Or", Value::Array(of))) => {
                of.iter().try_fold(false, |any, condition| Ok(any || self.holds(condition)?))
            }
            Some(("Fn::Equals", Value::Array(of))) if of.len() == 2 => {
                let (Rendered::Value(one), Rendered::Value(other)) = (self.render(&of[0])?, self.render(&of[1])?)
                else {
                    return Err(wrong("Fn::Equals needs two values."));
                };
                // Values of parameters are texts, whatever they are compared with.
                Ok(match (as_text(&one), as_text(&other)) {
                    (Some(one), Some(other)) => one == other,
                    _ => one == other,
                })
            }
            _ => Err(wrong("It is no condition.")),
        }
    }

    fn count(&mut self, bytes: usize) -> Result<(), TemplateError> {
        match self.bytes_left.checked_sub(bytes + 1) {
            Some(left) => self.bytes_left = left,
            None => return Err(TemplateError(format!("The template comes to more than {RENDERED_BYTES_MAX} bytes."))),
        }
        Ok(())
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(|value| size(value) + 1).sum(),
        _ => 8,
    }
}

/// The function that a value calls.
fn function(value: &Value) -> Option<(&str, &Value)> {
    let members = value.as_object().filter(|members| members.len() == 1)?;
    let (name, argument) = members.iter().next()?;
    let is_function = name == "Ref" || name.starts_with("Fn::") || (name == "Condition" && argument.is_string());
    is_function.then_some((name.as_str(), argument))
}

/// A piece of what `Fn::Sub` takes.
enum Part<'a> {
    Text(&'a str),
    Name(&'a str),
}

/// The pieces of a text with `${Name}` in it; `${!Name}` stands for `${Name}`.
fn parts(text: &str) -> Vec<Part<'_>> {
    let (mut parts, mut rest) = (Vec::new(), text);
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, behind)) = after.split_once('}') else { break };
        parts.push(Part::Text(before));
        match name.strip_prefix('!') {
            Some(name) => parts.extend([Part::Text("${"), Part::Text(name), Part::Text("}")]),
            None => parts.push(Part::Name(name.trim())),
        }
        rest = behind;
    }
    parts.push(Part::Text(rest));
    parts
}

/// Whether a value calls only functions that there are, of what is there.
pub(super) fn check(
    value: &Value,
    references: &BTreeSet<&str>,
    has_condition: &impl Fn(&str) -> bool,
) -> Result<(), TemplateError> {
    let is_known = |name: &str| references.contains(name) || PSEUDO_PARAMETERS.contains(&name);
    let known = |name: &str| match is_known(name) {
        true => Ok(()),
        false => Err(TemplateError(format!("{name} is neither a parameter nor a resource."))),
    };
    match function(value) {
        Some(("Ref", Value::String(name))) => known(name),
        Some(("Fn::If", Value::Array(arguments))) => match arguments.as_slice() {
            [Value::String(condition), then, otherwise] => {
                if !has_condition(condition) {
                    return Err(TemplateError(format!("there is no condition {condition}.")));
                }
                check(then, references, has_condition)?;
                check(otherwise, references, has_condition)
            }
            _ => Err(wrong("Fn::If takes the name of a condition and two values.")),
        },
        Some(("Fn::Sub", argument)) => {
            let (text, own) = match argument {
                Value::String(text) => (text, None),
                Value::Array(arguments) => match arguments.as_slice() {
                    [Value::String(text), Value::Object(own)] => (text, Some(own)),
                    _ => return Err(wrong("Fn::Sub takes a text, or a text and a mapping.")),
                },
                _ => return Err(wrong("Fn::Sub takes a text, or a text and a mapping.")),
            };
            for value in own.into_iter().flat_map(|own| own.values()) {
                check(value, references, has_condition)?;
            }
            parts(text).into_iter().try_for_each(|part| match part {
                Part::Name(name) if own.is_none_or(|own| !own.contains_key(name)) => known(name),
                _ => Ok(()),
            })
        }
        Some((name, _)) => Err(TemplateError(format!("{name} is not supported here."))),
        None => match value {
            Value::Array(values) => values.iter().try_for_each(|value| check(value, references, has_condition)),
            Value::Object(members) => members.values().try_for_each(|value| check(value, references, has_condition)),
            _ => Ok(()),
        },
    }
}

/// Whether a value is a condition of what is there.
pub(super) fn check_condition(
    value: &Value,
    references: &BTreeSet<&str>,
    has_condition: &impl Fn(&str) -> bool,
) -> Result<(), TemplateError> {
    match function(value) {
        Some(("Condition", Value::String(name))) if has_condition(name) => Ok(()),
        Some(("Condition", Value::String(name))) => Err(TemplateError(format!("there is no condition {name}."))),
        Some(("Fn::Not", Value::Array(of))) if of.len() == 1 => check_condition(&of[0], references, has_condition),
        Some(("Fn::And" | "Fn::Or", Value::Array(of))) if (2..=10).contains(&of.len()) => {
            of.iter().try_for_each(|value| check_condition(value, references, has_condition))
        }
        Some(("Fn::Equals", Value::Array(of))) if of.len() == 2 => {
            of.iter().try_for_each(|value| check(value, references, has_condition))
        }
        _ => Err(wrong("it must be Fn::Equals, Fn::Not, Fn::And, Fn::Or or Condition.")),
    }
}

/// # Errors
/// Conditions name each other in a circle, or one after the other too often.
pub(super) fn check_circles(conditions: &Map<String, Value>) -> Result<(), TemplateError> {
    let mut named: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, condition) in conditions {
        let mut found = BTreeSet::new();
        conditions_named(condition, &mut found);
        named.insert(name, found);
    }
    // Each round lets go of those that name none of the others.
    for _ in 0..CONDITION_DEPTH_MAX {
        let left: BTreeSet<&str> = named.keys().copied().collect();
        named.retain(|_, names| names.iter().any(|name| left.contains(name)));
        if named.is_empty() {
            return Ok(());
        }
    }
    Err(wrong("The conditions name each other in a circle, or too deep."))
}

fn conditions_named<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match function(value) {
        Some(("Condition", Value::String(name))) => drop(found.insert(name)),
        Some(("Fn::If", Value::Array(of))) => {
            found.extend(of.first().and_then(Value::as_str));
            of.iter().skip(1).for_each(|value| conditions_named(value, found));
        }
        _ => match value {
            Value::Array(values) => values.iter().for_each(|value| conditions_named(value, found)),
            Value::Object(members) => members.values().for_each(|value| conditions_named(value, found)),
            _ => {}
        },
    }
}
