//! `DescribeComplianceByConfigRule`

use api::config::types::{
    ComplianceByConfigRule, DescribeComplianceByConfigRuleRequest, DescribeComplianceByConfigRuleResponse,
};
use api::{CallContext, ServiceError};

use super::rules_page::selected;
use crate::compliance::{Wanted, of_rule, shown};
use crate::paging;
use crate::service::Config;

/// Rules of a page.
const PAGE: usize = 100;

/// How it stands with rules, by name (config.md §6.6).
pub async fn describe_compliance_by_config_rule(
    config: &Config,
    cx: &CallContext,
    input: DescribeComplianceByConfigRuleRequest,
) -> Result<DescribeComplianceByConfigRuleResponse, ServiceError> {
    let wanted = Wanted::overall(input.compliance_types)?;
    let asked = format!("DescribeComplianceByConfigRule\n{}\n{:?}\n{wanted:?}", cx.account(), input.config_rule_names);
    let after: Option<String> = paging::read(input.next_token.as_deref(), &asked, cx.now)?;
    let mut rules = selected(config, cx, input.config_rule_names.as_deref())?;
    rules.retain(|rule| after.as_ref().is_none_or(|after| rule.name > *after));
    let mut page = Vec::new();
    let mut next_token = None;
    for rule in rules {
        let (compliance, violations) = of_rule(&config.parts.catalog, &cx.scope(), &rule.id);
        if !wanted.holds(compliance, None) {
            continue;
        }
        if page.len() == PAGE {
            let last = page.last().and_then(|last: &ComplianceByConfigRule| last.config_rule_name.clone());
            next_token = last.map(|last| paging::write(&asked, last, cx.now));
            break;
        }
        page.push(ComplianceByConfigRule {
            config_rule_name: Some(rule.name.clone()),
            compliance: Some(shown(compliance, violations)),
        });
    }
    Ok(DescribeComplianceByConfigRuleResponse { compliance_by_config_rules: Some(page), next_token })
}
