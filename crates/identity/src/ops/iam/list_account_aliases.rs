//! `ListAccountAliases`: lists the account's alias; there is at most one.

use api::iam::types;
use api::{CallContext, ServiceError};
use store::catalog::Key;

use crate::iam::Iam;
use crate::iam::paging::page;
use crate::record::AccountAlias;

pub(super) async fn list_account_aliases(
    iam: &Iam,
    cx: &CallContext,
    input: types::ListAccountAliasesRequest,
) -> Result<types::ListAccountAliasesResponse, ServiceError> {
    let found = iam.catalog.get::<AccountAlias>(&Key::global(cx.account(), "alias"));
    let aliases = found.map(|found| found.value.alias.clone()).into_iter().map(|alias| (alias.clone(), alias));
    let page = page(aliases.collect(), input.marker.as_deref(), input.max_items)?;
    Ok(types::ListAccountAliasesResponse {
        account_aliases: page.items,
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}
