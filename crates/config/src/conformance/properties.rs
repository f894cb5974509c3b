//! The properties of a template's resources as what operations take.

use api::config::types;
use serde_json::{Map, Value};

use super::parameters::as_text;
use super::template::{ResourceKind, TemplateError, WantedResource};

const OF_RULES: [&str; 8] = [
    "ConfigRuleName",
    "Description",
    "Scope",
    "Source",
    "InputParameters",
    "MaximumExecutionFrequency",
    "EvaluationModes",
    "Compliance",
];

const OF_REMEDIATIONS: [&str; 10] = [
    "ConfigRuleName",
    "TargetType",
    "TargetId",
    "TargetVersion",
    "Parameters",
    "ResourceType",
    "Automatic",
    "ExecutionControls",
    "MaximumAutomaticAttempts",
    "RetryAttemptSeconds",
];

const OF_SCOPES: [&str; 4] = ["ComplianceResourceId", "ComplianceResourceTypes", "TagKey", "TagValue"];
const OF_SOURCES: [&str; 4] = ["CustomPolicyDetails", "Owner", "SourceDetails", "SourceIdentifier"];
const OF_DETAILS: [&str; 3] = ["EventSource", "MaximumExecutionFrequency", "MessageType"];
const OF_POLICIES: [&str; 3] = ["EnableDebugLogDelivery", "PolicyRuntime", "PolicyText"];
const OF_CONTROLS: [&str; 2] = ["ConcurrentExecutionRatePercentage", "ErrorPercentage"];

/// # Errors
/// A property is none of those that the resource has.
pub(super) fn check(name: &str, kind: ResourceKind, properties: &Value) -> Result<(), TemplateError> {
    let known: &[&str] = match kind {
        ResourceKind::Rule => &OF_RULES,
        ResourceKind::Remediation => &OF_REMEDIATIONS,
    };
    let unknown = properties.as_object().and_then(|of| of.keys().find(|name| !known.contains(&name.as_str())));
    match unknown {
        Some(unknown) => Err(unsupported(name, unknown)),
        None => Ok(()),
    }
}

fn unsupported(name: &str, property: &str) -> TemplateError {
    TemplateError(format!("Resource {name}: Encountered unsupported property {property}"))
}

/// The rule that a resource asks for, with the name that the template gives it.
///
/// # Errors
/// A property is not what it must be.
pub(crate) fn rule(resource: &WantedResource) -> Result<types::ConfigRule, TemplateError> {
    let of = Reader { name: &resource.logical_name };
    let all = of.mapping("Properties", &resource.properties)?;
    let source = all.get("Source").ok_or_else(|| of.wrong("Source", "is missing"))?;
    let scope = all.get("Scope").map(|scope| of.members("Scope", scope, &OF_SCOPES)).transpose()?;
    Ok(types::ConfigRule {
        config_rule_name: Some(of.text(all, "ConfigRuleName")?.unwrap_or_else(|| resource.logical_name.clone())),
        description: of.text(all, "Description")?,
        scope: scope.map(|scope| of.scope(scope)).transpose()?,
        source: of.source(of.members("Source", source, &OF_SOURCES)?)?,
        input_parameters: of.input_parameters(all.get("InputParameters"))?,
        maximum_execution_frequency: of.word(all, "MaximumExecutionFrequency")?,
        evaluation_modes: of
            .list(all, "EvaluationModes")?
            .map(|modes| {
                let mode = |mode: &Value| {
                    let mode = of.members("EvaluationModes", mode, &["Mode"])?;
                    Ok(types::EvaluationModeConfiguration { mode: of.word(mode, "Mode")? })
                };
                modes.iter().map(mode).collect()
            })
            .transpose()?,
        config_rule_arn: None,
        config_rule_id: None,
        config_rule_state: None,
        created_by: None,
    })
}

