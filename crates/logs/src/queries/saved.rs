//! Saved queries, and how a query calls them by name with parameters (logs.md §7.3).

use api::ServiceError;
use api::logs::{errors, types};
use base::{Scope, Timestamp};
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, Record};

/// Characters of a query's text at most, also once it is expanded (logs.md Q-1, SQ-2).
pub(crate) const TEXT_MAX: usize = 10_000;

/// A saved query. The key is its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SavedQueryRecord {
    /// The name; slashes make folders.
    pub(crate) name: String,
    /// The text, with `{{name}}` where parameters go.
    pub(crate) text: String,
    /// The groups that it is meant for.
    pub(crate) groups: Vec<String>,
    /// `CWLI`, `SQL` or `PPL`, where it was given.
    pub(crate) language: Option<String>,
    /// Its parameters.
    pub(crate) parameters: Vec<SavedParameter>,
    /// The token that it was made with.
    pub(crate) client_token: Option<String>,
    /// When it was last put.
    pub(crate) modified: Timestamp,
}

/// A parameter of a saved query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SavedParameter {
    /// What stands between the braces.
    pub(crate) name: String,
    /// What it is where a call does not say.
    pub(crate) default: Option<String>,
    /// What it is for.
    pub(crate) description: Option<String>,
}

impl Record for SavedQueryRecord {
    const KIND: &'static str = "logs.saved_query";
    const FORMAT: u32 = 1;
}

/// The parameters of a query to be saved, checked against its text (logs.md SQ-3).
///
/// # Errors
/// `InvalidParameterException` in AWS's words.
pub(crate) fn parameters(
    given: Vec<types::QueryParameter>,
    text: &str,
    is_insights: bool,
) -> Result<Vec<SavedParameter>, ServiceError> {
    let refused = |message: &str| Err(errors::invalid_parameter_exception(message));
    if !given.is_empty() && !is_insights {
        return refused("Parameters are only supported for CWLI query language");
    }
    if given.len() > 20 {
        return refused("Parameter count exceeds the maximum of 20");
    }
    let mut parameters: Vec<SavedParameter> = Vec::new();
    for types::QueryParameter { name, default_value, description } in given {
        if parameters.iter().any(|parameter| parameter.name == name) {
            return refused("Duplicate parameter name");
        }
        if !text.contains(&placeholder(&name)) {
            return refused("Required parameters not found in queryString");
        }
        parameters.push(SavedParameter { name, default: default_value, description });
    }
    Ok(parameters)
}

fn placeholder(name: &str) -> String {
    format!("{{{{{name}}}}}")
}

/// A query's text with every command `$Name(parameter = "value", …)` replaced by the saved query of that name; none
/// of those is expanded in turn (logs.md SQ-2).
///
/// # Errors
/// `MalformedQueryException` for a call that cannot be read, an unknown query, an unknown or missing parameter;
/// `InvalidParameterException` when the whole becomes too long.
pub(crate) fn expand(catalog: &Catalog, scope: &Scope, text: &str) -> Result<String, ServiceError> {
    if !text.contains('$') {
        return Ok(text.to_owned());
    }
    let saved = catalog.list::<SavedQueryRecord>(&scope.account, Some(&scope.region));
    let mut expanded = String::with_capacity(text.len());
    for (at, command) in commands(text).into_iter().enumerate() {
        if at > 0 {
            expanded.push('|');
        }
        match command.trim_start().strip_prefix('$') {
            None => expanded.push_str(command),
            Some(call) => {
                let (name, arguments) = read_call(call).ok_or_else(|| {
                    malformed("a saved query is called as $Name(parameter = \"value\") or $`A Name`(…)")
                })?;
                let found = saved.iter().find(|(_, record)| record.value.name == name);
                let (_, record) = found.ok_or_else(|| malformed(&format!("there is no saved query '{name}'")))?;
                expanded.push_str(&filled(&record.value, &arguments)?);
            }
        }
    }
    match expanded.chars().count() > TEXT_MAX {
        true => Err(errors::invalid_parameter_exception("The expanded query exceeds 10000 characters.")),
        false => Ok(expanded),
    }
}

fn malformed(message: &str) -> ServiceError {
    errors::malformed_query_exception(message)
}

/// The text of a saved query with its parameters in place.
fn filled(record: &SavedQueryRecord, arguments: &[(String, String)]) -> Result<String, ServiceError> {
    if let Some((unknown, _)) =
        arguments.iter().find(|(name, _)| !record.parameters.iter().any(|parameter| parameter.name == *name))
    {
        return Err(malformed(&format!("the saved query '{}' has no parameter '{unknown}'", record.name)));
    }
    // All at once: what is put in is not looked at again.
    let mut filled = String::new();
    let mut rest = record.text.as_str();
    while let Some(at) = rest.find("{{") {
        let (before, after) = rest.split_at(at);
        filled.push_str(before);
        let parameter = record.parameters.iter().find(|parameter| after.starts_with(&placeholder(&parameter.name)));
        let Some(parameter) = parameter else {
            filled.push_str("{{");
            rest = &after[2..];
            continue;
        };
        let given = arguments.iter().find(|(name, _)| *name == parameter.name).map(|(_, value)| value);
        let value = given.or(parameter.default.as_ref()).ok_or_else(|| {
            malformed(&format!("the parameter '{}' of the saved query '{}' has no value", parameter.name, record.name))
        })?;
        filled.push_str(value);
        rest = &after[placeholder(&parameter.name).len()..];
    }
    filled.push_str(rest);
    Ok(filled)
}

