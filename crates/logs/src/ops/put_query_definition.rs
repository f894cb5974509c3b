//! `PutQueryDefinition` (logs.md SQ-1, SQ-3).

use api::logs::{errors, types};
use api::{CallContext, ServiceError};
use base::id;
use store::catalog::{Key, Transaction};

use crate::Logs;
use crate::change::change;
use crate::queries::saved::{SavedQueryRecord, TEXT_MAX, parameters};

/// Saved queries of an account in a region (logs.md SQ-1).
const SAVED_MAX: usize = 1000;

pub(super) async fn put_query_definition(
    logs: &Logs,
    cx: &CallContext,
    input: types::PutQueryDefinitionRequest,
) -> Result<types::PutQueryDefinitionResponse, ServiceError> {
    if input.query_string.chars().count() > TEXT_MAX {
        return Err(errors::invalid_parameter_exception("The query string exceeds 10000 characters."));
    }
    let is_insights = matches!(input.query_language, None | Some(types::QueryLanguage::Cwli));
    let record = SavedQueryRecord {
        name: input.name,
        parameters: parameters(input.parameters.unwrap_or_default(), &input.query_string, is_insights)?,
        text: input.query_string,
        groups: input.log_group_names.unwrap_or_default(),
        language: input.query_language.map(|language| language.as_str().to_owned()),
        client_token: input.client_token,
        modified: cx.now,
    };
    let (catalog, scope) = (&logs.parts.catalog, cx.scope());
    let fresh = id::uuid(&*logs.parts.entropy).to_string();
    let put = change(catalog, || {
        let mut transaction = Transaction::default();
        if let Some(id) = &input.query_definition_id {
            let key = Key::regional(&scope.account, &scope.region, id.as_str());
            let found = catalog.get::<SavedQueryRecord>(&key).ok_or_else(super::delete_query_definition::absent)?;
            transaction.update(key, found.version, &record);
            return Ok((transaction, id.clone()));
        }
        let saved = catalog.list::<SavedQueryRecord>(&scope.account, Some(&scope.region));
        // The same token again is the same call again.
        let same = record.client_token.as_ref();
        let same =
            same.and_then(|token| saved.iter().find(|(_, saved)| saved.value.client_token.as_ref() == Some(token)));
        if let Some((id, _)) = same {
            return Ok((transaction, id.clone()));
        }
        if saved.len() >= SAVED_MAX {
            return Err(errors::limit_exceeded_exception("Resource limit exceeded."));
        }
        transaction.create(Key::regional(&scope.account, &scope.region, fresh.as_str()), &record);
        Ok((transaction, fresh.clone()))
    })
    .await?;
    Ok(types::PutQueryDefinitionResponse { query_definition_id: Some(put) })
}
