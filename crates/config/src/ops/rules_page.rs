//! Pages of rules, for the operations that list them.

use std::sync::Arc;

use api::config::errors;
use api::{CallContext, ServiceError};
use base::Scope;
use store::catalog::{Catalog, Versioned};

use crate::paging;
use crate::rule_book::{self, RuleRecord};
use crate::service::Config;

/// Some of the rules that were asked for.
pub(super) struct RulesPage {
    pub(super) rules: Vec<Arc<RuleRecord>>,
    pub(super) next_token: Option<String>,
}

impl RulesPage {
    /// The rules after the one that a token names, as many as a page holds. They must be in the order of their names.
    ///
    /// # Errors
    /// `InvalidNextTokenException`
    pub(super) fn read(
        cx: &CallContext,
        mut rules: Vec<Arc<RuleRecord>>,
        asked: &str,
        token: Option<&str>,
        limit: usize,
    ) -> Result<Self, ServiceError> {
        let asked = format!("{asked}\n{}", cx.account());
        if let Some(after) = paging::read::<String>(token, &asked, cx.now)? {
            rules.retain(|rule| rule.name > after);
        }
        let is_more = rules.len() > limit;
        rules.truncate(limit);
        let last = rules.last().filter(|_| is_more);
        let next_token = last.map(|last| paging::write(&asked, &last.name, cx.now));
        Ok(Self { rules, next_token })
    }
}

/// The rules of these names, or all where none is named, by name.
///
/// # Errors
/// `NoSuchConfigRuleException`
pub(super) fn selected(
    config: &Config,
    cx: &CallContext,
    names: Option<&[String]>,
) -> Result<Vec<Arc<RuleRecord>>, ServiceError> {
    let (catalog, scope) = (&config.parts.catalog, cx.scope());
    let names = names.unwrap_or_default();
    if names.is_empty() {
        return Ok(rule_book::all(catalog, &scope).into_iter().map(|found| found.value).collect());
    }
    let mut rules = Vec::new();
    for name in names {
        rules.push(named(catalog, &scope, name)?.value);
    }
    rules.sort_by(|a, b| a.name.cmp(&b.name));
    rules.dedup_by(|a, b| a.name == b.name);
    Ok(rules)
}

/// The rule of this name.
///
/// # Errors
/// `NoSuchConfigRuleException`
pub(super) fn named(catalog: &Catalog, scope: &Scope, name: &str) -> Result<Versioned<RuleRecord>, ServiceError> {
    rule_book::find(catalog, scope, name).ok_or_else(|| no_such_rule(name))
}

pub(super) fn no_such_rule(name: &str) -> ServiceError {
    errors::no_such_config_rule_exception(format!(
        "The ConfigRule '{name}' provided in the request is invalid. Please check the configRule name"
    ))
}
