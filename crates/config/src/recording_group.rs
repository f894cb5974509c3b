//! What a recorder records, and how often (config.md §1.2).

use api::ServiceError;
use api::config::{errors, types};
use serde::{Deserialize, Serialize};

use crate::resource_types::{ALWAYS_CONTINUOUS, GLOBAL_IAM, RECORDER, is_known};

/// The types that are recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum RecordingGroup {
    /// All, and IAM's only if it is said so.
    All { global_types: bool },
    /// These.
    Only(Vec<String>),
    /// All but these.
    AllBut(Vec<String>),
}

/// How often what changed is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Frequency {
    /// At once.
    Continuous,
    /// Once a day.
    Daily,
}

/// How often each type is recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RecordingMode {
    pub(crate) frequency: Frequency,
    pub(crate) exception: Option<Exception>,
}

/// Types that are recorded otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Exception {
    pub(crate) description: Option<String>,
    pub(crate) resource_types: Vec<String>,
    pub(crate) frequency: Frequency,
}

impl RecordingGroup {
    /// Whether a type is recorded.
    pub(crate) fn records(&self, resource_type: &str) -> bool {
        let is_listed = |types: &[String]| types.iter().any(|listed| listed == resource_type);
        resource_type == RECORDER
            || match self {
                Self::All { global_types } => *global_types || !GLOBAL_IAM.contains(&resource_type),
                Self::Only(types) => is_listed(types),
                Self::AllBut(types) => !is_listed(types),
            }
    }

    /// The group of a request, by the table of config.md §1.2.
    ///
    /// # Errors
    /// `InvalidRecordingGroupException`, or `ValidationException` for types that nobody knows.
    pub(crate) fn of_api(given: Option<types::RecordingGroup>) -> Result<Self, ServiceError> {
        use types::RecordingStrategyType::{
            AllSupportedResourceTypes, ExclusionByResourceTypes, InclusionByResourceTypes,
        };
        let Some(given) = given else { return Ok(Self::All { global_types: false }) };
        let all = given.all_supported.unwrap_or(false);
        let global_types = given.include_global_resource_types.unwrap_or(false);
        let included = given.resource_types.unwrap_or_default();
        let excluded = given.exclusion_by_resource_types.and_then(|by| by.resource_types).unwrap_or_default();
        let strategy = given.recording_strategy.and_then(|strategy| strategy.use_only);
        check_types(&included, "resourceTypes")?;
        check_types(&excluded, "exclusionByResourceTypes.resourceTypes")?;
        let invalid = || Err(errors::invalid_recording_group_exception("The recording group provided is not valid"));
        if all {
            let fits = included.is_empty() && excluded.is_empty();
            return match strategy {
                None | Some(AllSupportedResourceTypes) if fits => Ok(Self::All { global_types }),
                _ => invalid(),
            };
        }
        if !included.is_empty() {
            let fits = !global_types && excluded.is_empty();
            return match strategy {
                None | Some(InclusionByResourceTypes) if fits => Ok(Self::Only(once(included))),
                _ => invalid(),
            };
        }
        match strategy {
            Some(ExclusionByResourceTypes) if !excluded.is_empty() && !global_types => Ok(Self::AllBut(once(excluded))),
            _ => invalid(),
        }
    }

    /// The whole group as it is described (REC-4).
    pub(crate) fn to_api(&self) -> types::RecordingGroup {
        use types::RecordingStrategyType::{
            AllSupportedResourceTypes, ExclusionByResourceTypes, InclusionByResourceTypes,
        };
        let (all, global_types, included, excluded, strategy) = match self {
            Self::All { global_types } => (true, *global_types, Vec::new(), Vec::new(), AllSupportedResourceTypes),
            Self::Only(types) => (false, false, types.clone(), Vec::new(), InclusionByResourceTypes),
            Self::AllBut(types) => (false, false, Vec::new(), types.clone(), ExclusionByResourceTypes),
        };
        types::RecordingGroup {
            all_supported: Some(all),
            include_global_resource_types: Some(global_types),
            resource_types: Some(included),
            exclusion_by_resource_types: Some(types::ExclusionByResourceTypes { resource_types: Some(excluded) }),
            recording_strategy: Some(types::RecordingStrategy { use_only: Some(strategy) }),
        }
    }
}

impl RecordingMode {
    /// Everything at once.
    pub(crate) const CONTINUOUS: Self = Self { frequency: Frequency::Continuous, exception: None };

