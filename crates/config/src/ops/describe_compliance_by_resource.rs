//! `DescribeComplianceByResource`

use api::config::errors;
use api::config::types::{
    ComplianceByResource, DescribeComplianceByResourceRequest, DescribeComplianceByResourceResponse,
};
use api::{CallContext, ServiceError};

use crate::compliance::{Wanted, shown};
use crate::paging;
use crate::results::{self, overall};
use crate::rule::{Compliance, ResourceKey};
use crate::service::Config;

/// Resources of a page, unless others are asked for.
const PAGE: usize = 10;

/// How it stands with resources that rules judged, by type and id (config.md §6.6). Those to which no rule applies are
/// shown only when it is asked for them.
pub async fn describe_compliance_by_resource(
    config: &Config,
    cx: &CallContext,
    input: DescribeComplianceByResourceRequest,
) -> Result<DescribeComplianceByResourceResponse, ServiceError> {
    let (catalog, scope) = (&config.parts.catalog, cx.scope());
    let wanted = Wanted::overall(input.compliance_types)?;
    if input.resource_id.is_some() && input.resource_type.is_none() {
        let message = "The ResourceType should be provided when the ResourceId is provided.";
        return Err(errors::invalid_parameter_value_exception(message));
    }
    let asked = format!(
        "DescribeComplianceByResource\n{}\n{:?}\n{:?}\n{wanted:?}",
        cx.account(),
        input.resource_type,
        input.resource_id
    );
    let after: Option<(String, String)> = paging::read(input.next_token.as_deref(), &asked, cx.now)?;
    let after = after.map(|(resource_type, resource_id)| ResourceKey { resource_type, resource_id });
    let limit = paging::limit(input.limit, PAGE);
    let mut page: Vec<(ResourceKey, ComplianceByResource)> = Vec::new();
    let mut is_more = false;
    let mut take = |key: ResourceKey, said: &[(String, Compliance)]| {
        let compliance = overall(said.iter().map(|(_, compliance)| *compliance));
        if !wanted.holds(compliance, Some(Compliance::InsufficientData)) {
            return true;
        }
        if page.len() == limit {
            is_more = true;
            return false;
        }
        let violations = said.iter().filter(|(_, compliance)| *compliance == Compliance::NonCompliant).count();
        let shown = ComplianceByResource {
            resource_type: Some(key.resource_type.clone()),
            resource_id: Some(key.resource_id.clone()),
            compliance: Some(shown(compliance, violations)),
        };
        page.push((key, shown));
        true
    };
    match (input.resource_type, input.resource_id) {
        (Some(resource_type), Some(resource_id)) => {
            let key = ResourceKey { resource_type, resource_id };
            let said = results::of_resource(catalog, &scope, &key);
            if !said.is_empty() {
                take(key, &said);
            }
        }
        (resource_type, _) => {
            results::each_resource(catalog, &scope, resource_type.as_deref(), after.as_ref(), take);
        }
    }
    let last = page.last().filter(|_| is_more);
    let next_token = last.map(|(key, _)| paging::write(&asked, (&key.resource_type, &key.resource_id), cx.now));
    let compliance_by_resources = Some(page.into_iter().map(|(_, shown)| shown).collect());
    Ok(DescribeComplianceByResourceResponse { compliance_by_resources, next_token })
}
