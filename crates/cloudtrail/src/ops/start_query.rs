//! `StartQuery` (cloudtrail.md §7.3)

use api::cloudtrail::errors;
use api::cloudtrail::types::{StartQueryRequest, StartQueryResponse};
use api::{CallContext, ServiceError};
use base::{AccountId, Scope, id};

use crate::lake::engine::{LakeFailure, LakeQuery};
use crate::lake::ingest;
use crate::lake::queries::{self, Delivery, DeliveryState, QueryRecord, QueryState, deliver, lake_stores};
use crate::lake::stores::{self, EventDataStore};
use crate::service::CloudTrail;

/// Starts a query; it sees every event that was acknowledged before.
pub async fn start_query(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: StartQueryRequest,
) -> Result<StartQueryResponse, ServiceError> {
    let statement = statement(&input)?;
    let owner = owner(cx, input.event_data_store_owner_account_id.as_deref())?;
    let found = named_stores(cloudtrail, cx, &owner, &statement)?;
    let ids: Vec<String> = found.iter().map(|store| store.id.clone()).collect();
    let query = LakeQuery { statement, stores: lake_stores(found.iter().cloned()), now: cx.now };
    cloudtrail.parts.lake.check(&query).await.map_err(refused)?;
    if let Some(uri) = &input.delivery_s3_uri {
        preflight(cloudtrail, &owner, &ids, uri).await?;
    }
    let record = QueryRecord {
        statement: query.statement,
        owner: owner.account,
        stores: ids,
        created: cx.now,
        state: QueryState::Running,
        ended: None,
        events_matched: 0,
        events_scanned: 0,
        bytes_scanned: 0,
        columns: Vec::new(),
        rows: 0,
        pages: Vec::new(),
        error: None,
        delivery: input.delivery_s3_uri.map(|uri| Delivery { uri, state: DeliveryState::Pending }),
    };
    for store in &found {
        ingest::catch_up(&cloudtrail.parts, store).await.map_err(|error| {
            tracing::error!(store = store.id, error = %error, "an event data store is behind its events");
            ServiceError::unavailable("The events of an event data store cannot be read. Try again.")
        })?;
    }
    let query_id = id::uuid(&*cloudtrail.parts.entropy).to_string();
    cloudtrail.queries.start(&cloudtrail.parts, queries::key(cx, &query_id), &record).await?;
    Ok(StartQueryResponse {
        query_id: Some(query_id),
        event_data_store_owner_account_id: input.event_data_store_owner_account_id,
    })
}

/// Statements of dashboards are known by aliases; there are no dashboards here.
fn statement(input: &StartQueryRequest) -> Result<String, ServiceError> {
    match (&input.query_statement, &input.query_alias) {
        (Some(_), Some(_)) => {
            Err(errors::invalid_parameter_exception("QueryStatement and QueryAlias cannot be given together."))
        }
        (_, Some(alias)) => Err(errors::unsupported_operation_exception(format!(
            "The query alias {alias} is not known: this server has no dashboards, whose queries have aliases."
        ))),
        (_, None) if input.query_parameters.is_some() => {
            Err(errors::invalid_parameter_exception("QueryParameters can be given with a QueryAlias only."))
        }
        (Some(statement), None) => Ok(statement.clone()),
        (None, None) => Err(errors::invalid_parameter_exception("QueryStatement or QueryAlias must be given.")),
    }
}

/// Whose stores the statement names.
pub(super) fn owner(cx: &CallContext, given: Option<&str>) -> Result<Scope, ServiceError> {
    let Some(given) = given else { return Ok(cx.scope()) };
    let account: Result<AccountId, _> = given.parse();
    let invalid = |_| errors::invalid_parameter_exception(format!("{given} is not the ID of an account."));
    Ok(Scope { account: account.map_err(invalid)?, region: cx.region.clone() })
}

/// The stores whose ids are in the statement. An id that stands for something else is told from one that is not there
/// when the statement is checked.
fn named_stores(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    owner: &Scope,
    statement: &str,
) -> Result<Vec<EventDataStore>, ServiceError> {
    let ids = cloudtrail.parts.lake.named(statement);
    if ids.is_empty() {
        let message = "FROM must name an event data store by its ID.";
        return Err(errors::invalid_query_statement_exception(message));
    }
    let found = ids.iter().map(|id| stores::found_active(&cloudtrail.parts.catalog, cx, &stores::arn(owner, id)));
    found.collect()
}

fn refused(failure: LakeFailure) -> ServiceError {
    match failure {
        LakeFailure::Statement(reason) => errors::invalid_query_statement_exception(reason),
        LakeFailure::Cancelled | LakeFailure::Failed => ServiceError::internal(),
    }
}

/// Whether results could be put where they are to go (cloudtrail.md §4.3).
async fn preflight(cloudtrail: &CloudTrail, owner: &Scope, ids: &[String], uri: &str) -> Result<(), ServiceError> {
    let delivery = Delivery { uri: uri.to_owned(), state: DeliveryState::Pending };
    let (bucket, _) = delivery.place();
    let buckets = &cloudtrail.parts.buckets;
    let unusable = |error: crate::ports::PortError| match error.code.as_str() {
        "AccessDenied" => errors::insufficient_s3_bucket_policy_exception(format!(
            "Access denied. Check the policy of the S3 bucket {bucket}."
        )),
        _ => errors::s3_bucket_does_not_exist_exception(format!("S3 bucket {bucket} does not exist.")),
    };
    if !buckets.exists(bucket).await.map_err(unusable)? {
        let message = format!("S3 bucket {bucket} does not exist.");
        return Err(errors::s3_bucket_does_not_exist_exception(message));
    }
    buckets.read_acl(&deliver::sender(owner, ids), bucket).await.map_err(unusable)
}
