//! `GetDashboard`: a dashboard's body as it was put.

use api::cloudwatch::types;
use api::{CallContext, ServiceError};

use crate::CloudWatch;
use crate::dashboards::{arn, check_name, find};

pub(super) async fn get_dashboard(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: types::GetDashboardInput,
) -> Result<types::GetDashboardOutput, ServiceError> {
    check_name(&input.dashboard_name)?;
    let found = find(&cloudwatch.parts.catalog, cx, &input.dashboard_name)?.value;
    Ok(types::GetDashboardOutput {
        dashboard_arn: Some(arn(cx, &input.dashboard_name)),
        dashboard_body: Some(found.body.clone()),
        dashboard_name: Some(input.dashboard_name),
    })
}
