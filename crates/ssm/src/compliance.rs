//! How hosts comply: what is told of each for a type of compliance, and what it comes to.

use api::ssm::types::{
    ComplianceExecutionSummary, ComplianceSeverity, ComplianceStatus, CompliantSummary, NonCompliantSummary,
    ResourceComplianceSummaryItem, SeveritySummary,
};
use base::Scope;
use serde_json::{Value, json};
use store::catalog::Catalog;

use crate::instances;
use crate::record::{ComplianceItem, ComplianceRecord};

/// The one type of resource that complies.
pub(crate) const RESOURCE_TYPE: &str = "ManagedInstance";

/// How a host complies with one type of compliance.
pub(crate) struct Compliance {
    pub(crate) instance_id: String,
    pub(crate) compliance_type: String,
    pub(crate) record: ComplianceRecord,
}

/// How a host complies, where it was told.
pub(crate) fn find(catalog: &Catalog, scope: &Scope, instance_id: &str, compliance_type: &str) -> Option<Compliance> {
    let found = catalog.get::<ComplianceRecord>(&instances::part_key(scope, instance_id, compliance_type))?;
    Some(Compliance {
        instance_id: instance_id.to_owned(),
        compliance_type: compliance_type.to_owned(),
        record: ComplianceRecord::clone(&found.value),
    })
}

/// What is told of hosts, by host and type: at most `count` after the place `after`.
pub(crate) fn page(catalog: &Catalog, scope: &Scope, after: Option<&str>, count: usize) -> Vec<(String, Compliance)> {
    let Scope { account, region } = scope;
    let found = catalog.list_after::<ComplianceRecord>(account, Some(region), "", after, count);
    let compliance = |(name, found): (String, store::catalog::Versioned<ComplianceRecord>)| {
        let (instance_id, compliance_type) = name.split_once('/')?;
        let (instance_id, compliance_type) = (instance_id.to_owned(), compliance_type.to_owned());
        Some((name, Compliance { instance_id, compliance_type, record: ComplianceRecord::clone(&found.value) }))
    };
    found.into_iter().filter_map(compliance).collect()
}

impl Compliance {
    /// Whether all of it is complied with.
    pub(crate) fn status(&self) -> ComplianceStatus {
        match self.record.items.iter().all(ComplianceItem::is_compliant) {
            true => ComplianceStatus::Compliant,
            false => ComplianceStatus::NonCompliant,
        }
    }

    /// The gravest of what is not complied with.
    pub(crate) fn severity(&self) -> ComplianceSeverity {
        let broken: Vec<_> = self.record.items.iter().filter(|item| !item.is_compliant()).collect();
        let all = ComplianceSeverity::ALL.iter();
        let gravest = all.copied().find(|severity| broken.iter().any(|item| item.severity == severity.as_str()));
        gravest.unwrap_or(ComplianceSeverity::Unspecified)
    }

    fn count(&self, severity: ComplianceSeverity, status: ComplianceStatus) -> i32 {
        let is_counted = |item: &&ComplianceItem| {
            item.severity == severity.as_str() && item.is_compliant() == (status == ComplianceStatus::Compliant)
        };
        i32::try_from(self.record.items.iter().filter(is_counted).count()).unwrap_or(i32::MAX)
    }

    fn severities(&self, status: ComplianceStatus) -> (i32, SeveritySummary) {
        use ComplianceSeverity as Severity;
        let count = |severity| self.count(severity, status);
        let summary = SeveritySummary {
            critical_count: Some(count(Severity::Critical)),
            high_count: Some(count(Severity::High)),
            medium_count: Some(count(Severity::Medium)),
            low_count: Some(count(Severity::Low)),
            informational_count: Some(count(Severity::Informational)),
            unspecified_count: Some(count(Severity::Unspecified)),
        };
        (ComplianceSeverity::ALL.iter().map(|severity| count(*severity)).sum(), summary)
    }

    /// When and how it was found out.
    pub(crate) fn execution(&self) -> ComplianceExecutionSummary {
        ComplianceExecutionSummary {
            execution_time: self.record.execution_time,
            execution_id: self.record.execution_id.clone(),
            execution_type: self.record.execution_type.clone(),
        }
    }

    /// `ResourceComplianceSummaryItem`
    pub(crate) fn summary(&self) -> ResourceComplianceSummaryItem {
        let (compliant_count, compliant) = self.severities(ComplianceStatus::Compliant);
        let (non_compliant_count, non_compliant) = self.severities(ComplianceStatus::NonCompliant);
        ResourceComplianceSummaryItem {
            compliance_type: Some(self.compliance_type.clone()),
            resource_type: Some(RESOURCE_TYPE.to_owned()),
            resource_id: Some(self.instance_id.clone()),
            status: Some(self.status()),
            overall_severity: Some(self.severity()),
            execution_summary: Some(self.execution()),
            compliant_summary: Some(CompliantSummary {
                compliant_count: Some(compliant_count),
                severity_summary: Some(compliant),
            }),
            non_compliant_summary: Some(NonCompliantSummary {
                non_compliant_count: Some(non_compliant_count),
                severity_summary: Some(non_compliant),
            }),
        }
    }

    /// What it comes to, as `AWS:ComplianceSummary` has it: without when it was found out, which changes while nothing
    /// of the host does.
    pub(crate) fn counts(&self) -> Value {
        let mut told = json!({
            "ComplianceType": self.compliance_type,
            "Status": self.status().as_str(),
            "OverallSeverity": self.severity().as_str(),
        });
        for (word, status) in
            [("Compliant", ComplianceStatus::Compliant), ("NonCompliant", ComplianceStatus::NonCompliant)]
        {
            for severity in ComplianceSeverity::ALL {
                let severity_word = severity.as_str();
                let (first, rest) = severity_word.split_at(1);
                told[format!("{word}{first}{}Count", rest.to_ascii_lowercase())] = json!(self.count(*severity, status));
            }
        }
        told
    }
}

impl ComplianceItem {
    /// Whether it is complied with.
    pub(crate) fn is_compliant(&self) -> bool {
        self.status == ComplianceStatus::Compliant.as_str()
    }
}
