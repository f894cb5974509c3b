//! Policy documents of IAM, buckets, functions and keys, as rules read them: what is said, not who is let in.

pub(crate) mod pattern;
pub(crate) mod public_access;

use percent_encoding::percent_decode_str;
use serde_json::Value;

/// A policy document.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Policy {
    pub statements: Vec<Statement>,
}

/// One statement.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Statement {
    pub effect: Effect,
    pub principal: Principal,
    /// In lower case, since actions are the same in any.
    pub actions: Patterns,
    pub resources: Patterns,
    /// All of them must hold.
    pub conditions: Vec<Condition>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Allow,
    Deny,
}

/// Whom a statement is about.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Principal {
    /// These; everyone is `AWS` and `*`.
    Named(Vec<Named>),
    /// `NotPrincipal`
    AllBut,
    /// Nothing is said, as in policies of IAM.
    Unsaid,
}

/// A principal, such as `Service` and `s3.amazonaws.com`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Named {
    pub kind: String,
    pub name: String,
}

/// What a statement is about: actions or resources.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Patterns {
    Of(Vec<String>),
    /// `NotAction`, `NotResource`
    AllBut(Vec<String>),
}

/// One key of a condition; operator and key in lower case, since they are the same in any.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition {
    pub operator: String,
    pub key: String,
    /// One of them must hold.
    pub values: Vec<String>,
}

impl Policy {
    /// Reads a document; IAM's are encoded as in URLs. `None` where it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.starts_with('{') {
            return Self::of(&serde_json::from_str(text).ok()?);
        }
        let decoded = percent_decode_str(text).decode_utf8().ok()?;
        Self::of(&serde_json::from_str(decoded.trim()).ok()?)
    }

    /// Reads a document that is parsed JSON, or text of it.
    pub fn of(value: &Value) -> Option<Self> {
        if let Some(text) = value.as_str() {
            return Self::parse(text);
        }
        let statements = match value.get("Statement")? {
            Value::Array(statements) => statements.iter().map(statement).collect::<Option<_>>()?,
            one => vec![statement(one)?],
        };
        Some(Self { statements })
    }

    /// The statements that allow.
    pub fn allowing(&self) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(|statement| statement.effect == Effect::Allow)
    }

    /// The statements that deny.
    pub fn denying(&self) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(|statement| statement.effect == Effect::Deny)
    }
}

impl Principal {
    /// Whether everyone is among them. A principal that is empty, or left out where one must be, is everyone (the page of
    /// `lambda-function-public-access-prohibited`); so is everyone but some.
    pub fn is_anyone(&self) -> bool {
        match self {
            Self::Named(named) => {
                named.is_empty() || named.iter().any(|one| one.name.is_empty() || one.name.contains('*'))
            }
            Self::AllBut | Self::Unsaid => true,
        }
    }

    /// Whether it says plainly that everyone is meant.
    pub fn is_everyone(&self) -> bool {
        matches!(self, Self::Named(named) if named.iter().any(|one| one.kind == "AWS" && one.name == "*"))
    }

    /// Whether a service is among them.
    pub fn has_service(&self, service: &str) -> bool {
        matches!(self, Self::Named(named) if named.iter().any(|one| one.kind == "Service" && one.name == service))
    }
}

impl Patterns {
    /// Whether something that fits a pattern is among them; the pattern in lower case where they are actions.
    pub fn meet(&self, pattern: &str) -> bool {
        match self {
            Self::Of(own) => own.iter().any(|own| pattern::meet(own, pattern)),
            Self::AllBut(others) => !others.iter().any(|other| pattern::covers(other, pattern)),
        }
    }

    /// Whether all that fits a pattern is among them, as far as one of them says it.
    pub fn cover(&self, pattern: &str) -> bool {
        match self {
            Self::Of(own) => own.iter().any(|own| pattern::covers(own, pattern)),
            Self::AllBut(others) => !others.iter().any(|other| pattern::meet(other, pattern)),
        }
    }

    /// Those that are named, none where all but some are.
    pub fn named(&self) -> &[String] {
        match self {
            Self::Of(own) => own,
            Self::AllBut(_) => &[],
        }
    }
}