    /// How often a type is recorded.
    pub(crate) fn of(&self, resource_type: &str) -> Frequency {
        if ALWAYS_CONTINUOUS.contains(&resource_type) {
            return Frequency::Continuous;
        }
        let named = |exception: &&Exception| exception.resource_types.iter().any(|named| named == resource_type);
        self.exception.as_ref().filter(named).map_or(self.frequency, |exception| exception.frequency)
    }

    /// The mode of a request (REC-9).
    ///
    /// # Errors
    /// `ValidationException`
    pub(crate) fn of_api(given: Option<types::RecordingMode>, group: &RecordingGroup) -> Result<Self, ServiceError> {
        let Some(given) = given else { return Ok(Self::CONTINUOUS) };
        let exception = given.recording_mode_overrides.unwrap_or_default().into_iter().next();
        let exception = exception.map(|exception| Exception {
            description: exception.description,
            resource_types: once(exception.resource_types),
            frequency: Frequency::of_api(exception.recording_frequency),
        });
        if let Some(exception) = &exception {
            check_types(&exception.resource_types, "recordingMode.recordingModeOverrides.1.member.resourceTypes")?;
            if let Some(other) = exception.resource_types.iter().find(|named| !group.records(named)) {
                let message = format!("The recording mode override names {other}, which the recording group lacks.");
                return Err(errors::validation_exception(message));
            }
            let continuous = exception.resource_types.iter().find(|named| ALWAYS_CONTINUOUS.contains(&named.as_str()));
            if let (Some(named), Frequency::Daily) = (continuous, exception.frequency) {
                let message = format!("{named} cannot be recorded daily.");
                return Err(errors::validation_exception(message));
            }
        }
        Ok(Self { frequency: Frequency::of_api(given.recording_frequency), exception })
    }

    /// The mode as it is described.
    pub(crate) fn to_api(&self) -> types::RecordingMode {
        let exception = self.exception.iter().map(|exception| types::RecordingModeOverride {
            description: exception.description.clone(),
            resource_types: exception.resource_types.clone(),
            recording_frequency: exception.frequency.to_api(),
        });
        types::RecordingMode {
            recording_frequency: self.frequency.to_api(),
            recording_mode_overrides: Some(exception.collect()),
        }
    }
}

impl Frequency {
    fn of_api(given: types::RecordingFrequency) -> Self {
        match given {
            types::RecordingFrequency::Continuous => Self::Continuous,
            types::RecordingFrequency::Daily => Self::Daily,
        }
    }

    fn to_api(self) -> types::RecordingFrequency {
        match self {
            Self::Continuous => types::RecordingFrequency::Continuous,
            Self::Daily => types::RecordingFrequency::Daily,
        }
    }
}

/// Each type once, in the order given.
pub(crate) fn once(types: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    types.into_iter().filter(|named| seen.insert(named.clone())).collect()
}

/// # Errors
/// `ValidationException` that names all that are not known.
pub(crate) fn check_types(types: &[String], member: &str) -> Result<(), ServiceError> {
    let unknown: Vec<_> = types.iter().filter(|named| !is_known(named)).map(String::as_str).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let path = match member.starts_with("recordingMode") {
        true => format!("configurationRecorder.{member}"),
        false => format!("configurationRecorder.recordingGroup.{member}"),
    };
    let message = format!(
        "{} validation error detected: Value '[{}]' at '{path}' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: {{{}}}]",
        unknown.len(),
        unknown.join(", "),
        crate::resource_types::of_model().join(", "),
    );
    Err(errors::validation_exception(message))
}

#[cfg(test)]
mod tests {
    use types::RecordingStrategyType;

    use super::*;

    fn group(
        all: Option<bool>,
        global: Option<bool>,
        included: &[&str],
        excluded: &[&str],
        strategy: Option<&str>,
    ) -> types::RecordingGroup {
        let list = |types: &[&str]| types.iter().map(|named| (*named).to_owned()).collect::<Vec<_>>();
        types::RecordingGroup {
            all_supported: all,
            include_global_resource_types: global,
            resource_types: (!included.is_empty()).then(|| list(included)),
            exclusion_by_resource_types: (!excluded.is_empty())
                .then(|| types::ExclusionByResourceTypes { resource_types: Some(list(excluded)) }),
            recording_strategy: strategy.map(|named| types::RecordingStrategy {
                use_only: RecordingStrategyType::ALL.iter().find(|known| known.as_str().starts_with(named)).copied(),
            }),
        }
    }

