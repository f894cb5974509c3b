//! `PutStoredQuery`

use api::config::errors;
use api::config::types::{PutStoredQueryRequest, PutStoredQueryResponse, StoredQuery};
use api::{CallContext, ServiceError};
use base::Scope;
use store::catalog::Transaction;

use crate::change::change;
use crate::service::Config;
use crate::stored_queries::{self, QUERIES_MAX, StoredQueryRecord};
use crate::{names, tags};

/// Keeps a query, or puts it in the place of the one of its name, which keeps its tags (config.md §7.5).
pub async fn put_stored_query(
    config: &Config,
    cx: &CallContext,
    input: PutStoredQueryRequest,
) -> Result<PutStoredQueryResponse, ServiceError> {
    let (catalog, scope) = (&config.parts.catalog, cx.scope());
    let given = &input.stored_query;
    let name = &given.query_name;
    let new_tags = tags::with(Vec::new(), input.tags.as_deref().unwrap_or_default())?;
    let new_id = format!("query-{}", names::unique(&*config.parts.entropy, 16));
    let arn = change(catalog, || {
        let found = catalog.get::<StoredQueryRecord>(&stored_queries::key(&scope, name));
        if found.is_none()
            && catalog.list::<StoredQueryRecord>(&scope.account, Some(&scope.region)).len() >= QUERIES_MAX
        {
            let message = format!("You have reached the limit of {QUERIES_MAX} saved queries.");
            return Err(errors::validation_exception(message));
        }
        let (id, tags) = match &found {
            Some(found) => (found.value.id.clone(), found.value.tags.clone()),
            None => (new_id.clone(), new_tags.clone()),
        };
        let record = StoredQueryRecord {
            id,
            tags,
            description: given.description.clone(),
            expression: given.expression.clone(),
        };
        check_names(given, &record, &scope)?;
        let mut transaction = Transaction::default();
        let key = stored_queries::key(&scope, name);
        match &found {
            Some(found) if *found.value == record => {}
            Some(found) => drop(transaction.update(key, found.version, &record)),
            None => drop(transaction.create(key, &record)),
        }
        Ok((transaction, record.arn(&scope, name)))
    })
    .await?;
    Ok(PutStoredQueryResponse { query_arn: Some(arn) })
}

/// The id and the ARN are ours: who gives some gives those that the query has.
///
/// # Errors
/// `ValidationException`
fn check_names(given: &StoredQuery, record: &StoredQueryRecord, scope: &Scope) -> Result<(), ServiceError> {
    let is_ours = given.query_id.as_ref().is_none_or(|id| *id == record.id)
        && given.query_arn.as_ref().is_none_or(|arn| *arn == record.arn(scope, &given.query_name));
    match is_ours {
        true => Ok(()),
        false => Err(errors::validation_exception("QueryId and QueryArn must be those of the query, or be left out.")),
    }
}
