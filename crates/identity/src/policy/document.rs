//! A policy document, parsed once into a form that cannot be wrong.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::condition::Condition;
use super::pattern::{Template, Variables, wildcard_match};
use super::principal::PrincipalElement;
use super::strict_json::Json;
use super::validate;

#[cfg(test)]
mod tests;

/// What a document is used as; each use has rules of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyKind {
    /// A managed policy: version 2012-10-17 alone.
    Managed,
    /// A policy inside a user, group or role, or a policy given to a session.
    Inline,
    /// A role's trust policy: it names principals, and no resources.
    Trust,
    /// A resource's policy: it names principals and resources.
    Resource,
}

/// Why a document is refused, in AWS's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);

/// A policy document.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The statements, in their order.
    pub statements: Vec<Statement>,
}

/// What a statement does when it applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Allows.
    Allow,
    /// Denies, whatever else allows.
    Deny,
}

/// One statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// The statement's id.
    pub sid: Option<String>,
    /// What it does.
    pub effect: Effect,
    /// Whom it is about; only in trust policies.
    pub principal: Option<PrincipalElement>,
    /// The actions it is about.
    pub actions: Actions,
    /// The resources it is about; none in trust policies.
    pub resources: Option<Resources>,
    /// What must hold; all of them.
    pub conditions: Vec<Condition>,
    /// Where the statement starts in the text.
    pub start: Position,
    /// Where it ends: just past its last character.
    pub end: Position,
}

/// A place in a document's text, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

impl Position {
    fn of(text: &str, offset: usize) -> Self {
        let before = &text[..offset];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
    }
}

/// `Action` or `NotAction`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actions {
    /// `NotAction`
    pub inverted: bool,
    /// Patterns in lower case.
    pub patterns: Vec<String>,
}

/// `Resource` or `NotResource`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resources {
    /// `NotResource`
    pub inverted: bool,
    /// Patterns.
    pub patterns: Vec<Template>,
}

impl Actions {
    /// Whether the element covers the action. Actions have no case.
    pub fn cover(&self, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        self.patterns.iter().any(|pattern| wildcard_match(pattern, &action)) != self.inverted
    }
}

impl Document {
    /// Parses and validates a document.
    ///
    /// # Errors
    /// What AWS says of it: the text of `MalformedPolicyDocument`.
    pub fn parse(text: &str, kind: PolicyKind) -> Result<Self, Malformed> {
        let raw = RawDocument::parse(text, kind).ok_or_else(|| Malformed(syntax_error(kind).to_owned()))?;
        validate::check(&raw, kind)?;
        let variables =
            if raw.version.as_deref() == Some("2012-10-17") { Variables::Expanded } else { Variables::Plain };
        let statements = raw.statements.iter().map(|raw| raw.build(variables)).collect::<Option<Vec<_>>>();
        let statements = statements.ok_or_else(|| Malformed(SYNTAX.to_owned()))?;
        Ok(Self { statements })
    }

    /// Every condition key that the document asks for, as written.
    pub fn condition_keys(&self) -> impl Iterator<Item = &str> {
        self.statements.iter().flat_map(|statement| statement.conditions.iter().map(Condition::name))
    }
}

/// Not JSON, or JSON of another form.
pub(super) const SYNTAX: &str = "Syntax errors in policy.";

fn syntax_error(kind: PolicyKind) -> &'static str {
    match kind {
        PolicyKind::Managed | PolicyKind::Inline | PolicyKind::Resource => SYNTAX,
        PolicyKind::Trust => "This policy contains invalid Json",
    }
}

/// A document whose syntax is right, its rules not yet checked.
pub(super) struct RawDocument {
    pub(super) version: Option<String>,
    pub(super) statements: Vec<RawStatement>,
}

pub(super) struct RawStatement {
    pub(super) members: Vec<(String, Json)>,
    start: Position,
    end: Position,
}