/// The remediation that a resource asks for; its rule is named as the template names it.
///
/// # Errors
/// A property is not what it must be.
pub(crate) fn remediation(resource: &WantedResource) -> Result<types::RemediationConfiguration, TemplateError> {
    let of = Reader { name: &resource.logical_name };
    let all = of.mapping("Properties", &resource.properties)?;
    let required = |property: &str| of.text(all, property)?.ok_or_else(|| of.wrong(property, "is missing"));
    let controls = all.get("ExecutionControls");
    let controls = controls.map(|controls| of.members("ExecutionControls", controls, &["SsmControls"])).transpose()?;
    let ssm = controls.and_then(|controls| controls.get("SsmControls"));
    let ssm = ssm.map(|ssm| of.members("SsmControls", ssm, &OF_CONTROLS)).transpose()?;
    let ssm = ssm.map(|ssm| {
        Ok::<_, TemplateError>(types::SsmControls {
            concurrent_execution_rate_percentage: of.number(ssm, "ConcurrentExecutionRatePercentage")?,
            error_percentage: of.number(ssm, "ErrorPercentage")?,
        })
    });
    let ssm = ssm.transpose()?;
    let parameters = all.get("Parameters").map(|parameters| of.mapping("Parameters", parameters)).transpose()?;
    let parameter = |(name, value): (&String, &Value)| {
        Ok::<_, TemplateError>((name.clone(), of.remediation_parameter(name, value)?))
    };
    Ok(types::RemediationConfiguration {
        config_rule_name: required("ConfigRuleName")?,
        target_type: of.word(all, "TargetType")?.ok_or_else(|| of.wrong("TargetType", "is missing"))?,
        target_id: required("TargetId")?,
        target_version: of.text(all, "TargetVersion")?,
        parameters: parameters.map(|parameters| parameters.iter().map(parameter).collect()).transpose()?,
        resource_type: of.text(all, "ResourceType")?,
        automatic: of.flag(all, "Automatic")?,
        execution_controls: ssm.map(|ssm| types::ExecutionControls { ssm_controls: Some(ssm) }),
        maximum_automatic_attempts: of.number(all, "MaximumAutomaticAttempts")?,
        retry_attempt_seconds: of.number(all, "RetryAttemptSeconds")?,
        arn: None,
        created_by_service: None,
    })
}

/// Reads the properties of a resource.
struct Reader<'a> {
    name: &'a str,
}

