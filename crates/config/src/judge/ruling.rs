//! A rule as it is evaluated: by whom, with which parameters, when, and what it is about.

use std::sync::Arc;

use base::{Scope, Timestamp};
use store::catalog::{Catalog, Versioned};

use crate::due::is_judged;
use crate::item::{ACCOUNT_TYPE, Item};
use crate::rule::{Fact, ManagedRule, Parameters, ResourceKey, Subject, Trigger};
use crate::rule_book::{self, MessageKind, Mode, RuleRecord, RuleScope, RuleSource};
use crate::rule_state::RuleError;
use crate::rules;

/// How often the clock sets a rule off unless something else is said, in hours.
pub(crate) const PERIOD_HOURS: i64 = 24;

const HOUR_MS: i64 = 3_600_000;

/// A rule as it is evaluated.
pub(crate) struct Ruling {
    pub(crate) found: Versioned<RuleRecord>,
    pub(crate) by: Evaluator,
}

/// Who evaluates a rule.
pub(crate) enum Evaluator {
    /// The server, by one of AWS's rules.
    Managed { rule: &'static ManagedRule, parameters: Parameters },
    /// The server, by a policy.
    Policy { text: String },
    /// A function.
    Function,
    /// Somebody who puts results without being asked; or nobody, since it judges only what is not there yet.
    Others,
    /// Nobody, and why not.
    Nobody(RuleError),
}

/// The resources that a rule is about.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum About {
    /// The account as a whole.
    Account,
    /// Those of these types.
    Types(Vec<String>),
    /// Those of any type.
    Everything,
}

/// The rules of an account and region that can be evaluated.
pub(crate) fn rulings(catalog: &Catalog, scope: &Scope) -> Vec<Arc<Ruling>> {
    rule_book::active(catalog, scope).into_iter().map(|found| Arc::new(Ruling::of(found))).collect()
}

impl Ruling {
    pub(crate) fn of(found: Versioned<RuleRecord>) -> Self {
        let judges_what_is_there = found.value.modes.is_empty() || found.value.modes.contains(&Mode::Detective);
        let by = match &found.value.source {
            _ if !judges_what_is_there => Evaluator::Others,
            RuleSource::Lambda { .. } => Evaluator::Function,
            RuleSource::Policy { text, .. } => Evaluator::Policy { text: text.clone() },
            RuleSource::Managed { identifier } => managed(identifier, found.value.input_parameters.as_deref()),
        };
        Self { found, by }
    }

    pub(crate) fn rule(&self) -> &RuleRecord {
        &self.found.value
    }

    /// Whether items set it off.
    pub(crate) fn is_by_change(&self) -> bool {
        match &self.by {
            Evaluator::Managed { rule, .. } => rule.trigger.is_by_change(),
            Evaluator::Policy { .. } => true,
            Evaluator::Function => self.listens_to(&[MessageKind::Change, MessageKind::OversizedChange]),
            Evaluator::Others | Evaluator::Nobody(_) => false,
        }
    }

    /// How often the clock sets it off, if it does.
    pub(crate) fn period_hours(&self) -> Option<i64> {
        let of_rule = self.rule().period_hours;
        match &self.by {
            Evaluator::Managed { rule, .. } if rule.trigger.is_by_period() => Some(of_rule.unwrap_or(PERIOD_HOURS)),
            Evaluator::Function => {
                let details = self.rule().details().iter().filter(|detail| detail.message == MessageKind::Scheduled);
                details.map(|detail| detail.period_hours.or(of_rule).unwrap_or(PERIOD_HOURS)).min()
            }
            _ => None,
        }
    }

    /// When the clock next sets it off after `now`, given when it was due before.
    pub(crate) fn next_due(&self, due_before: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
        let period_ms = self.period_hours()?.saturating_mul(HOUR_MS);
        let Some(due) = due_before else { return Some(now.plus_millis(period_ms)) };
        // A server that was down for days makes up for all missed times with one.
        let missed = now.millis().saturating_sub(due.millis()).div_euclid(period_ms).max(-1);
        Some(due.plus_millis((missed + 1) * period_ms))
    }

    /// Whether the server itself says what holds.
    pub(crate) fn is_judged_here(&self) -> bool {
        matches!(self.by, Evaluator::Managed { .. } | Evaluator::Policy { .. })
    }

    /// Whether it is only about what happens from now on.
    pub(crate) fn is_about_new_alone(&self) -> bool {
        matches!(&self.by, Evaluator::Managed { rule, .. } if rule.trigger == Trigger::NewEvents)
    }

    fn listens_to(&self, kinds: &[MessageKind]) -> bool {
        self.rule().details().iter().any(|detail| kinds.contains(&detail.message))
    }

