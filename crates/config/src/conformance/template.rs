//! A conformance pack's template: what of CloudFormation's is understood, and what it says once its parameters are known
//! (config.md §8.2).

use std::collections::{BTreeMap, BTreeSet};

use base::Scope;
use serde_json::{Map, Value};

use super::document;
use super::functions::{self, Environment, Rendered};
use super::parameters::{self, ParameterDefinition};
use super::properties;

/// Resources of a template, at most: a pack's rules, and a remediation for each.
const RESOURCES_MAX: usize = 2 * super::RULES_MAX;

/// A template whose form is right: every name it uses is there, and it holds what packs can.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Template {
    parameters: BTreeMap<String, ParameterDefinition>,
    conditions: Map<String, Value>,
    /// By their logical names, in the order in which they can be made.
    resources: Vec<(String, Resource)>,
}

/// A resource before its parameters are known.
#[derive(Clone, Debug, PartialEq)]
struct Resource {
    kind: ResourceKind,
    condition: Option<String>,
    depends_on: Vec<String>,
    properties: Value,
}

/// What a pack can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResourceKind {
    /// `AWS::Config::ConfigRule`
    Rule,
    /// `AWS::Config::RemediationConfiguration`
    Remediation,
}

/// A resource that a template asks for, with values in place of functions.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct WantedResource {
    pub(crate) logical_name: String,
    pub(crate) kind: ResourceKind,
    pub(crate) properties: Value,
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct TemplateError(pub(crate) String);

/// A template's text as one.
///
/// # Errors
/// What is wrong with it, for whoever wrote it.
pub(crate) fn parse(text: &str) -> Result<Template, TemplateError> {
    let document = document::parse(text).map_err(|error| TemplateError(error.0))?;
    let Value::Object(mut sections) = document else { return Err(wrong("The template is no mapping.")) };
    let mut section = |name: &str| match sections.shift_remove(name) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(section)) => Ok(section),
        Some(_) => Err(TemplateError(format!("The section {name} is no mapping."))),
    };
    let (parameters, conditions, resources) = (section("Parameters")?, section("Conditions")?, section("Resources")?);
    let is_ignored = |name: &str| matches!(name, "AWSTemplateFormatVersion" | "Description" | "Metadata" | "Outputs");
    if let Some(name) = sections.keys().find(|name| !is_ignored(name)) {
        return Err(TemplateError(format!(
            "The section {name} is not supported in the template of a conformance pack."
        )));
    }
    if resources.is_empty() {
        return Err(wrong("The template must hold at least one resource."));
    }
    if resources.len() > RESOURCES_MAX {
        return Err(TemplateError(format!("The template holds more than {RESOURCES_MAX} resources.")));
    }
    let parameters = parameters.into_iter().map(|(name, definition)| {
        let definition = parameters::definition(&name, definition)?;
        Ok((name, definition))
    });
    let parameters = parameters.collect::<Result<_, TemplateError>>()?;
    let resources = resources.into_iter().map(|(name, value)| {
        let resource = resource(&name, value)?;
        Ok((name, resource))
    });
    let resources = resources.collect::<Result<Vec<_>, TemplateError>>()?;
    let template = Template { parameters, conditions, resources: in_order(resources)? };
    template.check_names()?;
    Ok(template)
}

impl Template {
    /// The resources that it asks for with these parameters, in the order in which they can be made.
    ///
    /// # Errors
    /// A parameter is missing, unknown or not as it must be, or what comes of it is too much.
    pub(crate) fn render(
        &self,
        scope: &Scope,
        inputs: &BTreeMap<String, String>,
    ) -> Result<Vec<WantedResource>, TemplateError> {
        let values = parameters::values(&self.parameters, inputs)?;
        let mut environment = Environment::new(scope, values, &self.conditions);
        for (name, resource) in &self.resources {
            environment.name_resource(name, rule_name(name, &resource.properties));
        }
        let mut wanted = Vec::new();
        for (logical_name, resource) in &self.resources {
            let is_wanted = match &resource.condition {
                Some(condition) => environment.condition(condition)?,
                None => true,
            };
            if !is_wanted {
                continue;
            }
            let properties = match environment.render(&resource.properties)? {
                Rendered::Value(value) => value,
                Rendered::NoValue => Value::Null,
            };
            wanted.push(WantedResource { logical_name: logical_name.clone(), kind: resource.kind, properties });
        }
        Ok(wanted)
    }

