//! `PutDashboard`: makes a dashboard or replaces its body (cloudwatch.md §5.2).

use api::cloudwatch::{errors, types};
use api::{CallContext, IntoValue, ServiceError};
use store::catalog::Transaction;

use crate::CloudWatch;
use crate::dashboard_body::{self, Validation};
use crate::dashboards::{check_name, key};
use crate::record::{Busy, DashboardRecord, change};
use crate::tags;

pub(super) async fn put_dashboard(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: types::PutDashboardInput,
) -> Result<types::PutDashboardOutput, ServiceError> {
    check_name(&input.dashboard_name)?;
    let found = dashboard_body::validate(&input.dashboard_body);
    if let Some(message) = found.message() {
        return Err(invalid(message, found));
    }
    let catalog = &cloudwatch.parts.catalog;
    let record = DashboardRecord { body: input.dashboard_body, modified: cx.now };
    let given = input.tags.unwrap_or_default();
    change(catalog, Busy::Conflict, || {
        let (key, resource) =
            (key(cx.account(), &input.dashboard_name), tags::Resource::dashboard(cx, &input.dashboard_name));
        // Tags are for a new dashboard only; those of one that exists stay as they are.
        let tags = tags::merged(Vec::new(), &given)?;
        let mut transaction = Transaction::default();
        match catalog.get::<DashboardRecord>(&key) {
            Some(found) => {
                transaction.update(key, found.version, &record);
            }
            None => {
                transaction.create(key, &record);
                tags::create(&mut transaction, &resource, tags);
            }
        }
        Ok((transaction, ()))
    })
    .await?;
    Ok(types::PutDashboardOutput { dashboard_validation_messages: Some(messages(found.warnings)) })
}

fn invalid(message: String, found: Validation) -> ServiceError {
    let error = errors::dashboard_invalid_input_error(message);
    let list = messages(found.errors).into_value();
    error.with_member(errors::DASHBOARD_INVALID_INPUT_ERROR, "dashboardValidationMessages", list)
}

fn messages(found: Vec<(String, String)>) -> Vec<types::DashboardValidationMessage> {
    let message =
        |(data_path, message)| types::DashboardValidationMessage { data_path: Some(data_path), message: Some(message) };
    found.into_iter().map(message).collect()
}
