//! The managed rules: those that can be evaluated, one file each in `rules/`, and all that AWS has, by `managed-rules.csv`.

mod known;

pub use known::{KnownRule, known};

use crate::rule::ManagedRule;

/// The rules that can be evaluated, by identifier. One line each.
static RULES: &[&ManagedRule] = &[];

/// All rules that can be evaluated, by identifier.
pub fn all() -> &'static [&'static ManagedRule] {
    RULES
}

/// The rule with an identifier, if it can be evaluated.
pub fn rule(identifier: &str) -> Option<&'static ManagedRule> {
    RULES.iter().find(|rule| rule.identifier == identifier).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Subject;

    #[test]
    fn the_rules_are_sorted_and_there_once() {
        assert!(RULES.is_sorted_by(|a, b| a.identifier < b.identifier));
    }

    #[test]
    fn a_rule_is_what_the_table_says() {
        for rule in RULES {
            let known = known(rule.identifier).expect(rule.identifier);
            assert_eq!(rule.trigger, known.trigger, "{}", rule.identifier);
            assert_eq!(rule.parameters, known.parameters, "{}", rule.identifier);
            let types: Vec<&str> = known.resource_types.clone();
            match rule.subject {
                // What says how to evaluate a rule names types that AWS's page for it does not.
                Subject::Resources(own) => assert!(types.iter().all(|of| own.contains(of)), "{}", rule.identifier),
                Subject::AnyResource => assert!(!types.is_empty(), "{}", rule.identifier),
                Subject::Account => {
                    assert!(types.is_empty() || types == ["AWS::::Account"], "{}", rule.identifier);
                }
            }
        }
    }
}