impl RawDocument {
    fn parse(text: &str, kind: PolicyKind) -> Option<Self> {
        // Repeated members are refused by the first reading, which the second then need not do.
        let Json::Object(members) = serde_json::from_str::<Json>(text).ok()? else { return None };
        let known = ["Version", "Id", "Statement"];
        if members.iter().any(|(name, _)| !known.contains(&name.as_str())) {
            return None;
        }
        let texts_alone = |name: &str| match members.iter().find(|(other, _)| other == name) {
            Some((_, value)) => value.as_text().map(|text| Some(text.to_owned())),
            None => Some(None),
        };
        texts_alone("Id")?;
        let statements = statements(text)?;
        // A resource's policy from which the last permission was removed is still one.
        let enough = !statements.is_empty() || kind == PolicyKind::Resource;
        enough.then_some(Self { version: texts_alone("Version")?, statements })
    }
}

fn statements(text: &str) -> Option<Vec<RawStatement>> {
    let top: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
    let element: &RawValue = top.get("Statement")?;
    let raw: Vec<&RawValue> =
        if element.get().starts_with('[') { serde_json::from_str(element.get()).ok()? } else { vec![element] };
    raw.into_iter().map(|raw| statement(text, raw)).collect()
}

fn statement(text: &str, raw: &RawValue) -> Option<RawStatement> {
    let Json::Object(members) = serde_json::from_str(raw.get()).ok()? else { return None };
    let start = raw.get().as_ptr().addr() - text.as_ptr().addr();
    let end = Position::of(text, start + raw.get().len());
    Some(RawStatement { members, start: Position::of(text, start), end })
}

impl RawStatement {
    pub(super) fn get(&self, name: &str) -> Option<&Json> {
        self.members.iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    fn build(&self, variables: Variables) -> Option<Statement> {
        let effect = match self.get("Effect")?.as_text()? {
            "Allow" => Effect::Allow,
            "Deny" => Effect::Deny,
            _ => return None,
        };
        Some(Statement {
            sid: self.get("Sid").and_then(Json::as_text).map(str::to_owned),
            effect,
            principal: self.principal()?,
            actions: self.actions()?,
            resources: self.resources(variables)?,
            conditions: self.conditions(variables)?,
            start: self.start,
            end: self.end,
        })
    }

    fn either(&self, name: &str, inverse: &str) -> Option<(bool, &Json)> {
        match (self.get(name), self.get(inverse)) {
            (Some(value), None) => Some((false, value)),
            (None, Some(value)) => Some((true, value)),
            _ => None,
        }
    }

    fn principal(&self) -> Option<Option<PrincipalElement>> {
        match self.either("Principal", "NotPrincipal") {
            Some((inverted, value)) => PrincipalElement::parse(inverted, value).map(Some),
            None => Some(None),
        }
    }

    fn actions(&self) -> Option<Actions> {
        let (inverted, value) = self.either("Action", "NotAction")?;
        let patterns = value.texts()?.iter().map(|pattern| pattern.to_ascii_lowercase()).collect();
        Some(Actions { inverted, patterns })
    }

    fn resources(&self, variables: Variables) -> Option<Option<Resources>> {
        let Some((inverted, value)) = self.either("Resource", "NotResource") else { return Some(None) };
        let texts = value.texts()?;
        let patterns = texts.iter().map(|pattern| Template::parse_resource(pattern, variables)).collect();
        Some(Some(Resources { inverted, patterns }))
    }

    fn conditions(&self, variables: Variables) -> Option<Vec<Condition>> {
        let Some(Json::Object(operators)) = self.get("Condition") else { return Some(Vec::new()) };
        let mut conditions = Vec::new();
        for (operator, keys) in operators {
            let Json::Object(keys) = keys else { return None };
            for (key, values) in keys {
                let values = values.scalars()?.iter().map(|value| Template::parse(value, variables)).collect();
                conditions.push(Condition::new(operator.parse().ok()?, key, values));
            }
        }
        Some(conditions)
    }
}
