//! How a resource is judged, as a configuration item of its own.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use base::{Scope, Timestamp};
use serde_json::json;
use store::catalog::{CatalogError, Key, Transaction};
use store::job::{Job, JobError};
use tokio::sync::Notify;

use crate::due::{self, ComplianceDueRecord};
use crate::item::Relationship;
use crate::observe::{Description, Observation, ObserveError, Source};
use crate::recorder;
use crate::resource_types::RESOURCE_COMPLIANCE;
use crate::results;
use crate::retention::scope_of;
use crate::rule::{Compliance, ResourceKey};
use crate::rule_book::{self, RuleRecord};
use crate::service::Parts;

/// Results that the items tell which are written at once.
const RESULTS: usize = 16_384;
/// Items that are written at once, at least and at most.
const ITEMS: (usize, usize) = (16, 256);

/// Writes the items of how resources are judged, where that changed.
pub struct RecordCompliance {
    parts: Parts,
}

impl RecordCompliance {
    /// The job over these parts.
    pub fn new(parts: Parts) -> Self {
        Self { parts }
    }

    async fn record(&self, scope: &Scope, entries: &[(Key, u64)], now: Timestamp) -> Result<(), JobError> {
        let catalog = &self.parts.catalog;
        let rules = rule_book::all(catalog, scope).into_iter();
        let rules: BTreeMap<_, _> = rules.map(|found| (found.value.id.clone(), found.value)).collect();
        let observation = |(key, _): &(Key, u64)| {
            let resource = due::resource(key);
            let said = results::of_resource(catalog, scope, &resource);
            let judged = said.iter().filter_map(|(rule_id, compliance)| Some((&**rules.get(rule_id)?, *compliance)));
            Observation {
                resource_type: RESOURCE_COMPLIANCE.to_owned(),
                resource_id: format!("{}/{}", resource.resource_type, resource.resource_id),
                description: describe(scope, &resource, judged),
                source: Source::Own,
            }
        };
        match self.parts.observe(scope, entries.iter().map(observation).collect(), now).await {
            Ok(_) => {}
            // They wait for the recorder.
            Err(ObserveError::NotRecording) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        let mut transaction = Transaction::default();
        for (key, version) in entries {
            // Of what was judged anew meanwhile there is an item once more.
            if catalog.get::<ComplianceDueRecord>(key).is_some_and(|found| found.version == *version) {
                transaction.delete::<ComplianceDueRecord>(key.clone(), *version);
            }
        }
        match catalog.commit(transaction).await {
            // Whatever was in the way wakes this job again, which then finds the same items.
            Ok(()) | Err(CatalogError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// How a resource is judged by these rules; nothing where none of them applies to it.
fn describe<'a>(
    scope: &Scope,
    target: &ResourceKey,
    judged: impl Iterator<Item = (&'a RuleRecord, Compliance)>,
) -> Option<Description> {
    let applies = |compliance: Compliance| matches!(compliance, Compliance::Compliant | Compliance::NonCompliant);
    let mut judged: Vec<_> = judged.filter(|(_, compliance)| applies(*compliance)).collect();
    if judged.is_empty() {
        return None;
    }
    judged.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
    let overall = results::overall(judged.iter().map(|(_, compliance)| *compliance));
    let rule = |(rule, compliance): &(&RuleRecord, Compliance)| {
        json!({
            "configRuleArn": rule.arn(scope),
            "configRuleId": rule.id,
            "configRuleName": rule.name,
            "complianceType": compliance.as_str(),
        })
    };
    let ResourceKey { resource_type, resource_id } = target.clone();
    Some(Description {
        aws_region: scope.region.to_string(),
        configuration: json!({
            "complianceType": overall.as_str(),
            "targetResourceId": resource_id,
            "targetResourceType": resource_type,
            "configRuleList": judged.iter().map(rule).collect::<Vec<_>>(),
        }),
        relationships: vec![Relationship {
            resource_type,
            resource_id: Some(resource_id),
            resource_name: None,
            name: "Is associated with ".to_owned(),
        }],
        ..Description::default()
    })
}

#[async_trait]
impl Job for RecordCompliance {
    fn name(&self) -> &str {
        "config.compliance"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn wake(&self) -> &Notify {
        &self.parts.signals.compliance
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        let entries = self.parts.catalog.versions::<ComplianceDueRecord>();
        for of_scope in entries.chunk_by(|(a, _), (b, _)| (&a.account, &a.region) == (&b.account, &b.region)) {
            let Some(scope) = of_scope.first().and_then(|(key, _)| scope_of(key)) else { continue };
            let recorder = recorder::find(&self.parts.catalog, &scope).filter(|found| found.value.is_recording);
            let Some(recorder) = recorder else { continue };
            if !recorder.value.group.records(RESOURCE_COMPLIANCE) {
                self.forget(of_scope).await?;
                continue;
            }
            // An item tells what each rule says.
            let rules = rule_book::all(&self.parts.catalog, &scope).len().max(1);
            for batch in of_scope.chunks((RESULTS / rules).clamp(ITEMS.0, ITEMS.1)) {
                self.record(&scope, batch, now).await?;
            }
        }
        Ok(())
    }
}

impl RecordCompliance {
    /// Lets entries go where such items are not recorded.
    async fn forget(&self, entries: &[(Key, u64)]) -> Result<(), JobError> {
        let mut transaction = Transaction::default();
        for (key, version) in entries {
            transaction.delete::<ComplianceDueRecord>(key.clone(), *version);
        }
        match self.parts.catalog.commit(transaction).await {
            Ok(()) | Err(CatalogError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
