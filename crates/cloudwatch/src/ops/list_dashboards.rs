//! `ListDashboards`: the account's dashboards by name, 1,000 a page.

use api::cloudwatch::{errors, types};
use api::{CallContext, ServiceError};
use store::catalog::Versioned;

use crate::CloudWatch;
use crate::dashboards::arn;
use crate::list_page::page;
use crate::record::DashboardRecord;

/// Dashboards a page (cloudwatch.md §5.2).
const PAGE: usize = 1000;

pub(super) async fn list_dashboards(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: types::ListDashboardsInput,
) -> Result<types::ListDashboardsOutput, ServiceError> {
    let prefix = input.dashboard_name_prefix.unwrap_or_default();
    let found = cloudwatch.parts.catalog.list_prefix::<DashboardRecord>(cx.account(), None, &prefix);
    let entries = found.into_iter().map(|(name, record)| (name.clone(), entry(cx, name, &record))).collect();
    let page = page(&format!("dashboards {prefix}"), entries, input.next_token.as_deref(), PAGE, cx.now)
        .map_err(|_| errors::invalid_parameter_value_exception("Request parameter NextToken is invalid"))?;
    Ok(types::ListDashboardsOutput { dashboard_entries: Some(page.items), next_token: page.next_token })
}

fn entry(cx: &CallContext, name: String, found: &Versioned<DashboardRecord>) -> types::DashboardEntry {
    types::DashboardEntry {
        dashboard_arn: Some(arn(cx, &name)),
        dashboard_name: Some(name),
        last_modified: Some(found.value.modified),
        size: i64::try_from(found.value.body.len()).ok(),
    }
}
