//! The rules of other accounts and regions as aggregators show them.

use base::Scope;
use store::Catalog;

use crate::compliance;
use crate::rule::Compliance;
use crate::rule_book;

/// A rule of an account and region, and how it stands with it.
pub(crate) struct AggregateRule {
    pub(crate) scope: Scope,
    pub(crate) name: String,
    pub(crate) compliance: Compliance,
    /// Resources that do not comply, as far as they are counted.
    pub(crate) violations: usize,
}

/// The rules of an account and region that have results, all or the one of a name.
pub(crate) fn of(catalog: &Catalog, scope: &Scope, name: Option<&str>) -> Vec<AggregateRule> {
    let rules = match name {
        None => rule_book::all(catalog, scope),
        Some(name) => rule_book::find(catalog, scope, name).into_iter().collect(),
    };
    let rule = |found: store::catalog::Versioned<rule_book::RuleRecord>| {
        let (compliance, violations) = compliance::of_rule(catalog, scope, &found.value.id);
        AggregateRule { scope: scope.clone(), name: found.value.name.clone(), compliance, violations }
    };
    let mut rules: Vec<_> = rules.into_iter().map(rule).collect();
    rules.retain(|rule| rule.compliance != Compliance::InsufficientData);
    rules
}