fn statement(value: &Value) -> Option<Statement> {
    let effect = match value.get("Effect")?.as_str()? {
        "Allow" => Effect::Allow,
        "Deny" => Effect::Deny,
        _ => return None,
    };
    let principal = match (value.get("Principal"), value.get("NotPrincipal")) {
        (Some(said), _) => principal(said)?,
        (None, Some(_)) => Principal::AllBut,
        (None, None) => Principal::Unsaid,
    };
    let actions = match patterns(value, "Action", "NotAction")? {
        Patterns::Of(own) => Patterns::Of(lower(own)),
        Patterns::AllBut(others) => Patterns::AllBut(lower(others)),
    };
    let resources = patterns(value, "Resource", "NotResource")?;
    Some(Statement { effect, principal, actions, resources, conditions: conditions(value.get("Condition"))? })
}

fn principal(value: &Value) -> Option<Principal> {
    let named = |kind: &str, name: String| Named { kind: kind.to_owned(), name };
    Some(Principal::Named(match value {
        Value::Object(kinds) => {
            let mut all = Vec::new();
            for (kind, names) in kinds {
                all.extend(texts(names)?.into_iter().map(|name| named(kind, name)));
            }
            all
        }
        plain => texts(plain)?.into_iter().map(|name| named("AWS", name)).collect(),
    }))
}

fn patterns(statement: &Value, of: &str, all_but: &str) -> Option<Patterns> {
    match (statement.get(of), statement.get(all_but)) {
        (Some(own), _) => texts(own).map(Patterns::Of),
        (None, Some(others)) => texts(others).map(Patterns::AllBut),
        (None, None) => Some(Patterns::Of(Vec::new())),
    }
}

fn conditions(value: Option<&Value>) -> Option<Vec<Condition>> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Some(Vec::new()) };
    let mut all = Vec::new();
    for (operator, keys) in value.as_object()? {
        for (key, values) in keys.as_object()? {
            all.push(Condition {
                operator: operator.to_ascii_lowercase(),
                key: key.to_ascii_lowercase(),
                values: texts(values)?,
            });
        }
    }
    Some(all)
}

/// One text or several; numbers and booleans stand for their text.
fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Array(values) => values.iter().map(text).collect(),
        one => Some(vec![text(one)?]),
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    }
}

fn lower(texts: Vec<String>) -> Vec<String> {
    texts.into_iter().map(|text| text.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_statement_and_a_list_are_read_plain_and_as_in_urls() {
        for text in [
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"S3:GetObject","Resource":"*"}}"#,
            r#" {"Statement":[{"Effect":"Allow","Action":["s3:getobject"],"Resource":["*"]}]}"#,
            "%7B%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%22s3%3AGetObject%22%2C%22Resource%22%3A%22%2A%22%7D%5D%7D",
        ] {
            let policy = Policy::parse(text).expect(text);
            assert_eq!(policy.statements.len(), 1);
            assert_eq!(policy.statements[0].actions, Patterns::Of(vec!["s3:getobject".to_owned()]));
            assert_eq!(policy.statements[0].principal, Principal::Unsaid);
        }
    }

    #[test]
    fn what_is_no_document_is_none() {
        for text in [
            "",
            "x",
            "{}",
            r#"{"Statement":[{"Effect":"Perhaps"}]}"#,
            r#"{"Statement":[{"Effect":"Deny","Action":{}}]}"#,
        ] {
            assert_eq!(Policy::parse(text), None, "{text}");
        }
    }

    #[test]
    fn everyone_is_a_star_an_empty_principal_and_all_but_some() {
        for (principal, expected) in [
            (r#""Principal":"*""#, true),
            (r#""Principal":{"AWS":"*"}"#, true),
            (r#""Principal":{"AWS":["arn:aws:iam::111122223333:root","*"]}"#, true),
            (r#""Principal":{"AWS":""}"#, true),
            (r#""NotPrincipal":{"AWS":"111122223333"}"#, true),
            (r#""Principal":{"AWS":"111122223333"}"#, false),
            (r#""Principal":{"Service":"cloudtrail.amazonaws.com"}"#, false),
            (r#""Principal":{"CanonicalUser":"79a59df900b949e55d96a1e698fbaced"}"#, false),
        ] {
            let text = format!(r#"{{"Statement":[{{"Effect":"Allow",{principal},"Action":"s3:*","Resource":"*"}}]}}"#);
            let policy = Policy::parse(&text).expect(&text);
            assert_eq!(policy.statements[0].principal.is_anyone(), expected, "{principal}");
        }
    }
}
