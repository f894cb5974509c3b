//! Queries that are kept by name (config.md §7.5).

use api::ServiceError;
use api::config::{errors, types};
use base::{Arn, Scope};
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, Key, Record, Versioned};

/// Queries of an account and region.
pub(crate) const QUERIES_MAX: usize = 300;

/// A query that is kept. The key is its name. Whether it is a query is told when it is run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredQueryRecord {
    /// What its ARN ends with.
    pub(crate) id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expression: Option<String>,
    pub(crate) tags: Vec<(String, String)>,
}

impl Record for StoredQueryRecord {
    const KIND: &'static str = "config.stored_query";
    const FORMAT: u32 = 1;
}

/// The key of a query.
pub(crate) fn key(scope: &Scope, name: &str) -> Key {
    Key::regional(&scope.account, &scope.region, name)
}

/// The query of this name.
///
/// # Errors
/// `ResourceNotFoundException`
pub(crate) fn named(
    catalog: &Catalog,
    scope: &Scope,
    name: &str,
) -> Result<Versioned<StoredQueryRecord>, ServiceError> {
    let message = || format!("The query {name} does not exist.");
    catalog.get(&key(scope, name)).ok_or_else(|| errors::resource_not_found_exception(message()))
}

/// The query of this ARN, with its name.
pub(crate) fn of_arn(catalog: &Catalog, scope: &Scope, arn: &str) -> Option<(String, Versioned<StoredQueryRecord>)> {
    let resource = arn.parse::<Arn>().ok()?.resource;
    let (name, _) = resource.strip_prefix("stored-query/")?.split_once('/')?;
    let found = catalog.get::<StoredQueryRecord>(&key(scope, name))?;
    (found.value.arn(scope, name) == arn).then(|| (name.to_owned(), found))
}

impl StoredQueryRecord {
    /// The query's ARN (W-8).
    pub(crate) fn arn(&self, scope: &Scope, name: &str) -> String {
        Arn {
            partition: scope.region.partition().as_str().to_owned(),
            service: "config".to_owned(),
            region: scope.region.to_string(),
            account: scope.account.to_string(),
            resource: format!("stored-query/{name}/{}", self.id),
        }
        .to_string()
    }

    /// `StoredQuery`
    pub(crate) fn to_api(&self, scope: &Scope, name: &str) -> types::StoredQuery {
        types::StoredQuery {
            query_id: Some(self.id.clone()),
            query_arn: Some(self.arn(scope, name)),
            query_name: name.to_owned(),
            description: self.description.clone(),
            expression: self.expression.clone(),
        }
    }

    /// `StoredQueryMetadata`
    pub(crate) fn to_metadata(&self, scope: &Scope, name: &str) -> types::StoredQueryMetadata {
        types::StoredQueryMetadata {
            query_id: self.id.clone(),
            query_arn: self.arn(scope, name),
            query_name: name.to_owned(),
            description: self.description.clone(),
        }
    }
}
