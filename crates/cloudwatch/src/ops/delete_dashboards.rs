//! `DeleteDashboards`: removes dashboards, all of those named or none (cloudwatch.md §5.2).

use api::cloudwatch::{errors, types};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::CloudWatch;
use crate::dashboards::{check_name, key, not_found};
use crate::record::{Busy, DashboardRecord, change};
use crate::tags;

/// Names a call (cloudwatch.md §5.2).
const NAMES_MAX: usize = 100;

pub(super) async fn delete_dashboards(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: types::DeleteDashboardsInput,
) -> Result<types::DeleteDashboardsOutput, ServiceError> {
    let mut names = input.dashboard_names;
    if names.is_empty() || names.len() > NAMES_MAX {
        let message = format!("The collection DashboardNames must have a size between 1 and {NAMES_MAX}.");
        return Err(errors::invalid_parameter_value_exception(message));
    }
    names.iter().try_for_each(|name| check_name(name))?;
    names.sort_unstable();
    names.dedup();
    let catalog = &cloudwatch.parts.catalog;
    change(catalog, Busy::Conflict, || {
        let mut transaction = Transaction::default();
        let mut unknown = Vec::new();
        for name in &names {
            let key = key(cx.account(), name);
            match catalog.get::<DashboardRecord>(&key) {
                Some(found) => {
                    transaction.delete::<DashboardRecord>(key, found.version);
                    tags::remove(&mut transaction, catalog, &tags::Resource::dashboard(cx, name));
                }
                None => unknown.push(name.as_str()),
            }
        }
        if unknown.is_empty() { Ok((transaction, ())) } else { Err(not_found(&unknown)) }
    })
    .await?;
    Ok(types::DeleteDashboardsOutput {})
}
