//! A rule's parameters: what they may be, and what a rule was given (config.md §6.2).

use std::collections::BTreeMap;

use serde_json::Value;

/// A parameter of a managed rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What its text stands for.
    pub kind: ParameterKind,
    /// What it is where nothing is said (R-4). Of one that must be said, only what a console suggests.
    pub default: Option<&'static str>,
    /// Whether it must be said; a default does not do.
    pub is_required: bool,
}

/// What the text of a parameter stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParameterKind {
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// Text.
    Text,
    /// `true` or `false`, in any case of letters.
    Boolean,
    /// Texts with commas between them.
    List,
    /// `key:value` or `key`, with commas between them.
    Map,
}

impl Parameter {
    /// One that must be said.
    pub const fn required(name: &'static str, kind: ParameterKind) -> Self {
        Self { name, kind, default: None, is_required: true }
    }

    /// One that may be left out.
    pub const fn optional(name: &'static str, kind: ParameterKind) -> Self {
        Self { name, kind, default: None, is_required: false }
    }

    /// The same with a default.
    pub const fn with_default(self, default: &'static str) -> Self {
        Self { default: Some(default), ..self }
    }
}

/// Why `InputParameters` are not those of a rule. What is displayed is what the caller is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// It is no JSON object.
    #[error("Invalid json {0} passed in the InputParameters field")]
    NotJson(String),
    /// It has a name that the rule does not know.
    #[error("Unknown parameters provided in the inputParameters: {0}")]
    Unknown(String),
    /// Some that must be said are not, sorted by name.
    #[error("The required parameter [{}] is not present in the inputParameters", .0.join(", "))]
    Missing(Vec<String>),
    /// A value is no JSON string, or an empty one.
    #[error("Blank spaces are not acceptable for input parameter: {name}.  InputParameters': '{text}'")]
    NotText {
        /// The parameter.
        name: String,
        /// All parameters.
        text: String,
    },
    /// A value is not of the parameter's kind. The text is ours.
    #[error("The value '{value}' of the input parameter {name} is not {expected}")]
    NotOfKind {
        /// The parameter.
        name: String,
        /// Its value.
        value: String,
        /// What it must be.
        expected: &'static str,
    },
}

/// The parameters that a rule is evaluated with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    // By name. Invariant: each is of its parameter's kind.
    values: BTreeMap<String, String>,
}

impl Parameters {
    /// Reads `InputParameters`; an absent or empty text has none. Optional ones that are left out take their defaults.
    ///
    /// # Errors
    /// The first that is wrong, in AWS's order: JSON, unknown names, missing ones, values.
    pub fn read(known: &[Parameter], text: Option<&str>) -> Result<Self, ParameterError> {
        let text = text.filter(|text| !text.trim().is_empty()).unwrap_or("{}");
        let Ok(Value::Object(given)) = serde_json::from_str(text) else {
            return Err(ParameterError::NotJson(text.to_owned()));
        };
        if given.keys().any(|name| !known.iter().any(|parameter| parameter.name == name)) {
            return Err(ParameterError::Unknown(text.to_owned()));
        }
        let is_missing = |parameter: &&Parameter| parameter.is_required && !given.contains_key(parameter.name);
        let mut missing: Vec<_> = known.iter().filter(is_missing).map(|parameter| parameter.name.to_owned()).collect();
        if !missing.is_empty() {
            missing.sort();
            return Err(ParameterError::Missing(missing));
        }
        let mut values = BTreeMap::new();
        for parameter in known {
            let value = match given.get(parameter.name) {
                Some(Value::String(value)) if !value.trim().is_empty() => value.as_str(),
                Some(_) => {
                    return Err(ParameterError::NotText { name: parameter.name.to_owned(), text: text.to_owned() });
                }
                None => match parameter.default {
                    Some(default) => default,
                    None => continue,
                },
            };
            if let Some(expected) = expectation(parameter.kind, value) {
                return Err(ParameterError::NotOfKind {
                    name: parameter.name.to_owned(),
                    value: value.to_owned(),
                    expected,
                });
            }
            values.insert(parameter.name.to_owned(), value.to_owned());
        }
        Ok(Self { values })
    }

