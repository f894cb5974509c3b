//! `StartQuery` (logs.md §7.1).

use std::sync::Arc;

use api::logs::{errors, types};
use api::{CallContext, ServiceError};
use base::Timestamp;
use lang::insights::{self, Class, Environment, Plan, PointerText, Query};
use store::log_event::{GroupId, Place, Position};

use wire::schema::Shape;
use wire::value::{Struct, Value};

use crate::Logs;
use crate::data_protection::{self, Masking};
use crate::field_indexes::{self, IndexCoverage};
use crate::groups::{self, Group};
use crate::lookup_tables;
use crate::ports::{QueryGroup, QueryRun};
use crate::queries::saved::{self, TEXT_MAX};
use crate::queries::{QueryRecord, QueryState, Start, StoredStatistics};
use crate::record::LogGroupClass;
use crate::transformers;

/// Times from here on are milliseconds, as some clients send (logs.md Q-4).
const MILLIS_FROM: i64 = 100_000_000_000;

/// Groups of a query that names them, and of one that finds them by `SOURCE` (logs.md §11).
const NAMED_MAX: usize = 50;
const FOUND_MAX: usize = 10_000;

pub(super) async fn start_query(
    logs: &Logs,
    cx: &CallContext,
    input: types::StartQueryRequest,
) -> Result<types::StartQueryResponse, ServiceError> {
    let refused = |message: &str| Err(errors::invalid_parameter_exception(message));
    if !matches!(input.query_language, None | Some(types::QueryLanguage::Cwli)) {
        return Err(errors::malformed_query_exception("Only the query language CWLI is supported by this server."));
    }
    if input.query_string.chars().count() > TEXT_MAX {
        return refused("The query string exceeds 10000 characters.");
    }
    let (start, end) = (seconds(input.start_time), seconds(input.end_time));
    if start > end {
        return refused("startTime must not be later than endTime.");
    }
    let catalog = &logs.parts.catalog;
    let text = saved::expand(catalog, &cx.scope(), &input.query_string)?;
    let query = Query::parse(&text).map_err(|error| malformed(&error))?;
    let named = named_groups(&input)?;
    let (found, source) = match (query.source(), named.is_empty()) {
        (Some(_), false) => return refused("Log groups cannot be given both in SOURCE and in the request."),
        (None, true) => {
            return refused("Exactly one of logGroupName, logGroupNames and logGroupIdentifiers is required.");
        }
        (Some(source), true) => (sourced_groups(logs, cx, source)?, Some(source)),
        (None, false) => (find_all(logs, cx, &named)?, None),
    };
    // The whole of the last second counts (logs.md Q-3); SOURCE names moments instead.
    let moment = |given: Option<&insights::SourceMoment>| {
        given.map(|given| Timestamp::from_millis(given.millis(cx.now.millis())))
    };
    let from = moment(source.and_then(|source| source.start.as_ref())).unwrap_or(Timestamp::from_secs(start));
    let to = moment(source.and_then(|source| source.end.as_ref()));
    let to = to.map_or(Timestamp::from_secs(end.saturating_add(1)), |to| to.plus_millis(1));
    let class = class_of(&found)?;
    let pointers = logs.pointers().await?.clone();
    let pointer = PointerText::new(move |insights::Pointer { group, time, position }| {
        pointers.encode(GroupId(group), Place { time: Timestamp::from_millis(time), position: Position(position) })
    });
    let lookup_tables = Arc::new(lookup_tables::wanted_by(logs, cx, &query).await?);
    let environment = Environment {
        start: from,
        // The last moment that is included.
        end: to.plus_millis(-1),
        now: cx.now,
        limit: input.limit.and_then(|limit| u64::try_from(limit).ok()),
        class,
        lookup_tables,
        pointer,
        may_unmask: found.iter().all(|group| logs.parts.permissions.allows(cx, "logs:Unmask", &group.arn())),
    };
    let plan = Plan::compile(&query, &environment).map_err(|error| malformed(&error))?;
    let record = QueryRecord {
        text: input.query_string,
        groups: found.iter().map(|group| (group.name.clone(), group.id())).collect(),
        range_secs: (start, end),
        created: cx.now,
        user: cx.principal.arn(cx.partition).map(|arn| arn.to_string()).unwrap_or_default(),
        state: QueryState::Running,
        statistics: StoredStatistics::default(),
        duration_ms: None,
    };
    // Groups without the index that the query insists on are not read (logs.md §7.6).
    let groups = found.iter().map(|group| query_group(logs, cx, group, &plan));
    let groups = groups.filter(|group| !group.coverage.is_empty()).collect();
    let directory = logs.directory.clone();
    let run = move |progress, cancelled| QueryRun {
        plan: Arc::new(plan),
        groups,
        from,
        to,
        stream_names: Arc::new(move |stream| directory.stream(stream).map(|(_, name)| name)),
        progress,
        cancelled,
    };
    let started = logs.runs.start(cx, &*logs.parts.entropy, Start { record, run: Box::new(run) }).await?;
    Ok(types::StartQueryResponse { query_id: Some(started) })
}

