//! `GetInventorySchema`: what types of inventory there are, and their attributes.

use api::ssm::types::{
    GetInventorySchemaRequest, GetInventorySchemaResult, InventoryAttributeDataType, InventoryItemAttribute,
    InventoryItemSchema,
};
use api::{CallContext, ServiceError};

use crate::custom_types;
use crate::inventory_types::{self, Shown};
use crate::paging;
use crate::record::CustomTypeRecord;
use crate::service::Ssm;

const PAGE: usize = 50;

pub(super) async fn get_inventory_schema(
    ssm: &Ssm,
    cx: &CallContext,
    input: GetInventorySchemaRequest,
) -> Result<GetInventorySchemaResult, ServiceError> {
    let GetInventorySchemaRequest { type_name, next_token, max_results, aggregator, sub_type } = input;
    let asked = format!("GetInventorySchema {type_name:?} {aggregator:?} {sub_type:?}");
    let shown = if aggregator == Some(true) { Shown::Countable } else { Shown::All };
    let own = inventory_types::all().filter_map(|known| known.schema(shown));
    let custom = custom_types::all(&ssm.parts.catalog, &cx.scope()).into_iter();
    let custom = custom.filter(|_| shown == Shown::All).map(|(name, record)| custom_schema(name, record));
    let wanted = type_name.unwrap_or_default();
    let mut all: Vec<_> = own.chain(custom).filter(|schema| schema.type_name.starts_with(&wanted)).collect();
    // No type has types below it.
    if sub_type == Some(true) {
        all.clear();
    }
    let limit = paging::limit(max_results, PAGE);
    let (schemas, next_token) = paging::page(all, limit, next_token.as_deref(), &asked, cx.now)?;
    Ok(GetInventorySchemaResult { schemas: Some(schemas), next_token })
}

fn custom_schema(type_name: String, record: CustomTypeRecord) -> InventoryItemSchema {
    let attribute = |name| InventoryItemAttribute { name, data_type: InventoryAttributeDataType::String };
    InventoryItemSchema {
        type_name,
        version: Some(record.version),
        attributes: record.attributes.into_iter().map(attribute).collect(),
        display_name: None,
    }
}