    /// The text of a parameter.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|value| value.trim())
    }

    /// The whole number of a parameter.
    pub fn integer(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok()
    }

    /// The number of a parameter.
    pub fn number(&self, name: &str) -> Option<f64> {
        self.text(name)?.parse().ok()
    }

    /// Whether a parameter says `true`, in any case of letters; one that is not there does not.
    pub fn is_true(&self, name: &str) -> bool {
        self.text(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The texts of a parameter, without blanks around them; `None` where it is not there.
    pub fn list(&self, name: &str) -> Option<Vec<&str>> {
        let parts = self.text(name)?.split(',').map(str::trim);
        Some(parts.filter(|part| !part.is_empty()).collect())
    }

    /// The keys of a parameter with their values, where they have some; `None` where it is not there.
    pub fn map(&self, name: &str) -> Option<Vec<(&str, Option<&str>)>> {
        let pair = |part| match str::split_once(part, ':') {
            Some((key, value)) => (key.trim(), Some(value.trim())),
            None => (part, None),
        };
        Some(self.list(name)?.into_iter().map(pair).collect())
    }
}

/// What a value must be and is not; `None` when it is.
fn expectation(kind: ParameterKind, value: &str) -> Option<&'static str> {
    let value = value.trim();
    match kind {
        ParameterKind::Integer if value.parse::<i64>().is_err() => Some("a whole number"),
        ParameterKind::Number if !value.parse::<f64>().is_ok_and(f64::is_finite) => Some("a number"),
        ParameterKind::Boolean if !["true", "false"].iter().any(|word| value.eq_ignore_ascii_case(word)) => {
            Some("true or false")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[Parameter] = &[
        Parameter::required("maxAge", ParameterKind::Integer).with_default("90"),
        Parameter::optional("days", ParameterKind::Integer).with_default("30"),
        Parameter::optional("names", ParameterKind::List),
        Parameter::optional("strict", ParameterKind::Boolean),
        Parameter::required("a", ParameterKind::Text),
    ];

    fn told(text: &str) -> String {
        Parameters::read(KNOWN, Some(text)).unwrap_err().to_string()
    }

    #[test]
    fn what_is_wrong_is_told_in_aws_words_and_order() {
        for (text, expected) in [
            ("{", "Invalid json { passed in the InputParameters field"),
            ("[1]", "Invalid json [1] passed in the InputParameters field"),
            (r#"{"b":1}"#, r#"Unknown parameters provided in the inputParameters: {"b":1}"#),
            (r#"{"days":"x"}"#, "The required parameter [a, maxAge] is not present in the inputParameters"),
            (
                r#"{"a":"x","maxAge":10}"#,
                r#"Blank spaces are not acceptable for input parameter: maxAge.  InputParameters': '{"a":"x","maxAge":10}'"#,
            ),
            (
                r#"{"a":" ","maxAge":"1"}"#,
                r#"Blank spaces are not acceptable for input parameter: a.  InputParameters': '{"a":" ","maxAge":"1"}'"#,
            ),
            (r#"{"a":"x","maxAge":"ten"}"#, "The value 'ten' of the input parameter maxAge is not a whole number"),
            (
                r#"{"a":"x","maxAge":"1","strict":"yes"}"#,
                "The value 'yes' of the input parameter strict is not true or false",
            ),
        ] {
            assert_eq!(told(text), expected);
        }
    }

    #[test]
    fn defaults_stand_in_for_what_may_be_left_out() {
        let parameters = Parameters::read(KNOWN, Some(r#"{"a":"x","maxAge":" 7 "}"#)).unwrap();
        assert_eq!((parameters.integer("maxAge"), parameters.integer("days")), (Some(7), Some(30)));
        assert_eq!((parameters.list("names"), parameters.is_true("strict")), (None, false));
        assert_eq!(Parameters::read(&KNOWN[1..2], None).unwrap().integer("days"), Some(30));
    }

    #[test]
    fn lists_and_maps_are_split_at_commas_and_trimmed() {
        let known = &[Parameter::optional("l", ParameterKind::List), Parameter::optional("m", ParameterKind::Map)];
        let parameters = Parameters::read(known, Some(r#"{"l":" a, b ,,c","m":"k:v:w, x"}"#)).unwrap();
        assert_eq!(parameters.list("l").unwrap(), ["a", "b", "c"]);
        assert_eq!(parameters.map("m").unwrap(), [("k", Some("v:w")), ("x", None)]);
    }
}
