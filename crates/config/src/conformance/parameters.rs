//! The parameters of a template: what they may be, and what they are.

use std::collections::BTreeMap;

use serde_json::Value;

use super::template::TemplateError;

/// A parameter that a template declares.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ParameterDefinition {
    is_list: bool,
    is_number: bool,
    default: Option<String>,
    allowed: Option<Vec<String>>,
    pattern: Option<String>,
    length_min: Option<usize>,
    length_max: Option<usize>,
    value_min: Option<f64>,
    value_max: Option<f64>,
}

/// What a declared parameter may be.
///
/// # Errors
/// It is no declaration, or says what is not understood.
pub(super) fn definition(name: &str, value: Value) -> Result<ParameterDefinition, TemplateError> {
    let of = |text: &str| TemplateError(format!("Parameter {name}: {text}"));
    let Value::Object(members) = value else { return Err(of("it is no mapping.")) };
    let kind = members.get("Type").and_then(Value::as_str).ok_or_else(|| of("it has no type."))?;
    let (is_list, is_number) = match kind {
        "String" => (false, false),
        "Number" => (false, true),
        "CommaDelimitedList" => (true, false),
        "List<Number>" => (true, true),
        other => return Err(of(&format!("the type {other} is not supported."))),
    };
    let text = |name: &str| {
        members.get(name).map(|value| as_text(value).ok_or_else(|| of(&format!("{name} is no text.")))).transpose()
    };
    let number = |name: &str| {
        let parse = |text: String| text.parse::<f64>().map_err(|_| of(&format!("{name} is no number.")));
        text(name)?.map(parse).transpose()
    };
    let length = |name: &str| Ok(number(name)?.map(|number| number.max(0.0) as usize));
    let allowed = match members.get("AllowedValues") {
        None => None,
        Some(Value::Array(values)) => {
            let values: Option<Vec<_>> = values.iter().map(as_text).collect();
            Some(values.ok_or_else(|| of("AllowedValues must hold texts."))?)
        }
        Some(_) => return Err(of("AllowedValues is no list.")),
    };
    let definition = ParameterDefinition {
        is_list,
        is_number,
        default: text("Default")?,
        allowed,
        pattern: text("AllowedPattern")?,
        length_min: length("MinLength")?,
        length_max: length("MaxLength")?,
        value_min: number("MinValue")?,
        value_max: number("MaxValue")?,
    };
    const UNDERSTOOD: [&str; 11] = [
        "Type",
        "Default",
        "AllowedValues",
        "AllowedPattern",
        "MinLength",
        "MaxLength",
        "MinValue",
        "MaxValue",
        "Description",
        "ConstraintDescription",
        "NoEcho",
    ];
    if let Some(unknown) = members.keys().find(|name| !UNDERSTOOD.contains(&name.as_str())) {
        return Err(of(&format!("the attribute {unknown} is not supported.")));
    }
    if let Some(pattern) = &definition.pattern {
        pattern_of(pattern).ok_or_else(|| of("AllowedPattern is not a pattern that is supported."))?;
    }
    Ok(definition)
}

/// The values of all parameters: those given, and the defaults of the others.
///
/// # Errors
/// One is missing, not declared or not as it must be.
pub(super) fn values(
    definitions: &BTreeMap<String, ParameterDefinition>,
    inputs: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Value>, TemplateError> {
    if let Some(unknown) = inputs.keys().find(|name| !definitions.contains_key(*name)) {
        return Err(TemplateError(format!("Parameters: [{unknown}] do not exist in the template")));
    }
    let value = |name: &String| inputs.get(name).or(definitions[name].default.as_ref());
    let missing: Vec<_> = definitions.keys().filter(|name| value(name).is_none()).map(String::as_str).collect();
    if !missing.is_empty() {
        return Err(TemplateError(format!("Parameters: [{}] must have values", missing.join(", "))));
    }
    let mut values = BTreeMap::new();
    for (name, definition) in definitions {
        let text = value(name).expect("none is missing");
        let parts: Vec<&str> = match definition.is_list {
            true => text.split(',').map(str::trim).filter(|part| !part.is_empty()).collect(),
            false => vec![text.as_str()],
        };
        for part in &parts {
            definition.check(part).map_err(|why| TemplateError(format!("Parameter '{name}' {why}")))?;
        }
        let texts = parts.iter().map(|part| Value::String((*part).to_owned()));
        let value = if definition.is_list { Value::Array(texts.collect()) } else { Value::String(text.clone()) };
        values.insert(name.clone(), value);
    }
    Ok(values)
}

impl ParameterDefinition {
    fn check(&self, text: &str) -> Result<(), String> {
        if self.allowed.as_ref().is_some_and(|allowed| !allowed.iter().any(|value| value == text)) {
            return Err(format!("must be one of AllowedValues: {text}"));
        }
        let length = text.chars().count();
        if self.length_min.is_some_and(|least| length < least) || self.length_max.is_some_and(|most| length > most) {
            return Err(format!("has a length that is not allowed: {length}"));
        }
        if self.is_number {
            let number: f64 = text.parse().map_err(|_| format!("must be a number: {text}"))?;
            if self.value_min.is_some_and(|least| number < least) || self.value_max.is_some_and(|most| number > most) {
                return Err(format!("is not within its bounds: {text}"));
            }
        }
        match self.pattern.as_deref().and_then(pattern_of) {
            Some(pattern) if !pattern.is_match(text) => Err("failed to satisfy its AllowedPattern".to_owned()),
            _ => Ok(()),
        }
    }
}

/// A pattern that the whole text must match.
fn pattern_of(pattern: &str) -> Option<regex::Regex> {
    /// Bytes of a compiled pattern, which templates choose.
    const SIZE_MAX: usize = 1 << 20;
    regex::RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(SIZE_MAX).build().ok()
}

/// A plain value as text.
pub(super) fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}
