//! Reading through the results of a rule.

use std::sync::Arc;

use base::Scope;
use store::Catalog;

use crate::results::{self, ResultRecord};
use crate::rule::{Compliance, ResourceKey};
use crate::rule_book::RuleRecord;

/// How many resources comply with a rule, and how many do not.
pub(crate) fn pairs(catalog: &Catalog, scope: &Scope, rule_id: &str) -> (usize, usize) {
    let (mut compliant, mut non_compliant) = (0, 0);
    each(catalog, scope, rule_id, None, |_, result| {
        match result.compliance {
            Compliance::Compliant => compliant += 1,
            Compliance::NonCompliant => non_compliant += 1,
            Compliance::NotApplicable | Compliance::InsufficientData => {}
        }
        true
    });
    (compliant, non_compliant)
}

/// Calls `each` with the results of a rule after a resource until it answers false.
fn each(
    catalog: &Catalog,
    scope: &Scope,
    rule_id: &str,
    mut after: Option<ResourceKey>,
    mut each: impl FnMut(&ResourceKey, &Arc<ResultRecord>) -> bool,
) {
    /// Results that are read at once.
    const PAGE: usize = 512;
    loop {
        let page = results::of_rule(catalog, scope, rule_id, after.as_ref(), PAGE);
        if !page.iter().all(|(resource, found)| each(resource, &found.value)) || page.len() < PAGE {
            return;
        }
        after = page.into_iter().next_back().map(|(resource, _)| resource);
    }
}

/// A result of a rule, and the resource that it is of.
pub(crate) type Told = (ResourceKey, Arc<ResultRecord>);

/// Which results of a rule are wanted.
pub(crate) struct Wanted<'a> {
    pub(crate) rule: &'a RuleRecord,
    /// The resource of the last result of the page before, by type and id.
    pub(crate) after: Option<(String, String)>,
    pub(crate) count: usize,
}

/// Results of a rule.
pub(crate) struct Page {
    pub(crate) results: Vec<Told>,
    /// The resource of the last of them, by type and id, when there are more.
    pub(crate) last: Option<(String, String)>,
}

/// The next results of a rule that are wanted, by type and id of resources.
pub(crate) fn results(
    catalog: &Catalog,
    scope: &Scope,
    wanted: Wanted<'_>,
    is_wanted: impl Fn(&ResourceKey, &ResultRecord) -> bool,
) -> Page {
    let Wanted { rule, after, count } = wanted;
    let after = after.map(|(resource_type, resource_id)| ResourceKey { resource_type, resource_id });
    let mut found = Vec::new();
    // One more than a page tells whether there is another.
    each(catalog, scope, &rule.id, after, |resource, result| {
        if is_wanted(resource, result) {
            found.push((resource.clone(), result.clone()));
        }
        found.len() <= count
    });
    let is_more = found.len() > count;
    found.truncate(count);
    let last = found.last().filter(|_| is_more);
    let last = last.map(|(resource, _)| (resource.resource_type.clone(), resource.resource_id.clone()));
    Page { results: found, last }
}
