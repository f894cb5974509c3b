//! Advanced queries (config.md §7): the language of [`lang::config_query`] over the records of live, recorded resources.
//!
//! Resources are looked at one after the other, and of each as little as tells that it is not wanted: its key, then
//! whether its text holds what a condition asks for, then the parts of it that the query names. A run keeps one page of
//! results, whatever the number of resources.

mod document;

use std::sync::Arc;

use api::ServiceError;
use api::config::{errors, types};
use base::Scope;
use lang::config_query::{Going, Outcome, Place, Plan, Query};
use lang::needle::NeedleFinder;
use store::catalog::{Catalog, Key, Unread};

use crate::present::{self, LiveRecord, SEPARATOR};
use crate::recorder;
use document::Reader;

/// Results of a page, unless another number is asked for.
const ROWS: usize = 25;
/// The same for groups.
const GROUPS: usize = 500;
/// Records that are taken from the catalog at a time.
const CHUNK: usize = 1024;

/// A query that was read.
pub(crate) fn plan(expression: &str) -> Result<Plan, ServiceError> {
    let query = Query::parse(expression).map_err(|error| errors::invalid_expression_exception(error.to_string()))?;
    Ok(Plan::new(query))
}

/// What a page asks for.
pub(crate) struct Asked {
    pub(crate) plan: Plan,
    /// The accounts and regions whose resources are looked at, in order; in those without a recorder there are none.
    pub(crate) scopes: Vec<Scope>,
    /// The only types whose resources are looked at, where not all are.
    pub(crate) resource_types: Option<Vec<String>>,
    pub(crate) limit: Option<i32>,
    /// Where the page before ended.
    pub(crate) after: Option<Place>,
}

/// A page of results.
///
/// # Errors
/// `InvalidExpressionException` when there are more groups than can be kept.
pub(crate) async fn select(catalog: &Arc<Catalog>, asked: Asked) -> Result<Outcome, ServiceError> {
    let catalog = catalog.clone();
    let selected = tokio::task::spawn_blocking(move || run(&catalog, asked)).await;
    selected.unwrap_or_else(|panicked| {
        tracing::error!(error = &panicked as &dyn std::error::Error, "an advanced query failed");
        Err(ServiceError::internal())
    })
}

/// The fields of results.
pub(crate) fn info(plan: &Plan) -> types::QueryInfo {
    let fields = plan.fields().into_iter().map(|name| types::FieldInfo { name: Some(name) });
    types::QueryInfo { select_fields: Some(fields.collect()) }
}

fn run(catalog: &Catalog, asked: Asked) -> Result<Outcome, ServiceError> {
    let Asked { plan, scopes, resource_types, limit, after } = asked;
    let limit = crate::paging::limit(limit, if plan.is_grouped() { GROUPS } else { ROWS });
    let look = Look::new(&plan, resource_types);
    let mut run = plan.run(limit, after);
    let start = run.starts_after().and_then(Start::of);
    'all: for scope in scopes.iter().filter(|scope| recorder::find(catalog, scope).is_some()) {
        let mut after = match &start {
            Some(start) if (scope.account.as_str(), scope.region.as_str()) < (&*start.account, &*start.region) => {
                continue;
            }
            Some(start) if (scope.account.as_str(), scope.region.as_str()) == (&*start.account, &*start.region) => {
                Some(start.name.clone())
            }
            _ => None,
        };
        loop {
            let records = chunk(catalog, scope, after.as_deref());
            let is_last = records.len() < CHUNK;
            for (name, record) in &records {
                let Some(document) = look.at(scope, name, record) else { continue };
                let place =
                    [scope.account.as_str(), scope.region.as_str(), name].join(SEPARATOR.encode_utf8(&mut [0; 4]));
                let going = run.offer(&place, &document);
                if going.map_err(|error| errors::invalid_expression_exception(error.to_string()))? == Going::Enough {
                    break 'all;
                }
            }
            match records.into_iter().last() {
                Some((name, _)) if !is_last => after = Some(name),
                _ => break,
            }
        }
    }
    Ok(run.finish())
}

/// The next records of an account and region after a name.
fn chunk(catalog: &Catalog, scope: &Scope, after: Option<&str>) -> Vec<(String, Unread<LiveRecord>)> {
    // Nothing stands between a name and the same with a zero behind it.
    let from = after.map(|after| format!("{after}\0")).unwrap_or_default();
    catalog.page(&Key::regional(&scope.account, &scope.region, from), "", CHUNK)
}

/// Where a page starts that is in the order of names.
struct Start {
    account: String,
    region: String,
    name: String,
}

impl Start {
    fn of(place: &str) -> Option<Self> {
        let mut parts = place.splitn(3, SEPARATOR).map(str::to_owned);
        Some(Self { account: parts.next()?, region: parts.next()?, name: parts.next()? })
    }
}

/// What is looked at of a record.
struct Look<'p> {
    plan: &'p Plan,
    resource_types: Option<Vec<String>>,
    needle: NeedleFinder,
    reader: Reader,
}

impl<'p> Look<'p> {
    fn new(plan: &'p Plan, resource_types: Option<Vec<String>>) -> Self {
        let needle = plan.needle(&document::keeps_texts_of).finder();
        Self { plan, resource_types, needle, reader: Reader::new(&plan.wanted()) }
    }

    /// The document of a record; `None` when it is in no result.
    fn at(&self, scope: &Scope, name: &str, record: &Unread<LiveRecord>) -> Option<serde_json::Value> {
        let (resource_type, resource_id) = present::names(name);
        let known = |property: &str| match property {
            "accountId" => Some(scope.account.as_str()),
            "resourceType" => Some(resource_type),
            "resourceId" => Some(resource_id),
            _ => None,
        };
        let is_shown =
            self.resource_types.as_ref().is_none_or(|shown| shown.iter().any(|shown| shown == resource_type));
        if !is_shown || !self.plan.may_match(&known) {
            return None;
        }
        let text = record.text();
        self.needle.may_match_bytes(&text).then(|| self.reader.read(scope, resource_type, resource_id, &text))
    }
}

#[cfg(test)]
mod tests;
