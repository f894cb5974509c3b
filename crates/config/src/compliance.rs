//! How it stands with rules and with resources, as the API shows it (config.md §6.6, R-15).

use api::ServiceError;
use api::config::errors;
use api::config::types::{
    self, ComplianceContributorCount, ComplianceType, EvaluationMode, EvaluationResult, EvaluationResultIdentifier,
    EvaluationResultQualifier,
};
use base::Scope;
use store::catalog::Catalog;

use crate::results::{self, ResultRecord};
use crate::rule::{Compliance, ResourceKey};
use crate::rule_book::RuleRecord;

/// How many violations are counted one by one.
const CONTRIBUTORS_MAX: usize = 25;
/// Results that are read at once.
const PAGE: usize = 512;

/// How it stands with a rule, and with how many resources it is broken; of more than can be shown, some.
pub(crate) fn of_rule(catalog: &Catalog, scope: &Scope, rule_id: &str) -> (Compliance, usize) {
    let (mut overall, mut violations) = (Compliance::InsufficientData, 0);
    let mut after: Option<ResourceKey> = None;
    loop {
        let page = results::of_rule(catalog, scope, rule_id, after.as_ref(), PAGE);
        for (_, result) in &page {
            match result.value.compliance {
                Compliance::NonCompliant => violations += 1,
                Compliance::Compliant => overall = Compliance::Compliant,
                Compliance::NotApplicable | Compliance::InsufficientData => {}
            }
        }
        let Some((last, _)) = page.last().filter(|_| violations <= CONTRIBUTORS_MAX) else { break };
        after = Some(last.clone());
    }
    match violations {
        0 => (overall, 0),
        _ => (Compliance::NonCompliant, violations),
    }
}

/// `Compliance`: only of what is broken it is said how often.
pub(crate) fn shown(compliance: Compliance, violations: usize) -> types::Compliance {
    types::Compliance {
        compliance_type: Some(word(compliance)),
        compliance_contributor_count: (compliance == Compliance::NonCompliant)
            .then(|| capped(violations, CONTRIBUTORS_MAX)),
    }
}

/// A count that is shown up to a number.
pub(crate) fn capped(count: usize, most: usize) -> ComplianceContributorCount {
    ComplianceContributorCount {
        capped_count: Some(i32::try_from(count.min(most)).expect("the most is small")),
        cap_exceeded: Some(count > most),
    }
}

/// The API's word.
pub(crate) fn word(compliance: Compliance) -> ComplianceType {
    match compliance {
        Compliance::Compliant => ComplianceType::Compliant,
        Compliance::NonCompliant => ComplianceType::NonCompliant,
        Compliance::NotApplicable => ComplianceType::NotApplicable,
        Compliance::InsufficientData => ComplianceType::InsufficientData,
    }
}

/// `EvaluationResult`
pub(crate) fn result(rule: &RuleRecord, resource: &ResourceKey, result: &ResultRecord) -> EvaluationResult {
    let qualifier = EvaluationResultQualifier {
        config_rule_name: Some(rule.name.clone()),
        resource_type: Some(resource.resource_type.clone()),
        resource_id: Some(resource.resource_id.clone()),
        evaluation_mode: Some(EvaluationMode::Detective),
    };
    EvaluationResult {
        evaluation_result_identifier: Some(EvaluationResultIdentifier {
            evaluation_result_qualifier: Some(qualifier),
            ordering_timestamp: Some(result.ordering),
            resource_evaluation_id: None,
        }),
        compliance_type: Some(word(result.compliance)),
        result_recorded_time: Some(result.recorded),
        config_rule_invoked_time: Some(result.invoked),
        annotation: result.annotation.clone(),
        result_token: None,
    }
}

/// Which kinds of compliance are asked for.
#[derive(Clone, Debug)]
pub(crate) struct Wanted(Vec<ComplianceType>);

impl Wanted {
    /// Those of rules or resources as a whole, which cannot be inapplicable.
    ///
    /// # Errors
    /// `InvalidParameterValueException`
    pub(crate) fn overall(given: Option<Vec<ComplianceType>>) -> Result<Self, ServiceError> {
        Self::without(given, ComplianceType::NotApplicable, "COMPLIANT, NON_COMPLIANT, INSUFFICIENT_DATA")
    }

    /// Those of results, of which there is none without data.
    ///
    /// # Errors
    /// `InvalidParameterValueException`
    pub(crate) fn of_results(given: Option<Vec<ComplianceType>>) -> Result<Self, ServiceError> {
        Self::without(given, ComplianceType::InsufficientData, "COMPLIANT, NON_COMPLIANT, NOT_APPLICABLE")
    }

    fn without(given: Option<Vec<ComplianceType>>, not: ComplianceType, can: &str) -> Result<Self, ServiceError> {
        let given = given.unwrap_or_default();
        if given.contains(&not) {
            let message = format!(
                "The ComplianceType {} is invalid. Only the following values are permitted: {can}",
                not.as_str()
            );
            return Err(errors::invalid_parameter_value_exception(message));
        }
        Ok(Self(given))
    }

    /// Whether one is wanted; where nothing is asked for, all but this.
    pub(crate) fn holds(&self, compliance: Compliance, unless: Option<Compliance>) -> bool {
        match self.0.is_empty() {
            true => unless != Some(compliance),
            false => self.0.contains(&word(compliance)),
        }
    }
}
