//! `PutInventory`: what an agent gathered, type by type (config.md §9.1).

use std::collections::{BTreeMap, BTreeSet};

use api::ssm::errors;
use api::ssm::types::{InventoryItem, PutInventoryRequest, PutInventoryResult};
use api::{CallContext, ServiceError};
use base::{Scope, Timestamp};
use store::catalog::Transaction;

use crate::answer::of_type;
use crate::change::change;
use crate::content::{Entry, Packed};
use crate::custom_types;
use crate::instances;
use crate::inventory_types::{self, COMPLIANCE_ITEM, CUSTOM, INSTANCE_INFORMATION, Teller};
use crate::record::{Agent, ContentRecord, InstanceRecord, Origin, TypeHead};
use crate::service::{Parts, Ssm};

/// Keys of the context of compliance, and whether each must be there.
const CONTEXT: &[(&str, bool)] =
    &[("ComplianceType", true), ("ExecutionId", false), ("ExecutionType", false), ("ExecutionTime", true)];

pub(super) async fn put_inventory(
    ssm: &Ssm,
    cx: &CallContext,
    input: PutInventoryRequest,
) -> Result<PutInventoryResult, ServiceError> {
    let (parts, scope) = (&ssm.parts, cx.scope());
    let PutInventoryRequest { instance_id, items } = input;
    instances::telling(&parts.catalog, &scope, &instance_id)?;
    let told = items.into_iter().map(Told::parse).collect::<Result<Vec<_>, _>>()?;
    check_once(&told)?;
    change(&parts.catalog, || {
        let found = instances::telling(&parts.catalog, &scope, &instance_id)?;
        let before = found.as_ref().map(|found| InstanceRecord::clone(&found.value));
        let record = before.unwrap_or_else(|| InstanceRecord::new(Origin::Itself, cx.now));
        let mut host = Host { id: &instance_id, record: record.heard(cx.now), transaction: Transaction::default() };
        for told in &told {
            host.take(parts, &scope, told, cx.now)?;
        }
        let Host { record, mut transaction, .. } = host;
        if record.bytes() > parts.settings.host_bytes_max {
            let message = format!("The inventory of {instance_id} exceeds {} bytes.", parts.settings.host_bytes_max);
            return Err(errors::total_size_limit_exceeded_exception(message));
        }
        let key = instances::key(&scope, &instance_id);
        match &found {
            Some(found) => drop(transaction.update(key, found.version, &record)),
            None => drop(transaction.create(key, &record)),
        }
        Ok((transaction, ()))
    })
    .await?;
    parts.contacts.note(&scope, &instance_id, cx.now);
    parts.tell_soon(&scope, &instance_id);
    Ok(PutInventoryResult { message: Some("Inventory was put successfully".to_owned()) })
}

/// A type as it is told.
struct Told {
    type_name: String,
    schema_version: String,
    capture_time: String,
    content_hash: Option<String>,
    context: BTreeMap<String, String>,
    /// Packed, with the bytes that the entries have as JSON. `None` says that they have not changed.
    content: Option<(Vec<Entry>, Packed, usize)>,
}

impl Told {
    fn parse(item: InventoryItem) -> Result<Self, ServiceError> {
        let InventoryItem { type_name, schema_version, capture_time, content_hash, content, context } = item;
        check_type(&type_name, &schema_version)?;
        let context = check_context(&type_name, context)?;
        if content.is_none() && content_hash.is_none() {
            let message = "An inventory item has a content, or the hash of the one that was put before.";
            return Err(of_type(errors::invalid_item_content_exception(message), &type_name));
        }
        let content = content.map(|entries| {
            let entries: Vec<Entry> = entries.into_iter().map(|entry| entry.into_iter().collect()).collect();
            let (packed, bytes) = Packed::new(&entries);
            (entries, packed, bytes)
        });
        Ok(Self { type_name, schema_version, capture_time, content_hash, context, content })
    }
}

/// # Errors
/// `InvalidTypeNameException`, `UnsupportedInventorySchemaVersionException`
fn check_type(type_name: &str, schema_version: &str) -> Result<(), ServiceError> {
    if let Some(rest) = type_name.strip_prefix(CUSTOM) {
        let is_name = !rest.is_empty() && !rest.contains(['/', '.']) && !rest.chars().any(char::is_control);
        let message = format!("{type_name} is not a name for a custom inventory type.");
        return if is_name { Ok(()) } else { Err(errors::invalid_type_name_exception(message)) };
    }
    let known = inventory_types::find(type_name).filter(|known| known.teller != Teller::Service);
    let Some(known) = known else {
        let message = format!("{type_name} is not an inventory type that can be put.");
        return Err(errors::invalid_type_name_exception(message));
    };
    match known.knows_version(schema_version) {
        true => Ok(()),
        false => {
            let message = format!("The inventory type {type_name} does not support the version {schema_version}.");
            Err(errors::unsupported_inventory_schema_version_exception(message))
        }
    }
}