    /// # Errors
    /// A name that is used stands for nothing, or conditions go round in a circle.
    fn check_names(&self) -> Result<(), TemplateError> {
        let references: BTreeSet<&str> = self
            .parameters
            .keys()
            .map(String::as_str)
            .chain(self.resources.iter().map(|(name, _)| name.as_str()))
            .collect();
        let has_condition = |name: &str| self.conditions.contains_key(name);
        for (name, condition) in &self.conditions {
            functions::check_condition(condition, &references, &has_condition)
                .map_err(|error| TemplateError(format!("Condition {name}: {error}")))?;
        }
        functions::check_circles(&self.conditions)?;
        for (name, resource) in &self.resources {
            let of = |error: TemplateError| TemplateError(format!("Resource {name}: {error}"));
            if let Some(condition) = resource.condition.as_deref().filter(|condition| !has_condition(condition)) {
                return Err(of(TemplateError(format!("there is no condition {condition}."))));
            }
            functions::check(&resource.properties, &references, &has_condition).map_err(of)?;
        }
        Ok(())
    }
}

/// The name of a rule, where it is plain text; else its logical name.
fn rule_name(logical_name: &str, properties: &Value) -> String {
    properties.get("ConfigRuleName").and_then(Value::as_str).unwrap_or(logical_name).to_owned()
}

fn resource(name: &str, value: Value) -> Result<Resource, TemplateError> {
    let of = |text: &str| TemplateError(format!("Resource {name}: {text}"));
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(of("its logical name must hold letters and digits alone."));
    }
    let Value::Object(mut members) = value else { return Err(of("it is no mapping.")) };
    let kind = match members.shift_remove("Type").as_ref().and_then(Value::as_str) {
        Some("AWS::Config::ConfigRule") => ResourceKind::Rule,
        Some("AWS::Config::RemediationConfiguration") => ResourceKind::Remediation,
        Some(other) => return Err(of(&format!("the type {other} is not supported in a conformance pack."))),
        None => return Err(of("it has no type.")),
    };
    let condition = match members.shift_remove("Condition") {
        None => None,
        Some(Value::String(condition)) => Some(condition),
        Some(_) => return Err(of("its condition is no text.")),
    };
    let text = |value: Value| match value {
        Value::String(text) => Ok(text),
        _ => Err(of("DependsOn must hold logical names.")),
    };
    let depends_on = match members.shift_remove("DependsOn") {
        None => Vec::new(),
        Some(Value::Array(names)) => names.into_iter().map(text).collect::<Result<_, _>>()?,
        Some(one) => vec![text(one)?],
    };
    let properties = match members.shift_remove("Properties") {
        Some(properties @ Value::Object(_)) => properties,
        _ => return Err(of("it has no properties.")),
    };
    properties::check(name, kind, &properties)?;
    let is_ignored = |name: &str| matches!(name, "Metadata" | "DeletionPolicy" | "UpdateReplacePolicy");
    match members.keys().find(|name| !is_ignored(name)) {
        Some(unknown) => Err(of(&format!("the attribute {unknown} is not supported."))),
        None => Ok(Resource { kind, condition, depends_on, properties }),
    }
}

/// Resources so that each comes after those that it depends on; remediations come after rules.
fn in_order(resources: Vec<(String, Resource)>) -> Result<Vec<(String, Resource)>, TemplateError> {
    let names: BTreeSet<String> = resources.iter().map(|(name, _)| name.clone()).collect();
    for (name, resource) in &resources {
        if let Some(unknown) = resource.depends_on.iter().find(|on| !names.contains(*on)) {
            return Err(TemplateError(format!("Resource {name}: it depends on {unknown}, which is not there.")));
        }
    }
    let mut ordered: Vec<(String, Resource)> = Vec::with_capacity(resources.len());
    let (mut waiting, mut made) = (resources, BTreeSet::new());
    waiting.sort_by_key(|(_, resource)| resource.kind == ResourceKind::Remediation);
    while !waiting.is_empty() {
        let can_be_made = |(_, resource): &(String, Resource)| resource.depends_on.iter().all(|on| made.contains(on));
        let (ready, others): (Vec<_>, Vec<_>) = waiting.into_iter().partition(can_be_made);
        if ready.is_empty() {
            return Err(wrong("The resources depend on each other in a circle."));
        }
        made.extend(ready.iter().map(|(name, _)| name.clone()));
        ordered.extend(ready);
        waiting = others;
    }
    Ok(ordered)
}

pub(super) fn wrong(text: &str) -> TemplateError {
    TemplateError(text.to_owned())
}

#[cfg(test)]
mod tests;