    /// The questions that are to be asked before it is evaluated.
    pub(crate) fn facts(&self) -> &'static [Fact] {
        match &self.by {
            Evaluator::Managed { rule, .. } => rule.facts,
            _ => &[],
        }
    }

    /// The resources it is about: what it is about by itself, narrowed by its scope.
    pub(crate) fn about(&self) -> About {
        let scope = &self.rule().scope;
        let narrowed = |types: &[&str]| {
            let held = types.iter().filter(|of_type| scope.holds_type(of_type));
            About::Types(held.map(|of_type| (*of_type).to_owned()).collect())
        };
        match &self.by {
            Evaluator::Managed { rule: ManagedRule { subject: Subject::Account, .. }, .. } => About::Account,
            Evaluator::Managed { rule: ManagedRule { subject: Subject::Resources(types), .. }, .. } => narrowed(types),
            _ if scope.types.is_empty() => About::Everything,
            _ => About::Types(scope.types.clone()),
        }
    }

    /// Whether it judges a resource as it is.
    pub(crate) fn holds(&self, item: &Item) -> bool {
        if let Evaluator::Managed { rule: ManagedRule { subject: Subject::Account, .. }, .. } = &self.by {
            return item.resource_type == ACCOUNT_TYPE;
        }
        self.is_about_type(&item.resource_type) && item.status.is_recorded() && self.rule().scope.holds(item)
    }

    /// Whether it judges a live resource, as far as the name tells; `None` where its tags decide.
    pub(crate) fn holds_by_name(&self, resource: &ResourceKey) -> Option<bool> {
        let ResourceKey { resource_type, resource_id } = resource;
        let RuleScope { types: _, resource_id: of_scope, tag_key, tag_value: _ } = &self.rule().scope;
        let holds_name = self.is_about_type(resource_type)
            && self.rule().scope.holds_type(resource_type)
            && of_scope.as_ref().is_none_or(|id| id == resource_id);
        (!holds_name || tag_key.is_none()).then_some(holds_name)
    }

    /// Whether it is by itself about resources of a type.
    fn is_about_type(&self, resource_type: &str) -> bool {
        let is_of_its_own = match &self.by {
            Evaluator::Managed { rule, .. } => match rule.subject {
                Subject::Account => false,
                Subject::Resources(types) => types.contains(&resource_type),
                Subject::AnyResource => true,
            },
            _ => true,
        };
        is_of_its_own && is_judged(resource_type)
    }

    /// Whether the rule is the one that was found, and nobody has put another in its place.
    pub(crate) fn still_is(&self, catalog: &Catalog, scope: &Scope) -> bool {
        rule_book::find(catalog, scope, &self.rule().name).is_some_and(|found| found.version == self.found.version)
    }
}

