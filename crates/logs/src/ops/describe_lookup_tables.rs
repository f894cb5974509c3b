//! `DescribeLookupTables` (logs.md §8.7).

use api::logs::types;
use api::{CallContext, ServiceError};

use crate::Logs;
use crate::list_page::{self, Asked, Order};
use crate::lookup_tables::{self, LookupTableRecord};

pub(super) async fn describe_lookup_tables(
    logs: &Logs,
    cx: &CallContext,
    input: types::DescribeLookupTablesRequest,
) -> Result<types::DescribeLookupTablesResponse, ServiceError> {
    let scope = cx.scope();
    let parameters = format!("{:?}", ("DescribeLookupTables", &scope, &input.lookup_table_name_prefix));
    let asked = Asked {
        parameters: &parameters,
        token: input.next_token.as_deref(),
        limit: list_page::limit(input.max_results),
        order: Order::Ascending,
        now: cx.now,
    };
    let prefix = input.lookup_table_name_prefix.as_deref().unwrap_or_default();
    let found = logs.parts.catalog.list_prefix::<LookupTableRecord>(&scope.account, Some(&scope.region), prefix);
    let items = found.into_iter().map(|(name, found)| {
        let described = lookup_tables::described(&scope, &name, &found.value);
        (name, described)
    });
    let (tables, next_token) = list_page::page(&asked, items)?;
    Ok(types::DescribeLookupTablesResponse { lookup_tables: Some(tables), next_token })
}
