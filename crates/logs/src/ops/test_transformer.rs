//! `TestTransformer` (logs.md TR-1).

use api::logs::types;
use api::{CallContext, ServiceError};
use lang::transform::Context;

use crate::{Logs, transformers};

pub(super) async fn test_transformer(
    _: &Logs,
    cx: &CallContext,
    input: types::TestTransformerRequest,
) -> Result<types::TestTransformerResponse, ServiceError> {
    let (_, transformer) = transformers::checked(input.transformer_config)?;
    let (account, region) = (cx.account().to_string(), cx.region.to_string());
    // The messages are of no group and no stream.
    let context = Context { group: "", stream: "", account: &account, region: &region };
    let transformed = |(index, message): (usize, String)| types::TransformedLogRecord {
        event_number: i64::try_from(index + 1).ok(),
        // One that could not be transformed stays as it is (logs.md TR-4).
        transformed_event_message: Some(transformer.apply(&message, &context).unwrap_or_else(|_| message.clone())),
        event_message: Some(message),
    };
    let logs = input.log_event_messages.into_iter().enumerate().map(transformed).collect();
    Ok(types::TestTransformerResponse { transformed_logs: Some(logs) })
}