fn managed(identifier: &str, input_parameters: Option<&str>) -> Evaluator {
    let Some(rule) = rules::rule(identifier) else {
        let message = format!("The managed rule {identifier} is not evaluated by this server.");
        return Evaluator::Nobody(RuleError::new("NotImplemented", message));
    };
    if rule.trigger == Trigger::External {
        return Evaluator::Others;
    }
    match Parameters::read(rule.parameters, input_parameters) {
        Ok(parameters) => Evaluator::Managed { rule, parameters },
        Err(error) => Evaluator::Nobody(RuleError::new("InvalidParameterValue", error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::rule::shelf;
    use crate::rule_book::{SourceDetail, examples};

    fn ruling(record: RuleRecord) -> Ruling {
        Ruling::of(Versioned { value: Arc::new(record), version: 1 })
    }

    fn managed(identifier: &str) -> Ruling {
        ruling(examples::managed(identifier))
    }

    fn of_types(types: &[&str]) -> RuleScope {
        RuleScope { types: types.iter().map(|name| (*name).to_owned()).collect(), ..RuleScope::default() }
    }

    #[test]
    fn a_scope_narrows_what_a_rule_is_about_by_itself() {
        let types = |types: &[&str]| About::Types(types.iter().map(|name| (*name).to_owned()).collect());
        let scoped =
            |identifier: &str, scope: RuleScope| ruling(RuleRecord { scope, ..examples::managed(identifier) }).about();
        assert_eq!(managed("ROOT_ACCOUNT_MFA_ENABLED").about(), About::Account);
        assert_eq!(managed("ENCRYPTED_VOLUMES").about(), types(&["AWS::EC2::Volume"]));
        assert_eq!(scoped("ENCRYPTED_VOLUMES", of_types(&["AWS::S3::Bucket"])), types(&[]));
        assert!(matches!(managed("REQUIRED_TAGS").by, Evaluator::Nobody(_)), "its parameter is missing");
        let details = vec![SourceDetail { message: MessageKind::Change, period_hours: None }];
        let source = RuleSource::Lambda { function_arn: "f".to_owned(), details };
        let function = RuleRecord { source, ..examples::managed("EXAMPLE") };
        assert_eq!(ruling(function.clone()).about(), About::Everything);
        let narrowed = RuleRecord { scope: of_types(&["AWS::S3::Bucket"]), ..function };
        assert_eq!(ruling(narrowed).about(), types(&["AWS::S3::Bucket"]));
    }

    #[test]
    fn only_what_is_there_and_no_compliance_is_judged() {
        let rule = RuleRecord {
            input_parameters: Some(json!({"tag1Key": "team"}).to_string()),
            ..examples::managed("REQUIRED_TAGS")
        };
        let ruling = ruling(rule);
        let bucket = shelf::item("AWS::S3::Bucket", "b", json!({}));
        let gone = Item { status: crate::item::ItemStatus::ResourceDeleted, ..bucket.clone() };
        let compliance = shelf::item("AWS::Config::ResourceCompliance", "AWS::S3::Bucket/b", json!({}));
        for (item, expected) in [(bucket, true), (gone, false), (compliance, false)] {
            assert_eq!(ruling.holds(&item), expected, "{item:?}");
        }
    }

    #[test]
    fn a_name_tells_whether_a_live_resource_is_held_unless_tags_do() {
        let tagged = |types: &[&str]| RuleScope { tag_key: Some("team".to_owned()), ..of_types(types) };
        let one = RuleScope { resource_id: Some("vol-2".to_owned()), ..of_types(&["AWS::EC2::Volume"]) };
        for (scope, expected) in [
            (RuleScope::default(), Some(true)),
            (of_types(&["AWS::EC2::Volume"]), Some(true)),
            (of_types(&["AWS::EC2::Instance"]), Some(false)),
            (one, Some(false)),
            (tagged(&[]), None),
            (tagged(&["AWS::EC2::Instance"]), Some(false)),
        ] {
            let ruling = ruling(RuleRecord { scope, ..examples::managed("ENCRYPTED_VOLUMES") });
            let volume = ResourceKey { resource_type: "AWS::EC2::Volume".to_owned(), resource_id: "vol-1".to_owned() };
            assert_eq!(ruling.holds_by_name(&volume), expected, "{:?}", ruling.rule().scope);
            let instance = ResourceKey { resource_type: "AWS::EC2::Instance".to_owned(), ..volume };
            assert_eq!(ruling.holds_by_name(&instance), Some(false), "{:?}", ruling.rule().scope);
        }
    }

    #[test]
    fn the_clock_keeps_its_step_whatever_was_missed() {
        let hourly = ruling(RuleRecord {
            period_hours: Some(1),
            input_parameters: Some(json!({"maxAccessKeyAge": "90"}).to_string()),
            ..examples::managed("ACCESS_KEYS_ROTATED")
        });
        let due = shelf::now();
        let after = |minutes: i64| due.plus_millis(minutes * 60_000);
        for (now, expected) in [(0, 60), (1, 60), (59, 60), (60, 120), (601, 660), (-5, 0)] {
            assert_eq!(hourly.next_due(Some(due), after(now)), Some(after(expected)), "{now}");
        }
        assert_eq!(hourly.next_due(None, after(7)), Some(after(67)));
        assert_eq!(managed("ENCRYPTED_VOLUMES").next_due(None, due), None);
        let daily = managed("ROOT_ACCOUNT_MFA_ENABLED");
        assert_eq!(daily.next_due(None, due), Some(after(24 * 60)));
    }

    #[test]
    fn functions_are_set_off_by_what_they_listen_to() {
        let function = |messages: &[(MessageKind, Option<i64>)]| {
            let detail = |(message, period_hours): &(MessageKind, Option<i64>)| SourceDetail {
                message: *message,
                period_hours: *period_hours,
            };
            let details = messages.iter().map(detail).collect();
            let source = RuleSource::Lambda { function_arn: "f".to_owned(), details };
            ruling(RuleRecord { source, ..examples::managed("EXAMPLE") })
        };
        for (messages, by_change, period) in [
            (vec![(MessageKind::Change, None)], true, None),
            (vec![(MessageKind::OversizedChange, None)], true, None),
            (vec![(MessageKind::Scheduled, Some(3)), (MessageKind::Scheduled, Some(1))], false, Some(1)),
            (vec![(MessageKind::SnapshotDelivered, None)], false, None),
        ] {
            let ruling = function(&messages);
            assert_eq!((ruling.is_by_change(), ruling.period_hours()), (by_change, period), "{messages:?}");
        }
    }

    #[test]
    fn a_rule_that_nobody_wrote_says_so() {
        let Evaluator::Nobody(error) = managed("ACCOUNT_PART_OF_ORGANIZATIONS").by else { panic!("it is evaluated") };
        assert_eq!(error.code, "NotImplemented");
    }
}