/// # Errors
/// `UnsupportedInventoryItemContextException`, `InvalidInventoryItemContextException`
fn check_context(
    type_name: &str,
    given: Option<Vec<(String, String)>>,
) -> Result<BTreeMap<String, String>, ServiceError> {
    let context: BTreeMap<String, String> = given.unwrap_or_default().into_iter().collect();
    if type_name != COMPLIANCE_ITEM {
        if context.is_empty() {
            return Ok(context);
        }
        let message = format!("An inventory item of the type {type_name} has no context.");
        return Err(of_type(errors::unsupported_inventory_item_context_exception(message), type_name));
    }
    let missing = CONTEXT.iter().find(|(key, is_required)| *is_required && !context.contains_key(*key));
    let unknown = context.keys().find(|key| !CONTEXT.iter().any(|(known, _)| known == key));
    match (missing, unknown) {
        (None, None) => Ok(context),
        (Some((key, _)), _) => {
            Err(errors::invalid_inventory_item_context_exception(format!("The context lacks {key}.")))
        }
        (None, Some(key)) => {
            Err(errors::invalid_inventory_item_context_exception(format!("The context has the unknown key {key}.")))
        }
    }
}

/// # Errors
/// `InvalidItemContentException` for a type that is told twice (I-2).
fn check_once(told: &[Told]) -> Result<(), ServiceError> {
    let mut seen = BTreeSet::new();
    match told.iter().find(|told| !seen.insert(&told.type_name)) {
        None => Ok(()),
        Some(twice) => {
            let message = format!("The inventory has two items of the type {}.", twice.type_name);
            Err(of_type(errors::invalid_item_content_exception(message), &twice.type_name))
        }
    }
}

/// A host while it is told of.
struct Host<'a> {
    id: &'a str,
    record: InstanceRecord,
    transaction: Transaction,
}

impl Host<'_> {
    /// Puts what is told of a type in the place of what was known of it (I-1).
    fn take(&mut self, parts: &Parts, scope: &Scope, told: &Told, now: Timestamp) -> Result<(), ServiceError> {
        let type_name = &told.type_name;
        // Of a schema that was disabled AWS passes over what is put.
        if custom_types::is_disabled(&parts.catalog, scope, type_name, &told.schema_version) {
            return Ok(());
        }
        let known = self.record.head(type_name).cloned();
        let Some((entries, packed, bytes)) = &told.content else {
            let known = known.filter(|known| known.content_hash == told.content_hash).ok_or_else(|| {
                let message = format!("The content of {type_name} is not the one of this hash.");
                of_type(errors::item_content_mismatch_exception(message), type_name)
            })?;
            let head = TypeHead { capture_time: told.capture_time.clone(), received: now, ..known };
            self.record.types.insert(type_name.clone(), head);
            return Ok(());
        };
        if *bytes > parts.settings.type_bytes_max {
            let message = format!("The inventory item exceeds {} bytes.", parts.settings.type_bytes_max);
            return Err(of_type(errors::item_size_limit_exceeded_exception(message), type_name));
        }
        if type_name.starts_with(CUSTOM) {
            let named = (type_name.as_str(), told.schema_version.as_str());
            let (catalog, types_max) = (&parts.catalog, parts.settings.custom_types_max);
            custom_types::note(catalog, &mut self.transaction, scope, named, entries, types_max)?;
        }
        if type_name == INSTANCE_INFORMATION {
            fill_in(&mut self.record.agent, entries.first());
        }
        let head = TypeHead {
            schema_version: told.schema_version.clone(),
            capture_time: told.capture_time.clone(),
            content_hash: told.content_hash.clone(),
            context: told.context.clone(),
            bytes: *bytes,
            received: now,
        };
        self.record.types.insert(type_name.clone(), head);
        let key = instances::part_key(scope, self.id, type_name);
        let record = ContentRecord(packed.clone());
        if parts.catalog.get::<ContentRecord>(&key).is_none_or(|found| *found.value != record) {
            self.transaction.put(key, &record);
        }
        Ok(())
    }
}

/// An agent that tells what its host is as inventory alone has said it all the same.
fn fill_in(agent: &mut Agent, told: Option<&Entry>) {
    let Some(told) = told else { return };
    for (member, name) in [
        (&mut agent.agent_name, "AgentType"),
        (&mut agent.agent_version, "AgentVersion"),
        (&mut agent.agent_status, "AgentStatus"),
        (&mut agent.platform_type, "PlatformType"),
        (&mut agent.platform_name, "PlatformName"),
        (&mut agent.platform_version, "PlatformVersion"),
        (&mut agent.ip_address, "IpAddress"),
        (&mut agent.computer_name, "ComputerName"),
    ] {
        if member.is_none() {
            *member = told.get(name).cloned();
        }
    }
}
