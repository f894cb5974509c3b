//! Policy documents (logs.md DP-1).

use std::sync::Arc;

use regex::{Regex, RegexBuilder};
use serde::Deserialize;

use super::managed;

/// Characters of a document.
const CHARACTERS_MAX: usize = 30_720;
/// The only version of the language.
const VERSION: &str = "2021-06-01";
/// Custom identifiers of a policy, and characters of their names and expressions.
const CUSTOM_MAX: usize = 10;
const NAME_CHARACTERS_MAX: usize = 128;
const REGEX_CHARACTERS_MAX: usize = 200;
/// What an expression may take when compiled.
const REGEX_BYTES_MAX: usize = 1 << 20;

/// A policy that was found to be right.
#[derive(Clone, Debug)]
pub struct Policy {
    managed: Vec<Arc<str>>,
    custom: Vec<(Arc<str>, Regex)>,
    findings: Findings,
}

/// Where a policy wants findings to be written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// A log group.
    pub log_group: Option<String>,
    /// A delivery stream of Firehose.
    pub delivery_stream: Option<String>,
    /// A bucket.
    pub bucket: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Document {
    name: String,
    #[serde(rename = "Description")]
    _description: Option<String>,
    version: String,
    configuration: Option<Configuration>,
    statement: Vec<Statement>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Configuration {
    #[serde(default)]
    custom_data_identifier: Vec<Custom>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Custom {
    name: String,
    regex: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
    #[serde(rename = "Sid")]
    _sid: Option<String>,
    data_identifier: Vec<String>,
    operation: Operation,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Operation {
    audit: Option<Audit>,
    deidentify: Option<Deidentify>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Audit {
    findings_destination: Destination,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Destination {
    cloud_watch_logs: Option<LogGroup>,
    firehose: Option<DeliveryStream>,
    s3: Option<Bucket>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct LogGroup {
    log_group: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DeliveryStream {
    delivery_stream: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Bucket {
    bucket: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Deidentify {
    #[serde(rename = "MaskConfig")]
    _mask_config: Empty,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Empty {}

impl Policy {
    /// The policy of a document.
    ///
    /// # Errors
    /// What is wrong, in words for the caller.
    pub fn parse(document: &str) -> Result<Self, String> {
        if document.chars().count() > CHARACTERS_MAX {
            return Err(format!("The policy document is longer than {CHARACTERS_MAX} characters."));
        }
        let document: Document =
            serde_json::from_str(document).map_err(|error| format!("The policy document is not valid: {error}."))?;
        if document.version != VERSION {
            return Err(format!("The version of the policy document must be {VERSION}, not {}.", document.version));
        }
        if document.name.is_empty() {
            return Err("The name of the policy document must not be empty.".to_owned());
        }
        let declared = document.configuration.map(|given| given.custom_data_identifier).unwrap_or_default();
        let declared = custom(declared)?;
        let [first, second] = document.statement.as_slice() else {
            return Err("The policy document must have two statements: one to audit and one to deidentify.".to_owned());
        };
        let (audit, deidentify) = match (&first.operation, &second.operation) {
            (Operation { audit: Some(_), deidentify: None }, Operation { audit: None, deidentify: Some(_) }) => {
                (first, second)
            }
            (Operation { audit: None, deidentify: Some(_) }, Operation { audit: Some(_), deidentify: None }) => {
                (second, first)
            }
            _ => return Err("The policy document must have one Audit and one Deidentify operation.".to_owned()),
        };
        if audit.data_identifier != deidentify.data_identifier {
            return Err("The data identifiers of both statements must be the same.".to_owned());
        }
        if audit.data_identifier.is_empty() {
            return Err("A statement must have a data identifier.".to_owned());
        }
        let mut policy = Self { managed: Vec::new(), custom: Vec::new(), findings: findings(audit) };
        for identifier in &audit.data_identifier {
            policy.name(identifier, &declared)?;
        }
        Ok(policy)
    }

    /// Takes in what a statement names: a custom identifier, or the ARN of a managed one.
    fn name(&mut self, identifier: &str, declared: &[(Arc<str>, Regex)]) -> Result<(), String> {
        if let Some(custom) = declared.iter().find(|(name, _)| **name == *identifier) {
            self.custom.push(custom.clone());
            return Ok(());
        }
        let id = ["aws", "aws-cn", "aws-us-gov"].into_iter().find_map(|partition| {
            let start = format!("arn:{partition}:dataprotection::aws:data-identifier/");
            identifier.strip_prefix(&start).filter(|id| managed::is_documented(id))
        });
        let id = id.ok_or_else(|| format!("There is no data identifier {identifier}."))?;
        self.managed.push(id.into());
        Ok(())
    }

    /// The ids of managed identifiers.
    pub(super) fn managed(&self) -> &[Arc<str>] {
        &self.managed
    }

    /// Custom identifiers and what they look for.
    pub(super) fn custom(&self) -> &[(Arc<str>, Regex)] {
        &self.custom
    }

    /// Where findings are to be written.
    pub fn findings(&self) -> &Findings {
        &self.findings
    }
}

fn custom(declared: Vec<Custom>) -> Result<Vec<(Arc<str>, Regex)>, String> {
    if declared.len() > CUSTOM_MAX {
        return Err(format!("A policy can have at most {CUSTOM_MAX} custom data identifiers."));
    }
    let mut all: Vec<(Arc<str>, Regex)> = Vec::new();
    for Custom { name, regex } in declared {
        let valid = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        if !valid || name.is_empty() || name.len() > NAME_CHARACTERS_MAX {
            return Err(format!("The name {name:?} of a custom data identifier is not valid."));
        }
        if regex.is_empty() || regex.chars().count() > REGEX_CHARACTERS_MAX {
            let message = format!("must have between 1 and {REGEX_CHARACTERS_MAX} characters.");
            return Err(format!("The regular expression of the custom data identifier {name} {message}"));
        }
        if all.iter().any(|(known, _)| **known == *name) {
            return Err(format!("There are two custom data identifiers {name}."));
        }
        let compiled = RegexBuilder::new(&regex).size_limit(REGEX_BYTES_MAX).build();
        let compiled = compiled.map_err(|_| format!("The custom data identifier {name} is no regular expression."))?;
        all.push((name.into(), compiled));
    }
    Ok(all)
}

fn findings(statement: &Statement) -> Findings {
    let Some(Audit { findings_destination: given }) = &statement.operation.audit else { return Findings::default() };
    Findings {
        log_group: given.cloud_watch_logs.as_ref().map(|given| given.log_group.clone()),
        delivery_stream: given.firehose.as_ref().map(|given| given.delivery_stream.clone()),
        bucket: given.s3.as_ref().map(|given| given.bucket.clone()),
    }
}
