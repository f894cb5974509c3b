//! All managed rules of AWS by `managed-rules.csv`, whether or not they can be evaluated.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::rule::{Parameter, ParameterKind, Trigger};

static TEXT: &str = include_str!("../../managed-rules.csv");

static KNOWN: LazyLock<BTreeMap<&'static str, KnownRule>> =
    LazyLock::new(|| lines().map(|line| read(line).expect("the table is well formed")).collect());

/// A rule of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRule {
    /// The name that it has unless it is given another.
    pub default_name: &'static str,
    /// When it is evaluated.
    pub trigger: Trigger,
    /// What it is about; none where it is about the account.
    pub resource_types: Vec<&'static str>,
    /// What can be said in its `InputParameters`.
    pub parameters: Vec<Parameter>,
    /// Whether it can judge resources before they are made.
    pub is_proactive: bool,
}

/// The rule with an identifier.
pub fn known(identifier: &str) -> Option<&'static KnownRule> {
    KNOWN.get(identifier)
}

/// The identifiers of the rules of a priority, such as `P1`.
#[cfg(test)]
pub(crate) fn of_priority(priority: &str) -> impl Iterator<Item = &'static str> {
    let is_of = move |fields: &Vec<&'static str>| fields.last() == Some(&priority);
    lines().map(fields).filter(is_of).map(|fields| fields[0])
}

/// How many rules AWS has.
pub(super) fn count() -> usize {
    KNOWN.len()
}

fn lines() -> impl Iterator<Item = &'static str> {
    TEXT.lines().skip(1).filter(|line| !line.is_empty())
}

fn read(line: &'static str) -> Option<(&'static str, KnownRule)> {
    let fields = fields(line);
    let &[identifier, default_name, trigger, types, parameters, proactive, _priority] = fields.as_slice() else {
        return None;
    };
    let rule = KnownRule {
        default_name,
        trigger: match trigger {
            "change" => Trigger::Change,
            "periodic" => Trigger::Periodic,
            "change+periodic" => Trigger::ChangeAndPeriodic,
            "change(new-events-only)" => Trigger::NewEvents,
            "external" => Trigger::External,
            _ => return None,
        },
        resource_types: parts(types).collect(),
        parameters: parts(parameters).map(parameter).collect::<Option<_>>()?,
        is_proactive: proactive == "yes",
    };
    Some((identifier, rule))
}

fn parts(field: &'static str) -> impl Iterator<Item = &'static str> {
    field.split(';').filter(|part| !part.is_empty())
}

/// `name:kind[=default][?]`
fn parameter(text: &'static str) -> Option<Parameter> {
    let (name, rest) = text.split_once(':')?;
    let (rest, is_required) = match rest.strip_suffix('?') {
        Some(rest) => (rest, false),
        None => (rest, true),
    };
    let (kind, default) = match rest.split_once('=') {
        Some((kind, default)) => (kind, Some(default)),
        None => (rest, None),
    };
    let kind = match kind {
        "int" => ParameterKind::Integer,
        "double" => ParameterKind::Number,
        "String" => ParameterKind::Text,
        "boolean" => ParameterKind::Boolean,
        "CSV" => ParameterKind::List,
        "StringMap" => ParameterKind::Map,
        _ => return None,
    };
    Some(Parameter { name, kind, default, is_required })
}

/// The fields of a line; one with commas in it is within quotation marks, and none has a quotation mark in it.
fn fields(line: &'static str) -> Vec<&'static str> {
    let (mut fields, mut rest) = (Vec::new(), line);
    loop {
        let quoted = rest.strip_prefix('"').and_then(|inside| inside.split_once('"'));
        let (field, after) = match quoted {
            Some((field, after)) => (field, after),
            None => rest.split_at(rest.find(',').unwrap_or(rest.len())),
        };
        fields.push(field);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None => return fields,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_a_rule() {
        assert_eq!(lines().count(), 823);
        for line in lines() {
            assert!(read(line).is_some(), "{line}");
        }
        assert_eq!(KNOWN.len(), 823);
    }

    #[test]
    fn quoted_fields_and_defaults_with_commas_are_read() {
        let rule = known("APPROVED_AMIS_BY_TAG").unwrap();
        let expected = Parameter::required("amisByTagKeyAndValue", ParameterKind::Map)
            .with_default("tag-key:tag-value,other-tag-key");
        assert_eq!((rule.parameters.as_slice(), rule.trigger), ([expected].as_slice(), Trigger::Change));
        assert_eq!(known("CLOUD_TRAIL_ENABLED").unwrap().default_name, "cloudtrail-enabled");
        assert!(known("NO_SUCH_RULE").is_none());
    }

    #[test]
    fn every_default_is_of_its_parameters_kind() {
        for (identifier, rule) in KNOWN.iter() {
            let defaults = rule.parameters.iter().map(|parameter| Parameter { is_required: false, ..*parameter });
            let known: Vec<_> = defaults.collect();
            assert!(crate::rule::Parameters::read(&known, None).is_ok(), "{identifier}");
        }
    }
}
