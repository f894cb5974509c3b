//! `GetConformancePackComplianceDetails`

use api::config::types::{
    ConformancePackEvaluationFilters, ConformancePackEvaluationResult, GetConformancePackComplianceDetailsRequest,
    GetConformancePackComplianceDetailsResponse,
};
use api::{CallContext, ServiceError};
use serde::{Deserialize, Serialize};

use crate::conformance::{compliance, pack};
use crate::results::ResultRecord;
use crate::rule::{Compliance, ResourceKey};
use crate::rule_book::RuleRecord;
use crate::service::Config;
use crate::standing::{self, Wanted};
use crate::{paging, rule_book};

/// Results of a page, unless fewer are asked for.
const PAGE: usize = 100;

/// The last result of a page.
#[derive(Serialize, Deserialize)]
struct Place {
    rule: String,
    resource: (String, String),
}

/// What the rules of a pack said, by rule and resource, without what they do not apply to (config.md §8.2).
pub async fn get_conformance_pack_compliance_details(
    config: &Config,
    cx: &CallContext,
    input: GetConformancePackComplianceDetailsRequest,
) -> Result<GetConformancePackComplianceDetailsResponse, ServiceError> {
    let (catalog, scope, name) = (&config.parts.catalog, cx.scope(), input.conformance_pack_name);
    let pack = pack::named(catalog, &scope, &name)?.value;
    let asked = format!("GetConformancePackComplianceDetails\n{scope:?}\n{name}\n{:?}", input.filters);
    let filters = input.filters.unwrap_or_default();
    let ConformancePackEvaluationFilters { config_rule_names, compliance_type, resource_type, resource_ids } = filters;
    let names = config_rule_names.filter(|names| !names.is_empty());
    let resource_ids = resource_ids.filter(|ids| !ids.is_empty());
    compliance::check_filters(&pack, names.as_deref(), compliance_type)?;
    let after: Option<Place> = paging::read(input.next_token.as_deref(), &asked, cx.now)?;
    let limit = paging::limit(input.limit, PAGE);
    let is_wanted = |resource: &ResourceKey, result: &ResultRecord| {
        result.compliance != Compliance::NotApplicable
            && compliance_type.is_none_or(|wanted| compliance::word(result.compliance) == wanted)
            && resource_type.as_ref().is_none_or(|wanted| resource.resource_type == *wanted)
            && resource_ids.as_ref().is_none_or(|ids| ids.contains(&resource.resource_id))
    };
    let mut found: Vec<(Place, ConformancePackEvaluationResult)> = Vec::new();
    let rules = pack.rules.iter().filter(|rule| names.as_ref().is_none_or(|names| names.contains(&rule.name)));
    for rule in rules {
        let of_rule = match &after {
            Some(after) if rule.name < after.rule => continue,
            Some(after) if rule.name == after.rule => Some(after.resource.clone()),
            _ => None,
        };
        let Some(rule) = rule_book::find(catalog, &scope, &rule.name) else { continue };
        // One more than a page tells whether there is another.
        let wanted = Wanted { rule: &rule.value, after: of_rule, count: limit + 1 - found.len() };
        for (resource, result) in standing::results(catalog, &scope, wanted, is_wanted).results {
            let evaluation = evaluation(&rule.value, &resource, &result);
            let place =
                Place { rule: rule.value.name.clone(), resource: (resource.resource_type, resource.resource_id) };
            found.push((place, evaluation));
        }
        if found.len() > limit {
            break;
        }
    }
    let is_more = found.len() > limit;
    found.truncate(limit);
    let next_token = found.last().filter(|_| is_more).map(|(place, _)| paging::write(&asked, place, cx.now));
    Ok(GetConformancePackComplianceDetailsResponse {
        conformance_pack_name: name,
        conformance_pack_rule_evaluation_results: Some(found.into_iter().map(|(_, result)| result).collect()),
        next_token,
    })
}

fn evaluation(rule: &RuleRecord, resource: &ResourceKey, result: &ResultRecord) -> ConformancePackEvaluationResult {
    let identifier = crate::compliance::result(rule, resource, result).evaluation_result_identifier;
    ConformancePackEvaluationResult {
        compliance_type: compliance::word(result.compliance),
        evaluation_result_identifier: identifier.expect("every result names what it is of"),
        config_rule_invoked_time: result.invoked,
        result_recorded_time: result.recorded,
        annotation: result.annotation.clone(),
    }
}
