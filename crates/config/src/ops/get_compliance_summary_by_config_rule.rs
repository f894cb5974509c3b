//! `GetComplianceSummaryByConfigRule`

use api::config::types::{ComplianceSummary, GetComplianceSummaryByConfigRuleResponse};
use api::{CallContext, ServiceError, Unit};

use crate::compliance::{capped, of_rule};
use crate::rule::Compliance;
use crate::rule_book;
use crate::service::Config;

/// Rules that are counted one by one.
const RULES_MAX: usize = 25;

/// How many rules are kept, and how many are not (config.md §6.6).
pub async fn get_compliance_summary_by_config_rule(
    config: &Config,
    cx: &CallContext,
    _input: Unit,
) -> Result<GetComplianceSummaryByConfigRuleResponse, ServiceError> {
    let (catalog, scope) = (&config.parts.catalog, cx.scope());
    let (mut kept, mut broken) = (0, 0);
    for found in rule_book::all(catalog, &scope) {
        match of_rule(catalog, &scope, &found.value.id).0 {
            Compliance::Compliant => kept += 1,
            Compliance::NonCompliant => broken += 1,
            Compliance::NotApplicable | Compliance::InsufficientData => {}
        }
    }
    let summary = ComplianceSummary {
        compliant_resource_count: Some(capped(kept, RULES_MAX)),
        non_compliant_resource_count: Some(capped(broken, RULES_MAX)),
        compliance_summary_timestamp: Some(cx.now),
    };
    Ok(GetComplianceSummaryByConfigRuleResponse { compliance_summary: Some(summary) })
}
