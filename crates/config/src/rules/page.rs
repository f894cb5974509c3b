//! The page of documentation about managed rules, made of what they declare.

use std::fmt::Write as _;

use super::{KnownRule, RULES, known};
use crate::rule::{ManagedRule, Parameter, ParameterKind, Subject, Trigger};

/// `docs/rules.md`
pub fn page() -> String {
    let mut page = format!(
        "# Managed rules\n\nOf AWS's {} managed rules these {} are evaluated. This page is generated from the rules: do not edit it.\n\n\
         A parameter in bold must be given; what stands after `=` is what holds where nothing is given. \"account\" is one\n\
         result for the account as a whole; a rule by period also takes `MaximumExecutionFrequency`.\n\n\
         | rule | about | evaluated | parameters |\n|---|---|---|---|\n",
        super::known::count(),
        RULES.len()
    );
    for rule in RULES {
        let known = known(rule.identifier).expect("a rule that is evaluated is one of AWS's");
        writeln!(page, "{}", line(rule, known)).expect("writing to a string does not fail");
    }
    page
}

fn line(rule: &ManagedRule, known: &KnownRule) -> String {
    let about = match rule.subject {
        Subject::Resources(types) => types.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" "),
        Subject::AnyResource => "any type".to_owned(),
        Subject::Account => "account".to_owned(),
    };
    let when = match rule.trigger {
        Trigger::Change => "by change",
        Trigger::Periodic => "by period",
        Trigger::ChangeAndPeriodic => "by change and period",
        Trigger::NewEvents => "by change, from then on",
        Trigger::External => "by callers (`PutExternalEvaluation`)",
    };
    let parameters: Vec<_> = rule.parameters.iter().map(parameter).collect();
    format!("| `{}` (`{}`) | {about} | {when} | {} |", rule.identifier, known.default_name, parameters.join(", "))
}

fn parameter(parameter: &Parameter) -> String {
    let kind = match parameter.kind {
        ParameterKind::Integer => "integer",
        ParameterKind::Number => "number",
        ParameterKind::Text => "text",
        ParameterKind::Boolean => "boolean",
        ParameterKind::List => "list",
        ParameterKind::Map => "map",
    };
    match (parameter.is_required, parameter.default) {
        (true, _) => format!("**{}** {kind}", parameter.name),
        (false, Some(default)) => format!("{} {kind} = `{default}`", parameter.name),
        (false, None) => format!("{} {kind}", parameter.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `UPDATE_RULES=1 cargo test -p trailwatch-config --lib rules::page` writes the page anew.
    #[test]
    fn the_committed_page_is_what_the_rules_say() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/rules.md");
        let page = page();
        if std::env::var_os("UPDATE_RULES").is_some() {
            std::fs::write(path, &page).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(committed == page, "docs/rules.md is stale: run with UPDATE_RULES=1");
    }

    #[test]
    fn parameters_say_whether_they_must_be_given_and_what_holds_without() {
        for (given, expected) in [
            (
                Parameter::required("maxAccessKeyAge", ParameterKind::Integer).with_default("90"),
                "**maxAccessKeyAge** integer",
            ),
            (
                Parameter::optional("blockedPort1", ParameterKind::Integer).with_default("20"),
                "blockedPort1 integer = `20`",
            ),
            (Parameter::optional("kmsKeyIds", ParameterKind::List), "kmsKeyIds list"),
        ] {
            assert_eq!(parameter(&given), expected);
        }
    }
}