/// The commands of a query: what stands between bars that are in no string, regex, name or comment.
fn commands(text: &str) -> Vec<&str> {
    let (mut commands, mut start, mut quote, mut escaped) = (Vec::new(), 0, None, false);
    for (at, c) in text.char_indices() {
        match quote {
            Some('\n') if c == '\n' => quote = None,
            Some('\n') => {}
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None => match c {
                '"' | '\'' | '`' | '/' => quote = Some(c),
                '#' => quote = Some('\n'),
                '|' => {
                    commands.push(&text[start..at]);
                    start = at + 1;
                }
                _ => {}
            },
        }
    }
    commands.push(&text[start..]);
    commands
}

/// Name and arguments of a call, without its dollar sign; `None` when it is none.
fn read_call(call: &str) -> Option<(String, Vec<(String, String)>)> {
    let (name, rest) = match call.strip_prefix('`') {
        Some(quoted) => quoted.split_once('`')?,
        None => call.split_at(call.find('(')?),
    };
    let mut rest = rest.trim_start().strip_prefix('(')?.trim_start();
    let mut arguments = Vec::new();
    while !rest.starts_with(')') {
        let (parameter, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let (value, after) = match after.chars().next()? {
            quote @ ('"' | '\'') => read_string(&after[1..], quote)?,
            _ => {
                let end = after.find([',', ')'])?;
                (after[..end].trim_end().to_owned(), &after[end..])
            }
        };
        arguments.push((parameter.trim().to_owned(), value));
        rest = after.trim_start();
        match rest.strip_prefix(',') {
            Some(more) => rest = more.trim_start(),
            None if rest.starts_with(')') => {}
            None => return None,
        }
    }
    let nothing_follows = rest[1..].trim().is_empty();
    (nothing_follows && !name.trim().is_empty()).then(|| (name.trim().to_owned(), arguments))
}

/// A string up to its quote, and what follows.
fn read_string(text: &str, quote: char) -> Option<(String, &str)> {
    let (mut value, mut characters) = (String::new(), text.char_indices());
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' => value.push(characters.next()?.1),
            c if c == quote => return Some((value, &text[at + c.len_utf8()..])),
            c => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_in_strings_and_comments_end_no_command() {
        assert_eq!(commands("a | b"), ["a ", " b"]);
        assert_eq!(commands("parse \"a|b\" as x|$Y()"), ["parse \"a|b\" as x", "$Y()"]);
        assert_eq!(commands("filter m like /a|b/ # c|d\n| e"), ["filter m like /a|b/ # c|d\n", " e"]);
        assert_eq!(commands(r#"x "a\"|" | y"#), [r#"x "a\"|" "#, " y"]);
    }

    #[test]
    fn calls_have_names_and_arguments() {
        let read = |call: &str| read_call(call).map(|(name, arguments)| (name, arguments.len()));
        assert_eq!(read("Errors()"), Some(("Errors".to_owned(), 0)));
        assert_eq!(read("`My Query`(a = \"x, y)\", b = 10)"), Some(("My Query".to_owned(), 2)));
        assert_eq!(read_call("Q(a = 'it\\'s')").unwrap().1, [("a".to_owned(), "it's".to_owned())]);
        for bad in ["Errors", "Errors(", "Errors(a)", "Errors(a = \"x)", "Errors() x", "()", "`x(a=1)"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn parameters_are_put_in_once() {
        let record = SavedQueryRecord {
            name: "q".to_owned(),
            text: "filter a = \"{{a}}\" and b = {{b}} and c = '{{c}}'".to_owned(),
            groups: Vec::new(),
            language: None,
            parameters: vec![
                SavedParameter { name: "a".to_owned(), default: None, description: None },
                SavedParameter { name: "b".to_owned(), default: Some("7".to_owned()), description: None },
            ],
            client_token: None,
            modified: Timestamp::from_millis(0),
        };
        let given = [("a".to_owned(), "{{b}}".to_owned())];
        assert_eq!(filled(&record, &given).unwrap(), "filter a = \"{{b}}\" and b = 7 and c = '{{c}}'");
        assert!(filled(&record, &[]).is_err());
        assert!(filled(&record, &[("z".to_owned(), String::new()), given[0].clone()]).is_err());
    }

    #[test]
    fn parameters_are_refused_in_the_services_words() {
        let parameter =
            |name: &str| types::QueryParameter { name: name.to_owned(), default_value: None, description: None };
        let refusal = |given: Vec<types::QueryParameter>, text: &str, insights| {
            parameters(given, text, insights).unwrap_err().message.unwrap()
        };
        let many: Vec<_> = (0..21).map(|number| parameter(&format!("p{number}"))).collect();
        for (message, found) in [
            ("Parameters are only supported for CWLI query language", refusal(vec![parameter("a")], "{{a}}", false)),
            ("Required parameters not found in queryString", refusal(vec![parameter("a")], "{{b}}", true)),
            ("Parameter count exceeds the maximum of 20", refusal(many, "", true)),
            ("Duplicate parameter name", refusal(vec![parameter("a"), parameter("a")], "{{a}}", true)),
        ] {
            assert_eq!(found, message);
        }
    }
}
