//! `GetAggregateComplianceDetailsByConfigRule`

use api::config::errors;
use api::config::types::{
    AggregateEvaluationResult, ComplianceType, GetAggregateComplianceDetailsByConfigRuleRequest,
    GetAggregateComplianceDetailsByConfigRuleResponse,
};
use api::{CallContext, ServiceError};

use crate::rule::Compliance;
use crate::service::Config;
use crate::standing::{self, Wanted};
use crate::{aggregators, compliance, paging, rule_book};

/// Results of a page, unless fewer or more are asked for.
const PAGE: usize = 50;

/// What a rule of an account and region that an aggregator shows said, by type and id of resources; what it does not
/// apply to only when that is asked for (config.md §8.1). Of a rule that is not shown there are no results.
pub async fn get_aggregate_compliance_details_by_config_rule(
    config: &Config,
    cx: &CallContext,
    input: GetAggregateComplianceDetailsByConfigRuleRequest,
) -> Result<GetAggregateComplianceDetailsByConfigRuleResponse, ServiceError> {
    let (catalog, scope) = (&config.parts.catalog, cx.scope());
    let GetAggregateComplianceDetailsByConfigRuleRequest {
        configuration_aggregator_name: aggregator,
        config_rule_name,
        account_id,
        aws_region,
        compliance_type,
        limit,
        next_token,
    } = input;
    let sight = aggregators::sight(catalog, &scope, &aggregator)?;
    if compliance_type == Some(ComplianceType::InsufficientData) {
        let message = "INSUFFICIENT_DATA cannot be specified as a ComplianceType: there are no results of it.";
        return Err(errors::validation_exception(message));
    }
    let asked = format!(
        "GetAggregateComplianceDetailsByConfigRule\n{scope:?}\n{aggregator}\n{account_id}\n{aws_region}\n{config_rule_name}\n{compliance_type:?}"
    );
    let after = paging::read(next_token.as_deref(), &asked, cx.now)?;
    let shown = sight.scope(&account_id, &aws_region);
    let rule = shown.and_then(|of| Some((of, rule_book::find(catalog, of, &config_rule_name)?.value)));
    let Some((of, rule)) = rule else {
        return Ok(GetAggregateComplianceDetailsByConfigRuleResponse {
            aggregate_evaluation_results: Some(Vec::new()),
            next_token: None,
        });
    };
    let is_wanted = |compliance: Compliance| match compliance_type {
        Some(wanted) => compliance::word(compliance) == wanted,
        None => compliance != Compliance::NotApplicable,
    };
    let wanted = Wanted { rule: &rule, after, count: paging::limit(limit, PAGE) };
    let page = standing::results(catalog, of, wanted, |_, result| is_wanted(result.compliance));
    let to_api = |(resource, result): &standing::Told| {
        let result = compliance::result(&rule, resource, result);
        AggregateEvaluationResult {
            evaluation_result_identifier: result.evaluation_result_identifier,
            compliance_type: result.compliance_type,
            result_recorded_time: result.result_recorded_time,
            config_rule_invoked_time: result.config_rule_invoked_time,
            annotation: result.annotation,
            account_id: Some(of.account.to_string()),
            aws_region: Some(of.region.to_string()),
        }
    };
    Ok(GetAggregateComplianceDetailsByConfigRuleResponse {
        aggregate_evaluation_results: Some(page.results.iter().map(to_api).collect()),
        next_token: page.last.map(|last| paging::write(&asked, last, cx.now)),
    })
}