impl Reader<'_> {
    fn wrong(&self, property: &str, what: &str) -> TemplateError {
        TemplateError(format!("Resource {}: {property} {what}.", self.name))
    }

    fn mapping<'v>(&self, property: &str, value: &'v Value) -> Result<&'v Map<String, Value>, TemplateError> {
        value.as_object().ok_or_else(|| self.wrong(property, "is no mapping"))
    }

    /// A mapping that has members of these names alone.
    fn members<'v>(
        &self,
        property: &str,
        value: &'v Value,
        known: &[&str],
    ) -> Result<&'v Map<String, Value>, TemplateError> {
        let members = self.mapping(property, value)?;
        match members.keys().find(|name| !known.contains(&name.as_str())) {
            Some(unknown) => Err(unsupported(self.name, &format!("{property}.{unknown}"))),
            None => Ok(members),
        }
    }

    fn flag(&self, of: &Map<String, Value>, property: &str) -> Result<Option<bool>, TemplateError> {
        match of.get(property) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                let flag = crate::item::as_flag(value);
                flag.map(Some).ok_or_else(|| self.wrong(property, "is neither true nor false"))
            }
        }
    }

    fn text(&self, of: &Map<String, Value>, property: &str) -> Result<Option<String>, TemplateError> {
        match of.get(property) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => as_text(value).map(Some).ok_or_else(|| self.wrong(property, "is no text")),
        }
    }

    fn list<'v>(&self, of: &'v Map<String, Value>, property: &str) -> Result<Option<&'v [Value]>, TemplateError> {
        match of.get(property) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Array(values)) => Ok(Some(values)),
            Some(_) => Err(self.wrong(property, "is no list")),
        }
    }

    /// One of the model's words.
    fn word<W: std::str::FromStr>(&self, of: &Map<String, Value>, property: &str) -> Result<Option<W>, TemplateError> {
        let Some(text) = self.text(of, property)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| self.wrong(property, &format!("has the unknown value {text}")))
    }

    fn scope(&self, scope: &Map<String, Value>) -> Result<types::Scope, TemplateError> {
        let types = match scope.get("ComplianceResourceTypes") {
            // One may stand for a list of one.
            Some(one @ Value::String(_)) => Some(vec![one.clone()]),
            _ => self.list(scope, "ComplianceResourceTypes")?.map(<[Value]>::to_vec),
        };
        let text =
            |value: &Value| as_text(value).ok_or_else(|| self.wrong("ComplianceResourceTypes", "holds no texts"));
        Ok(types::Scope {
            compliance_resource_types: types.map(|types| types.iter().map(text).collect()).transpose()?,
            tag_key: self.text(scope, "TagKey")?,
            tag_value: self.text(scope, "TagValue")?,
            compliance_resource_id: self.text(scope, "ComplianceResourceId")?,
        })
    }

    fn source(&self, source: &Map<String, Value>) -> Result<types::Source, TemplateError> {
        let detail = |detail: &Value| {
            let detail = self.members("SourceDetails", detail, &OF_DETAILS)?;
            Ok(types::SourceDetail {
                event_source: self.word(detail, "EventSource")?,
                message_type: self.word(detail, "MessageType")?,
                maximum_execution_frequency: self.word(detail, "MaximumExecutionFrequency")?,
            })
        };
        let details = self.list(source, "SourceDetails")?;
        let policy = source.get("CustomPolicyDetails");
        let policy = policy.map(|policy| self.members("CustomPolicyDetails", policy, &OF_POLICIES));
        let policy = policy.transpose()?.map(|policy| {
            let required =
                |property: &str| self.text(policy, property)?.ok_or_else(|| self.wrong(property, "is missing"));
            Ok(types::CustomPolicyDetails {
                policy_runtime: required("PolicyRuntime")?,
                policy_text: Some(required("PolicyText")?),
                enable_debug_log_delivery: self.flag(policy, "EnableDebugLogDelivery")?,
            })
        });
        Ok(types::Source {
            owner: self.word(source, "Owner")?.ok_or_else(|| self.wrong("Source.Owner", "is missing"))?,
            source_identifier: self.text(source, "SourceIdentifier")?,
            source_details: details.map(|details| details.iter().map(detail).collect()).transpose()?,
            custom_policy_details: policy.transpose()?,
        })
    }

    fn number<N: std::str::FromStr>(
        &self,
        of: &Map<String, Value>,
        property: &str,
    ) -> Result<Option<N>, TemplateError> {
        let Some(text) = self.text(of, property)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| self.wrong(property, "is no number"))
    }

    fn remediation_parameter(
        &self,
        name: &str,
        value: &Value,
    ) -> Result<types::RemediationParameterValue, TemplateError> {
        let value = self.members(name, value, &["ResourceValue", "StaticValue"])?;
        let fixed =
            value.get("StaticValue").map(|fixed| self.members("StaticValue", fixed, &["Values"])).transpose()?;
        let of_resource = value.get("ResourceValue").map(|of| self.members("ResourceValue", of, &["Value"]));
        let of_resource = of_resource.transpose()?;
        let fixed = fixed.map(|fixed| {
            let texts = |value: &Value| match value {
                Value::Array(values) => values.iter().map(as_text).collect::<Option<Vec<_>>>(),
                one => as_text(one).map(|one| vec![one]),
            };
            let values = fixed.get("Values").and_then(texts);
            Ok::<_, TemplateError>(types::StaticValue {
                values: values.ok_or_else(|| self.wrong(name, "has no values"))?,
            })
        });
        let of_resource = of_resource.map(|of| {
            let value = self.word(of, "Value")?.ok_or_else(|| self.wrong(name, "has no value"))?;
            Ok::<_, TemplateError>(types::ResourceValue { value })
        });
        Ok(types::RemediationParameterValue {
            resource_value: of_resource.transpose()?,
            static_value: fixed.transpose()?,
        })
    }

    /// A mapping whose values become texts, or JSON as text.
    fn input_parameters(&self, value: Option<&Value>) -> Result<Option<String>, TemplateError> {
        let members = match value {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) => return Ok(Some(text.clone())),
            Some(value) => self.mapping("InputParameters", value)?,
        };
        let mut texts = Map::new();
        for (name, value) in members.iter().filter(|(_, value)| !value.is_null()) {
            let text = match value {
                Value::Array(values) => values.iter().map(as_text).collect::<Option<Vec<_>>>().map(|all| all.join(",")),
                value => as_text(value),
            };
            let text = text.ok_or_else(|| self.wrong("InputParameters", &format!("has no text for {name}")))?;
            texts.insert(name.clone(), Value::String(text));
        }
        Ok((!texts.is_empty()).then(|| Value::Object(texts).to_string()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wanted(properties: Value) -> WantedResource {
        WantedResource { logical_name: "A".to_owned(), kind: ResourceKind::Rule, properties }
    }

    #[test]
    fn values_of_input_parameters_are_texts() {
        let rule = rule(&wanted(json!({
            "Source": {"Owner": "AWS", "SourceIdentifier": "X"},
            "InputParameters": {"age": 90, "flag": true, "list": ["a", "b"], "none": null},
            "Scope": {"ComplianceResourceTypes": "AWS::EC2::Volume"},
        })));
        let rule = rule.unwrap();
        assert_eq!(rule.config_rule_name.as_deref(), Some("A"));
        assert_eq!(rule.input_parameters.as_deref(), Some(r#"{"age":"90","flag":"true","list":"a,b"}"#));
        assert_eq!(rule.scope.unwrap().compliance_resource_types.unwrap(), ["AWS::EC2::Volume"]);
    }

    #[test]
    fn what_is_not_as_it_must_be_is_told_with_the_resource() {
        for (properties, expected) in [
            (json!({}), "Resource A: Source is missing."),
            (json!({"Source": {"Owner": "ME"}}), "Resource A: Owner has the unknown value ME."),
            (json!({"Source": {"Owner": "AWS"}, "Scope": "x"}), "Resource A: Scope is no mapping."),
            (
                json!({"Source": {"Owner": "AWS"}, "Scope": {"ComplianceResourceType": "AWS::EC2::Volume"}}),
                "Resource A: Encountered unsupported property Scope.ComplianceResourceType",
            ),
            (
                json!({"Source": {"Owner": "AWS", "Identifier": "X"}}),
                "Resource A: Encountered unsupported property Source.Identifier",
            ),
            (
                json!({"Source": {"Owner": "AWS"}, "InputParameters": {"a": {"b": 1}}}),
                "Resource A: InputParameters has no text for a.",
            ),
        ] {
            assert_eq!(rule(&wanted(properties)).unwrap_err().0, expected);
        }
    }

    #[test]
    fn what_is_wrong_with_a_remediation_is_told() {
        let with = |more: Value| {
            let mut properties = json!({"ConfigRuleName": "a", "TargetType": "SSM_DOCUMENT", "TargetId": "X"});
            properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            WantedResource { kind: ResourceKind::Remediation, ..wanted(properties) }
        };
        assert_eq!(remediation(&with(json!({"Automatic": "True"}))).unwrap().automatic, Some(true));
        for (more, expected) in [
            (json!({"Automatic": "yes"}), "Resource A: Automatic is neither true nor false."),
            (
                json!({"ExecutionControls": {"SSMControls": {}}}),
                "Resource A: Encountered unsupported property ExecutionControls.SSMControls",
            ),
            (
                json!({"Parameters": {"Id": {"ResourceId": {}}}}),
                "Resource A: Encountered unsupported property Id.ResourceId",
            ),
        ] {
            assert_eq!(remediation(&with(more)).unwrap_err().0, expected);
        }
    }
}
