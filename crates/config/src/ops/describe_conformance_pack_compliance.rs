//! `DescribeConformancePackCompliance`

use api::config::types::{
    ConformancePackComplianceFilters, ConformancePackRuleCompliance, DescribeConformancePackComplianceRequest,
    DescribeConformancePackComplianceResponse,
};
use api::{CallContext, ServiceError};

use crate::conformance::compliance::{self, RuleStanding, word};
use crate::conformance::pack;
use crate::paging;
use crate::service::Config;

/// Rules of a page, unless fewer are asked for.
const PAGE: usize = 1000;

/// How it stands with the rules of a pack, by name (config.md §8.2).
pub async fn describe_conformance_pack_compliance(
    config: &Config,
    cx: &CallContext,
    input: DescribeConformancePackComplianceRequest,
) -> Result<DescribeConformancePackComplianceResponse, ServiceError> {
    let (catalog, scope, name) = (&config.parts.catalog, cx.scope(), input.conformance_pack_name);
    let pack = pack::named(catalog, &scope, &name)?.value;
    let asked = format!("DescribeConformancePackCompliance\n{scope:?}\n{name}\n{:?}", input.filters);
    let ConformancePackComplianceFilters { config_rule_names, compliance_type } = input.filters.unwrap_or_default();
    let names = config_rule_names.filter(|names| !names.is_empty());
    compliance::check_filters(&pack, names.as_deref(), compliance_type)?;
    let mut rules = compliance::of_pack(catalog, &scope, &pack).rules;
    rules.retain(|rule| {
        names.as_ref().is_none_or(|names| names.contains(&rule.name))
            && compliance_type.is_none_or(|wanted| word(rule.compliance) == wanted)
    });
    let limit = paging::limit(input.limit, PAGE);
    let place = |rule: &RuleStanding| rule.name.clone();
    let (page, next_token) = paging::page_of(rules, place, &asked, input.next_token.as_deref(), limit, cx.now)?;
    let to_api = |rule: RuleStanding| ConformancePackRuleCompliance {
        config_rule_name: Some(rule.name),
        compliance_type: Some(word(rule.compliance)),
        controls: Some(Vec::new()),
    };
    Ok(DescribeConformancePackComplianceResponse {
        conformance_pack_name: name,
        conformance_pack_rule_compliance_list: page.into_iter().map(to_api).collect(),
        next_token,
    })
}
