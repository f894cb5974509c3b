//! The server's own API beside AWS's, as far as its calls enter the event history like any others.

use api::{CallContext, ServiceError};
use cloudtrail::FinishedCall;
use wire::schema::{Kind, Length, Location, Member, Operation, Protocol, Service, Shape, StringShape, Structure};
use wire::value::{Struct, Value};

use crate::state::State;

/// The service that requests are signed for, and whose actions policies name.
pub const SIGNING_NAME: &str = "trailwatch";

static SERVICE: Service = Service {
    name: SIGNING_NAME,
    signing_name: SIGNING_NAME,
    endpoint_prefix: SIGNING_NAME,
    api_version: "2026-01-01",
    xml_namespace: None,
    target_prefixes: &[],
    rpc_name: None,
    protocols: &[Protocol::Json11],
    query_compatible: false,
    error_namespace: None,
    event_source: "trailwatch.amazonaws.com",
    iam_prefix: SIGNING_NAME,
    operations: &[],
    errors: &[],
};

static EXECUTE_SQL: Operation = Operation {
    name: "ExecuteSql",
    method: "POST",
    uri: "/_trailwatch/sql",
    input: Some(&EXECUTE_SQL_REQUEST),
    output: Some(&NOTHING),
    result_wrapper: None,
    read_only_trait: true,
};

static EXECUTE_SQL_REQUEST: Shape = structure("ExecuteSqlRequest", &[text_member("sql")]);
static NOTHING: Shape = structure("Nothing", &[]);
static TEXT: Shape = Shape {
    name: "Text",
    sensitive: false,
    kind: Kind::String(StringShape { length: Length { min: None, max: None }, pattern: None, values: &[] }),
};

const fn structure(name: &'static str, members: &'static [Member]) -> Shape {
    Shape { name, sensitive: false, kind: Kind::Structure(Structure { members, payload: None, union: false }) }
}

const fn text_member(name: &'static str) -> Member {
    Member {
        name,
        wire_name: name,
        required: true,
        location: Location::Body,
        timestamp_format: None,
        idempotency_token: false,
        shape: &TEXT,
    }
}

/// Records that a caller ran a statement, or was refused.
///
/// # Errors
/// The event could not be stored; the caller must get no rows then.
pub async fn record_statement(
    state: &State,
    cx: &CallContext,
    sql: Option<&str>,
    refused: Option<&ServiceError>,
) -> Result<(), ServiceError> {
    let nothing = Value::Struct(Struct::new(&NOTHING));
    let input = sql.map(|sql| {
        let mut input = Struct::new(&EXECUTE_SQL_REQUEST);
        input.set(0, Value::String(sql.to_owned()));
        Value::Struct(input)
    });
    let finished = FinishedCall {
        cx,
        service: &SERVICE,
        operation: &EXECUTE_SQL,
        protocol: Protocol::Json11,
        input: input.as_ref(),
        outcome: refused.map_or(Ok(&nothing), Err),
        completed: state.clock.now(),
    };
    state.recorder.record(&finished).await.map_err(|error| {
        state.metrics.event_failed();
        tracing::error!(error = &error as &dyn std::error::Error, "an audit event could not be stored");
        ServiceError::unavailable("The server cannot write its log; the statement could not be recorded.")
    })?;
    state.metrics.event();
    Ok(())
}
