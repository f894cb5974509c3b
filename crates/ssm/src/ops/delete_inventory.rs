//! `DeleteInventory`: deletes a type of inventory that callers made up, or what hosts told of it.

use std::collections::BTreeMap;

use api::ssm::errors;
use api::ssm::types::{DeleteInventoryRequest, DeleteInventoryResult, InventorySchemaDeleteOption};
use api::{CallContext, ServiceError};
use base::id;
use store::catalog::{Key, Transaction};

use crate::change::change;
use crate::custom_types;
use crate::inventory_types::CUSTOM;
use crate::keep::having;
use crate::record::{CustomTypeRecord, DeletionRecord};
use crate::service::Ssm;

use super::describe_inventory_deletions::summary;

pub(super) async fn delete_inventory(
    ssm: &Ssm,
    cx: &CallContext,
    input: DeleteInventoryRequest,
) -> Result<DeleteInventoryResult, ServiceError> {
    let DeleteInventoryRequest { type_name, schema_delete_option, dry_run, client_token } = input;
    let (parts, scope) = (&ssm.parts, cx.scope());
    if !type_name.starts_with(CUSTOM) {
        let message = format!("{type_name} is not a custom inventory type: no other can be deleted.");
        return Err(errors::invalid_type_name_exception(message));
    }
    if let Some(token) = &client_token
        && let Some((id, earlier)) = repeated(ssm, cx, token)
    {
        if earlier.type_name != type_name {
            let message = "The client token was used for the deletion of another type.";
            return Err(errors::invalid_delete_inventory_parameters_exception(message));
        }
        return Ok(answer(Some(id), &earlier));
    }
    let deletion_id = id::uuid(&*parts.entropy).to_string();
    let is_dry = dry_run == Some(true);
    let deletion = change(&parts.catalog, || {
        let mut transaction = Transaction::default();
        let key = custom_types::key(&scope, &type_name);
        let found = parts.catalog.get::<CustomTypeRecord>(&key).ok_or_else(|| {
            errors::invalid_inventory_request_exception(format!("There is no inventory type {type_name}."))
        })?;
        let mut counts: BTreeMap<String, i32> = BTreeMap::new();
        for (_, version) in having(parts, &scope, &type_name, cx.now) {
            *counts.entry(version).or_default() += 1;
        }
        let deletion = DeletionRecord {
            type_name: type_name.clone(),
            client_token: client_token.clone(),
            started: cx.now,
            updated: cx.now,
            remaining: counts.clone(),
            counts,
            is_complete: false,
        };
        if is_dry {
            return Ok((transaction, deletion));
        }
        match schema_delete_option {
            Some(InventorySchemaDeleteOption::DeleteSchema) => {
                transaction.delete::<CustomTypeRecord>(key, found.version);
            }
            Some(InventorySchemaDeleteOption::DisableSchema) => {
                let disabled_version = Some(found.value.version.clone());
                let record = CustomTypeRecord { disabled_version, ..CustomTypeRecord::clone(&found.value) };
                transaction.update(key, found.version, &record);
            }
            None => {}
        }
        let key = Key::regional(&scope.account, &scope.region, deletion_id.clone());
        transaction.create(key, &deletion);
        Ok((transaction, deletion))
    })
    .await?;
    parts.signals.keep.notify_one();
    Ok(answer((!is_dry).then_some(deletion_id), &deletion))
}

/// The deletion that a repeated call asked for before.
fn repeated(ssm: &Ssm, cx: &CallContext, token: &str) -> Option<(String, DeletionRecord)> {
    let all = ssm.parts.catalog.list::<DeletionRecord>(cx.account(), Some(&cx.region)).into_iter();
    let mut same = all.filter(|(_, found)| found.value.client_token.as_deref() == Some(token));
    same.next().map(|(id, found)| (id, DeletionRecord::clone(&found.value)))
}

fn answer(deletion_id: Option<String>, deletion: &DeletionRecord) -> DeleteInventoryResult {
    DeleteInventoryResult {
        deletion_id,
        type_name: Some(deletion.type_name.clone()),
        deletion_summary: Some(summary(deletion)),
    }
}
