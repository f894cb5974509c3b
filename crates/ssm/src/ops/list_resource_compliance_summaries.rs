//! `ListResourceComplianceSummaries`: whether hosts comply, by host and type of compliance.

use api::ssm::types::{ListResourceComplianceSummariesRequest, ListResourceComplianceSummariesResult};
use api::{CallContext, ServiceError};

use crate::compliance::{self, Compliance};
use crate::compliance_filter::ComplianceFilter;
use crate::paging;
use crate::service::Ssm;

const PAGE: usize = 50;
const READ: usize = 8;
const KEYS: &[&str] = &["ComplianceType", "ExecutionId", "ExecutionType", "OverallSeverity", "ResourceId", "Status"];

pub(super) async fn list_resource_compliance_summaries(
    ssm: &Ssm,
    cx: &CallContext,
    input: ListResourceComplianceSummariesRequest,
) -> Result<ListResourceComplianceSummariesResult, ServiceError> {
    let ListResourceComplianceSummariesRequest { filters, next_token, max_results } = input;
    let asked = format!("ListResourceComplianceSummaries {filters:?}");
    let filters = ComplianceFilter::parse(filters, KEYS)?;
    let limit = paging::limit(max_results, PAGE);
    let mut before: Option<String> = paging::read(next_token.as_deref(), &asked, cx.now)?;
    let mut shown = Vec::new();
    loop {
        let read = compliance::page(&ssm.parts.catalog, &cx.scope(), before.as_deref(), READ);
        if read.is_empty() {
            return Ok(ListResourceComplianceSummariesResult {
                resource_compliance_summary_items: Some(shown),
                next_token: None,
            });
        }
        for (name, found) in read {
            if filters.iter().all(|filter| filter.matches(attribute(&found, filter.key()))) {
                if shown.len() == limit {
                    return Ok(ListResourceComplianceSummariesResult {
                        resource_compliance_summary_items: Some(shown),
                        next_token: before.map(|place| paging::write(&asked, place, cx.now)),
                    });
                }
                shown.push(found.summary());
            }
            before = Some(name);
        }
        tokio::task::yield_now().await;
    }
}

fn attribute<'a>(found: &'a Compliance, key: &str) -> Option<&'a str> {
    match key {
        "ComplianceType" => Some(&found.compliance_type),
        "ExecutionId" => found.record.execution_id.as_deref(),
        "ExecutionType" => found.record.execution_type.as_deref(),
        "OverallSeverity" => Some(found.severity().as_str()),
        "ResourceId" => Some(&found.instance_id),
        _ => Some(found.status().as_str()),
    }
}