    #[test]
    fn the_table_of_recording_groups() {
        const I: &str = "AWS::EC2::Instance";
        let list = || vec![I.to_owned()];
        let (yes, no) = (Some(true), Some(false));
        for (given, expected) in [
            (None, Some(RecordingGroup::All { global_types: false })),
            (Some(group(None, None, &[], &[], None)), None),
            (Some(group(no, no, &[], &[], None)), None),
            (Some(group(yes, None, &[], &[], None)), Some(RecordingGroup::All { global_types: false })),
            (Some(group(yes, yes, &[], &[], Some("ALL"))), Some(RecordingGroup::All { global_types: true })),
            (Some(group(yes, None, &[I], &[], None)), None),
            (Some(group(yes, None, &[], &[I], None)), None),
            (Some(group(yes, None, &[], &[], Some("INCLUSION"))), None),
            (Some(group(None, None, &[I], &[], None)), Some(RecordingGroup::Only(list()))),
            (Some(group(no, None, &[I, I], &[], Some("INCLUSION"))), Some(RecordingGroup::Only(list()))),
            (Some(group(None, yes, &[I], &[], None)), None),
            (Some(group(None, None, &[I], &[I], None)), None),
            (Some(group(None, None, &[I], &[], Some("ALL"))), None),
            (Some(group(None, None, &[], &[I], Some("EXCLUSION"))), Some(RecordingGroup::AllBut(list()))),
            (Some(group(None, yes, &[], &[I], Some("EXCLUSION"))), None),
            (Some(group(None, None, &[], &[I], None)), None),
            (Some(group(None, None, &[], &[], Some("EXCLUSION"))), None),
            (Some(group(None, None, &[], &[], Some("ALL"))), None),
        ] {
            let told = format!("{given:?}");
            let found = RecordingGroup::of_api(given);
            if let Err(error) = &found {
                assert_eq!(error.name, "InvalidRecordingGroupException");
                assert_eq!(error.message.as_deref(), Some("The recording group provided is not valid"));
            }
            assert_eq!(found.ok(), expected, "{told}");
        }
    }

    #[test]
    fn types_that_nobody_knows_are_named_together() {
        let error = RecordingGroup::of_api(Some(group(None, None, &["AWS::X::Y", "AWS::EC2::VPC", "oh"], &[], None)));
        let message = error.unwrap_err().message.unwrap();
        let start = "2 validation error detected: Value '[AWS::X::Y, oh]' at 'configurationRecorder.recordingGroup.resourceTypes' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: {AWS::";
        assert!(message.starts_with(start), "{message}");
    }

    #[test]
    fn which_types_a_group_records() {
        let only = |types: &[&str]| types.iter().map(|named| (*named).to_owned()).collect::<Vec<_>>();
        for (group, user, instance, recorder) in [
            (RecordingGroup::All { global_types: false }, false, true, true),
            (RecordingGroup::All { global_types: true }, true, true, true),
            (RecordingGroup::Only(only(&["AWS::IAM::User"])), true, false, true),
            (RecordingGroup::AllBut(only(&["AWS::EC2::Instance"])), true, false, true),
            (RecordingGroup::AllBut(only(&["AWS::IAM::User", RECORDER])), false, true, true),
        ] {
            let records = ["AWS::IAM::User", "AWS::EC2::Instance", RECORDER].map(|named| group.records(named));
            assert_eq!(records, [user, instance, recorder], "{group:?}");
        }
    }

    #[test]
    fn an_override_takes_its_types_out_of_the_mode() {
        use types::RecordingFrequency::{Continuous, Daily};
        let mode = |named: &str, by: types::RecordingFrequency, all: types::RecordingFrequency| types::RecordingMode {
            recording_frequency: all,
            recording_mode_overrides: Some(vec![types::RecordingModeOverride {
                description: None,
                resource_types: vec![named.to_owned()],
                recording_frequency: by,
            }]),
        };
        let group = RecordingGroup::All { global_types: false };
        let read = RecordingMode::of_api(Some(mode("AWS::EC2::Volume", Continuous, Daily)), &group).unwrap();
        assert_eq!(read.of("AWS::EC2::Volume"), Frequency::Continuous);
        assert_eq!(read.of("AWS::EC2::VPC"), Frequency::Daily);
        assert_eq!(read.of("AWS::Config::ResourceCompliance"), Frequency::Continuous);
        for (named, by) in [("AWS::IAM::User", Continuous), ("AWS::Config::ResourceCompliance", Daily), ("X", Daily)] {
            let error = RecordingMode::of_api(Some(mode(named, by, Daily)), &group).unwrap_err();
            assert_eq!(error.name, "ValidationException", "{named}");
        }
    }
}