fn seconds(given: i64) -> i64 {
    if given >= MILLIS_FROM { given / 1000 } else { given }
}

/// A group as the query reads it. That a query which unmasks may do so was checked when it was compiled.
fn query_group(logs: &Logs, cx: &CallContext, group: &Group, plan: &Plan) -> QueryGroup {
    let masking = match plan.unmasks() {
        true => Masking::default(),
        false => data_protection::masked(logs, &group.scope, &group.record),
    };
    let coverage = match plan.indexed_fields() {
        [] => IndexCoverage::default(),
        fields => field_indexes::indexes(logs, group).coverage(fields, cx.now),
    };
    QueryGroup {
        id: group.id(),
        log: group.log().into(),
        kept_from: group.kept_from(cx.now).max(coverage.earliest()),
        masking,
        transforms: transformers::transforms(logs, group),
        coverage,
    }
}

/// The groups that the request names: in one of three members (logs.md Q-1).
fn named_groups(input: &types::StartQueryRequest) -> Result<Vec<String>, ServiceError> {
    let given = [
        input.log_group_name.clone().map(|name| vec![name]),
        input.log_group_names.clone(),
        input.log_group_identifiers.clone(),
    ];
    let mut given = given.into_iter().flatten();
    let named = given.next().unwrap_or_default();
    if given.next().is_some() {
        let message = "Only one of logGroupName, logGroupNames and logGroupIdentifiers can be given.";
        return Err(errors::invalid_parameter_exception(message));
    }
    match named.len() > NAMED_MAX {
        true => Err(errors::invalid_parameter_exception("A query can read at most 50 log groups.")),
        false => Ok(named),
    }
}

/// # Errors
/// logs.md Q-2.
fn find_all(logs: &Logs, cx: &CallContext, named: &[String]) -> Result<Vec<Group>, ServiceError> {
    let mut found: Vec<Group> = Vec::new();
    let mut ids: Vec<GroupId> = Vec::new();
    for identifier in named {
        let name = groups::name_of(cx, identifier)?;
        let group = groups::get(&logs.parts.catalog, &cx.scope(), name).ok_or_else(|| absent(cx, name))?;
        if !ids.contains(&group.id()) {
            ids.push(group.id());
            found.push(group);
        }
    }
    Ok(found)
}

fn absent(cx: &CallContext, name: &str) -> ServiceError {
    let account = cx.account();
    errors::resource_not_found_exception(format!(
        "Log group '{name}' does not exist for account ID '{account}' (Service: AWSLogs; Status Code: 400; Error Code: \
         ResourceNotFoundException; Request ID: {}; Proxy: null)",
        cx.request_id
    ))
}

