//! `StartLiveTail` (logs.md §2.6): answered with a stream.

use std::collections::HashMap;
use std::sync::Arc;

use api::logs::{errors, types};
use api::{CallContext, ServiceError, StreamedBody};
use base::id;

use super::filter_log_events::pattern;
use crate::live_tail::{SESSIONS_MAX, Session, Streams, Watch};
use crate::{Logs, groups};

/// Starts a session.
///
/// # Errors
/// logs.md LT-1, LT-7.
pub(crate) fn start_live_tail(
    logs: &Logs,
    cx: &CallContext,
    input: types::StartLiveTailRequest,
) -> Result<StreamedBody, ServiceError> {
    let refused = |message: &str| Err(errors::invalid_parameter_exception(message));
    let streams = match (&input.log_stream_names, &input.log_stream_name_prefixes) {
        (None, None) => Streams::All,
        (Some(_), Some(_)) => {
            return refused("logStreamNames and logStreamNamePrefixes are mutually exclusive parameters.");
        }
        _ if input.log_group_identifiers.len() != 1 => {
            return refused("Log streams can be specified only with exactly one log group.");
        }
        (Some(names), None) => Streams::Named(names.clone()),
        (None, Some(prefixes)) => Streams::Starting(prefixes.clone()),
    };
    let pattern = pattern(input.log_event_filter_pattern.as_deref())?;
    let mut watched = HashMap::new();
    for identifier in &input.log_group_identifiers {
        if !identifier.starts_with("arn:") {
            return refused("logGroupIdentifiers must be ARNs of log groups.");
        }
        let group = groups::identified(&logs.parts.catalog, cx, identifier)?;
        group.require_standard("StartLiveTail", errors::invalid_operation_exception)?;
        watched.insert(group.id(), Arc::from(group.arn()));
    }
    let watch = Watch::new(watched, streams, pattern, logs.parts.entropy.clone());
    let Some(watching) = logs.live_tails.watch(cx.account(), watch) else {
        let message = format!("An account can have at most {SESSIONS_MAX} live tail sessions at the same time.");
        return Err(errors::limit_exceeded_exception(message));
    };
    let start = types::LiveTailSessionStart {
        request_id: Some(cx.request_id.clone()),
        session_id: Some(id::uuid(&*logs.parts.entropy).to_string()),
        log_group_identifiers: Some(input.log_group_identifiers),
        log_stream_names: Some(input.log_stream_names.unwrap_or_default()),
        log_stream_name_prefixes: Some(input.log_stream_name_prefixes.unwrap_or_default()),
        log_event_filter_pattern: Some(input.log_event_filter_pattern.unwrap_or_default()),
    };
    Ok(Session { watching, start, began: cx.now, clock: logs.parts.clock.clone() }.run())
}
