//! Data protection policies (logs.md §8.4): what in a message is sensitive, and the message without it.
//!
//! All identifiers that AWS documents are accepted in policies. These are detected:
//! `AwsSecretKey`, `BankAccountNumber-DE|ES|FR|GB|IT|US`, `CepCode-BR`, `Cnpj-BR`, `CpfCode-BR`,
//! `CreditCardExpiration`, `CreditCardNumber`, `CreditCardSecurityCode`, `DriversLicense-US`,
//! `DrugEnforcementAgencyNumber-US`, `EmailAddress`, `IndividualTaxIdentificationNumber-US`, `InseeCode-FR`,
//! `IpAddress`, `LatLong`, `MedicareBeneficiaryNumber-US`, `NationalInsuranceNumber-GB`, `NationalProviderId-US`,
//! `NhsNumber-GB`, `NieNumber-ES`, `NifNumber-ES`, `OpenSshPrivateKey`, `PassportNumber-US`, `PgpPrivateKey`,
//! `PhoneNumber-US`, `PkcsPrivateKey`, `PostalCode-CA`, `PuttyPrivateKey`, `SocialInsuranceNumber-CA`, `Ssn-US`,
//! `VehicleIdentificationNumber`, `ZipCode-US`, and every custom identifier. [`is_detected`] tells which.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use detector::Detector;

mod checks;
mod detector;
mod managed;
mod policy;
#[cfg(test)]
mod tests;

pub use policy::{Findings, Policy};

/// Whether a managed identifier, as `EmailAddress`, is looked for; others are accepted and never found.
pub fn is_detected(identifier: &str) -> bool {
    managed::detector(identifier).is_some()
}

/// Something sensitive in a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is: the id of a managed identifier, or the name of a custom one.
    pub identifier: Arc<str>,
    /// Where it begins, in bytes.
    pub start: usize,
    /// Where it ends, in bytes.
    pub end: usize,
}

/// Looks for what policies name.
#[derive(Debug, Default)]
pub struct Masker {
    detectors: Vec<(Arc<str>, Detector)>,
}

impl Masker {
    /// Looks for what any of some policies names: those of a group and of its account add up (logs.md DP-2).
    pub fn new<'p>(policies: impl IntoIterator<Item = &'p Policy>) -> Self {
        let mut masker = Self::default();
        for policy in policies {
            masker.add(policy);
        }
        masker
    }

    fn add(&mut self, policy: &Policy) {
        for identifier in policy.managed() {
            let known = self.detectors.iter().any(|(name, _)| **name == **identifier);
            if let Some(detector) = managed::detector(identifier).filter(|_| !known) {
                self.detectors.push((identifier.clone(), detector));
            }
        }
        for (name, regex) in policy.custom() {
            self.detectors.push((name.clone(), Detector::custom(regex.clone())));
        }
    }

    /// Everything sensitive in a message, by place. What is found may overlap.
    pub fn findings(&self, message: &str) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (identifier, detector) in &self.detectors {
            let found = detector.find(message).into_iter();
            findings.extend(found.map(|Range { start, end }| Finding { identifier: identifier.clone(), start, end }));
        }
        findings.sort_by(|a, b| (a.start, a.end, &a.identifier).cmp(&(b.start, b.end, &b.identifier)));
        findings
    }

    /// The message with an asterisk for each sensitive character.
    pub fn mask<'m>(&self, message: &'m str) -> Cow<'m, str> {
        let findings = self.findings(message);
        if findings.is_empty() {
            return Cow::Borrowed(message);
        }
        let mut masked = String::with_capacity(message.len());
        let mut at = 0;
        for finding in findings {
            // Findings may overlap: what was masked already is passed over.
            let (start, end) = (finding.start.max(at), finding.end.max(at));
            masked.push_str(&message[at..start]);
            masked.extend(message[start..end].chars().map(|_| '*'));
            at = end;
        }
        masked.push_str(&message[at..]);
        Cow::Owned(masked)
    }
}