/// The groups that `SOURCE` finds (logs.md §7.9); each must be one that the caller may query.
fn sourced_groups(logs: &Logs, cx: &CallContext, source: &insights::Source) -> Result<Vec<Group>, ServiceError> {
    let (catalog, scope) = (&logs.parts.catalog, cx.scope());
    if !source.data_sources.is_empty() {
        let message = "dataSource is not supported: nothing is ingested from data sources by this server.";
        return Err(errors::malformed_query_exception(message));
    }
    if !source.names.is_empty() {
        return allowed(logs, cx, find_all(logs, cx, &source.names)?);
    }
    let filter = source.groups.clone().unwrap_or_default();
    let mut found = groups::list(catalog, &scope, "");
    found.retain(|group| takes(&filter, group));
    if found.len() > FOUND_MAX {
        return Err(errors::invalid_parameter_exception("A query can read at most 10000 log groups."));
    }
    allowed(logs, cx, found)
}

/// Whether a group is one that `logGroups(…)` finds.
fn takes(filter: &insights::GroupFilter, group: &Group) -> bool {
    let (class, account) = (group.record.class.as_str(), group.scope.account.as_str());
    let class_fits = match filter.classes.as_slice() {
        [] => group.record.class == LogGroupClass::Standard,
        classes => classes.iter().any(|wanted| wanted == class),
    };
    let named = filter.name_prefixes.is_empty()
        || filter.name_prefixes.iter().any(|prefix| group.name.starts_with(prefix.as_str()));
    let owned = filter.accounts.is_empty() || filter.accounts.iter().any(|wanted| wanted == account);
    class_fits && named && owned
}

fn allowed(logs: &Logs, cx: &CallContext, found: Vec<Group>) -> Result<Vec<Group>, ServiceError> {
    for group in &found {
        let resource = format!("{}:log-stream:", group.arn());
        if !logs.parts.permissions.allows(cx, "logs:StartQuery", &resource) {
            let who = cx.principal.arn(cx.partition).map(|arn| arn.to_string()).unwrap_or_default();
            return Err(errors::access_denied_exception(format!(
                "User: {who} is not authorized to perform: logs:StartQuery on resource: {resource}"
            )));
        }
    }
    Ok(found)
}

/// The class of all the groups (logs.md Q-8).
fn class_of(found: &[Group]) -> Result<Class, ServiceError> {
    let mut classes = found.iter().map(|group| group.record.class);
    let first = classes.next().unwrap_or(LogGroupClass::Standard);
    if first == LogGroupClass::Delivery || classes.any(|class| class != first) {
        let message = "Log groups of the class DELIVERY cannot be queried, nor those of different classes together.";
        return Err(errors::invalid_parameter_exception(message));
    }
    Ok(insights_class(first))
}

fn insights_class(class: LogGroupClass) -> Class {
    match class {
        LogGroupClass::InfrequentAccess => Class::InfrequentAccess,
        LogGroupClass::Standard | LogGroupClass::Delivery => Class::Standard,
    }
}

/// logs.md Q-5.
fn malformed(error: &insights::QueryError) -> ServiceError {
    let shape = errors::MALFORMED_QUERY_EXCEPTION;
    let member = |shape: &'static Shape, name: &str| {
        let structure = shape.structure().expect("the model has a structure here");
        structure.member(name).expect("the model has this member")
    };
    let (_, detail) = member(shape.shape, "queryCompileError");
    let (at_location, location) = member(detail.shape, "location");
    let (at_message, _) = member(detail.shape, "message");
    let offset = |at: usize| Value::Integer(i64::try_from(at).unwrap_or(i64::MAX));
    let mut place = Struct::new(location.shape);
    place.set(member(location.shape, "startCharOffset").0, offset(error.start));
    place.set(member(location.shape, "endCharOffset").0, offset(error.end));
    let mut compile_error = Struct::new(detail.shape);
    compile_error.set(at_location, Value::Struct(place));
    compile_error.set(at_message, Value::String(error.message.clone()));
    let refusal = errors::malformed_query_exception(error.message.clone());
    refusal.with_member(shape, "queryCompileError", Value::Struct(compile_error))
}
