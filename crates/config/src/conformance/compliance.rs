//! How it stands with packs, by their rules (config.md §8.2).

use api::ServiceError;
use api::config::{errors, types};
use base::Scope;
use serde_json::{Value, json};
use store::Catalog;

use super::pack::PackRecord;
use crate::rule::Compliance;
use crate::rule_book;
use crate::standing;

/// A rule of a pack, and how it stands with it.
pub(crate) struct RuleStanding {
    pub(crate) name: String,
    arn: String,
    pub(crate) compliance: Compliance,
}

/// How it stands with a pack.
pub(crate) struct PackStanding {
    pub(crate) rules: Vec<RuleStanding>,
}

/// How it stands with a pack. A rule that is not there (any more) has no data.
pub(crate) fn of_pack(catalog: &Catalog, scope: &Scope, pack: &PackRecord) -> PackStanding {
    let rule = |rule: &super::pack::PackRule| {
        let found = rule_book::find(catalog, scope, &rule.name).filter(|found| found.value.id == rule.id);
        RuleStanding {
            name: rule.name.clone(),
            arn: found.map(|found| found.value.arn(scope)).unwrap_or_default(),
            compliance: crate::compliance::of_rule(catalog, scope, &rule.id).0,
        }
    };
    PackStanding { rules: pack.rules.iter().map(rule).collect() }
}

impl PackStanding {
    pub(crate) fn count(&self, compliance: Compliance) -> usize {
        self.rules.iter().filter(|rule| rule.compliance == compliance).count()
    }

    /// Of the pack: one rule that is not complied with is enough, and rules without data say nothing.
    pub(crate) fn overall(&self) -> Compliance {
        crate::results::overall(self.rules.iter().map(|rule| rule.compliance))
    }

    /// The configuration of the pack's item.
    pub(crate) fn configuration(&self) -> Value {
        let rule = |rule: &RuleStanding| {
            json!({
                "configRuleName": rule.name,
                "controls": [],
                "configRuleArn": rule.arn,
                "complianceType": rule.compliance.as_str(),
            })
        };
        json!({
            "compliantRuleCount": self.count(Compliance::Compliant),
            "nonCompliantRuleCount": self.count(Compliance::NonCompliant),
            "totalRuleCount": self.rules.len(),
            "complianceType": self.overall().as_str(),
            "configRuleList": self.rules.iter().map(rule).collect::<Vec<_>>(),
        })
    }
}

/// The word for it that packs have.
pub(crate) fn word(compliance: Compliance) -> types::ConformancePackComplianceType {
    match compliance {
        Compliance::Compliant => types::ConformancePackComplianceType::Compliant,
        Compliance::NonCompliant => types::ConformancePackComplianceType::NonCompliant,
        Compliance::NotApplicable | Compliance::InsufficientData => {
            types::ConformancePackComplianceType::InsufficientData
        }
    }
}

/// The share of resources that comply, of all that rules of the pack judged, in percent; `None` without any.
pub(crate) fn score(catalog: &Catalog, scope: &Scope, pack: &PackRecord) -> Option<f64> {
    let pairs = pack.rules.iter().map(|rule| standing::pairs(catalog, scope, &rule.id));
    let (compliant, non_compliant) = pairs.fold((0, 0), |all, of| (all.0 + of.0, all.1 + of.1));
    let all = compliant + non_compliant;
    (all > 0).then(|| compliant as f64 * 100.0 / all as f64)
}

/// # Errors
/// `NoSuchConfigRuleInConformancePackException` when a rule is named that the pack does not have;
/// `InvalidParameterValueException` for a compliance that there is no list of.
pub(crate) fn check_filters(
    pack: &PackRecord,
    names: Option<&[String]>,
    compliance: Option<types::ConformancePackComplianceType>,
) -> Result<(), ServiceError> {
    let is_unknown = |name: &&String| !pack.rules.iter().any(|rule| rule.name == **name);
    if let Some(unknown) = names.unwrap_or_default().iter().find(is_unknown) {
        let message = format!("The conformance pack {} has no Config rule {unknown}.", pack.name);
        return Err(errors::no_such_config_rule_in_conformance_pack_exception(message));
    }
    match compliance {
        Some(types::ConformancePackComplianceType::InsufficientData) => {
            let message = "The allowed values of ComplianceType are COMPLIANT and NON_COMPLIANT.";
            Err(errors::invalid_parameter_value_exception(message))
        }
        _ => Ok(()),
    }
}
