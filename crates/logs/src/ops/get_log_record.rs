//! `GetLogRecord` (logs.md FD-3).

use api::logs::{errors, types};
use api::{CallContext, ServiceError};
use lang::insights::discover::discover_all;

use crate::change::store_failure;
use crate::data_protection::clear_or_masked;
use crate::transformers::transforms;
use crate::{Logs, groups};

pub(super) async fn get_log_record(
    logs: &Logs,
    cx: &CallContext,
    input: types::GetLogRecordRequest,
) -> Result<types::GetLogRecordResponse, ServiceError> {
    let invalid = || errors::invalid_parameter_exception("The specified log record pointer is invalid.");
    let (group, place) = logs.pointers().await?.decode(&input.log_record_pointer).ok_or_else(invalid)?;
    let gone = || errors::resource_not_found_exception("The specified log record does not exist.");
    // A pointer into somebody else's group is as one to nothing.
    let known = logs.directory.group(group).filter(|known| known.scope == cx.scope()).ok_or_else(gone)?;
    let group = groups::get(&logs.parts.catalog, &known.scope, &known.name).ok_or_else(gone)?;
    let masking = clear_or_masked(logs, cx, &group, input.unmask)?;
    if place.time < group.kept_from(cx.now) {
        return Err(gone());
    }
    let found = logs.parts.events.event(group.id(), place).await.map_err(|error| store_failure(&error))?;
    let event = found.ok_or_else(gone)?;
    let (_, stream) = logs.directory.stream(event.stream).ok_or_else(gone)?;
    let message = masking.message(event.ingested, &event.message);
    let transformed = transforms(logs, &group).message(event.ingested, &stream, &message);
    let discovered = match &transformed {
        Some(Ok(transformed)) => discover_all(transformed),
        Some(Err(_)) | None => discover_all(&message),
    };
    let mut record: Vec<(String, String)> = Vec::new();
    let mut add = |name: String, text: String| {
        // A name that comes again is the same field.
        if record.iter().all(|(known, _)| *known != name) {
            record.push((name, text));
        }
    };
    add("@message".to_owned(), message.to_string());
    add("@timestamp".to_owned(), event.time.millis().to_string());
    add("@ingestionTime".to_owned(), event.ingested.millis().to_string());
    add("@logStream".to_owned(), stream.to_string());
    add("@log".to_owned(), group.log());
    for (name, value) in discovered {
        if let Some(text) = value.text() {
            add(name, text.into_owned());
        }
    }
    Ok(types::GetLogRecordResponse { log_record: Some(record) })
}
