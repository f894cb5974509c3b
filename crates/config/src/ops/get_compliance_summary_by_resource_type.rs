//! `GetComplianceSummaryByResourceType`

use api::config::types::{
    ComplianceSummary, ComplianceSummaryByResourceType, GetComplianceSummaryByResourceTypeRequest,
    GetComplianceSummaryByResourceTypeResponse,
};
use api::{CallContext, ServiceError};

use crate::compliance::capped;
use crate::results::{self, overall};
use crate::rule::Compliance;
use crate::service::Config;

/// Resources that are counted one by one.
const RESOURCES_MAX: usize = 100;

/// How many resources keep all rules, and how many do not: of each type that is named, or of all together
/// (config.md §6.6).
pub async fn get_compliance_summary_by_resource_type(
    config: &Config,
    cx: &CallContext,
    input: GetComplianceSummaryByResourceTypeRequest,
) -> Result<GetComplianceSummaryByResourceTypeResponse, ServiceError> {
    let types = input.resource_types.unwrap_or_default();
    let asked: Vec<_> = match types.is_empty() {
        true => vec![None],
        false => types.into_iter().map(Some).collect(),
    };
    let summary = |resource_type: Option<String>| ComplianceSummaryByResourceType {
        compliance_summary: Some(summary(config, cx, resource_type.as_deref())),
        resource_type,
    };
    let summaries = asked.into_iter().map(summary).collect();
    Ok(GetComplianceSummaryByResourceTypeResponse { compliance_summaries_by_resource_type: Some(summaries) })
}

fn summary(config: &Config, cx: &CallContext, resource_type: Option<&str>) -> ComplianceSummary {
    let (mut kept, mut broken) = (0, 0);
    results::each_resource(&config.parts.catalog, &cx.scope(), resource_type, None, |_, said| {
        match overall(said.iter().map(|(_, compliance)| *compliance)) {
            Compliance::Compliant => kept += 1,
            Compliance::NonCompliant => broken += 1,
            Compliance::NotApplicable | Compliance::InsufficientData => {}
        }
        kept <= RESOURCES_MAX || broken <= RESOURCES_MAX
    });
    ComplianceSummary {
        compliant_resource_count: Some(capped(kept, RESOURCES_MAX)),
        non_compliant_resource_count: Some(capped(broken, RESOURCES_MAX)),
        compliance_summary_timestamp: Some(cx.now),
    }
}
