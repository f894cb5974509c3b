//! The actions that others carry out: calls to upstreams (cloudwatch.md §6.7).
//!
//! A call is made at least once: a crash between the call and its entry in the history makes it
//! be made again.

use base::Arn;
use bytes::Bytes;
use http::Method;
use http::uri::PathAndQuery;
use outbound::{Attempt, CallError, CallForm, CalledResource, Function, OnBehalf, Reply, UpstreamCall, Upstreams};
use serde_json::{Value, json};

use super::events::{StateChange, lambda_payload};
use super::message::{Notice, state_text};
use super::target::{InstanceChange, Target};
use crate::alarms::{ActionError, arn};
use crate::record::{AlarmKind, Watched};

/// One action of an alarm on its way to an upstream.
pub(super) struct Calls<'a> {
    /// Where calls go.
    pub(super) upstreams: &'a Upstreams,
    /// What the alarm tells.
    pub(super) notice: Notice<'a>,
    /// The action's ARN.
    pub(super) action_arn: &'a str,
    /// The same for all attempts at one action, for services that take such a token.
    pub(super) token: &'a str,
    /// Whether the action was tried before.
    pub(super) attempt: Attempt,
}

/// Who calls, as the trail names it.
const BY: &str = "cloudwatch.amazonaws.com";

impl Calls<'_> {
    /// Carries the action out, and gives what was sent where that is for the history.
    ///
    /// # Errors
    /// Why it was not carried out.
    pub(super) async fn carry_out(&self, target: &Target) -> Result<Option<String>, ActionError> {
        match target {
            Target::Instance(change) => self.change_instance(*change).await.map(|()| None),
            Target::ScalingPolicy { group, policy } => self.execute_policy(group, policy).await.map(|()| None),
            Target::Function { name, qualifier } => self.invoke(name, qualifier.as_deref()).await.map(Some),
            Target::OpsItem { severity, category } => {
                self.create_ops_item(severity, category.as_deref()).await.map(|()| None)
            }
            Target::Incident => self.start_incident().await.map(|()| None),
            Target::Investigation => Err(lasting("Investigations are not served here, nor by any upstream.")),
            Target::Topic | Target::Unknown => Err(lasting("The ARN names no action that can be carried out.")),
        }
    }

    async fn change_instance(&self, change: InstanceChange) -> Result<(), ActionError> {
        let instance = self.instance().ok_or_else(|| lasting("The alarm does not watch a metric of one instance."))?;
        let call = async |action| {
            let parameters = vec![("InstanceId.1".to_owned(), instance.to_owned())];
            let form = CallForm::Query { version: "2016-11-15", action, parameters };
            let told = json!({ "instancesSet": { "items": [{ "instanceId": instance }] } });
            let resource = CalledResource { resource_type: "AWS::EC2::Instance", arn: self.instance_arn(instance) };
            self.do_call("ec2", form, told, Some(resource)).await
        };
        match change {
            InstanceChange::Stop => call("StopInstances").await.map_err(failed),
            InstanceChange::Terminate => call("TerminateInstances").await.map_err(failed),
            InstanceChange::Reboot => call("RebootInstances").await.map_err(failed),
            // There is no public call that recovers. Stopping and starting moves an instance to
            // other hardware under the same id. While it is still stopping it cannot be started.
            InstanceChange::Recover => {
                call("StopInstances").await.map_err(failed)?;
                call("StartInstances").await.map_err(|error| failed_for_now(error, "IncorrectInstanceState"))
            }
        }
    }

    /// The instance that the alarm watches.
    fn instance(&self) -> Option<&str> {
        let AlarmKind::Metric(metric) = &self.notice.alarm.kind else { return None };
        let Watched::Metric(watched) = &metric.watched else { return None };
        let found = watched.dimensions.iter().find(|(name, _)| name == "InstanceId");
        found.map(|(_, id)| id.as_str())
    }

    fn instance_arn(&self, instance: &str) -> String {
        let base::Scope { account, region } = self.notice.scope;
        format!("arn:{}:ec2:{region}:{account}:instance/{instance}", region.partition().as_str())
    }

    async fn execute_policy(&self, group: &str, policy: &str) -> Result<(), ActionError> {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut parameters = vec![pair("AutoScalingGroupName", group), pair("PolicyName", policy)];
        if self.is_step_policy(group, policy).await?
            && let Some((value, threshold)) = self.breach()
        {
            parameters.push(pair("MetricValue", &value.to_string()));
            parameters.push(pair("BreachThreshold", &threshold.to_string()));
        }
        let form = CallForm::Query { version: "2011-01-01", action: "ExecutePolicy", parameters };
        let told = json!({ "autoScalingGroupName": group, "policyName": policy });
        let called = self.do_call("autoscaling", form, told, self.target("AWS::AutoScaling::ScalingPolicy")).await;
        called.map_err(|error| failed_for_now(error, "ScalingActivityInProgress"))
    }

    /// Whether the policy wants to know by how much the threshold was breached; others refuse to
    /// be told. An upstream that cannot describe policies has none with steps.
    async fn is_step_policy(&self, group: &str, policy: &str) -> Result<bool, ActionError> {
        let parameters = vec![
            ("AutoScalingGroupName".to_owned(), group.to_owned()),
            ("PolicyNames.member.1".to_owned(), policy.to_owned()),
        ];
        let form = CallForm::Query { version: "2011-01-01", action: "DescribePolicies", parameters };
        let told = json!({ "autoScalingGroupName": group, "policyNames": [policy] });
        match self.ask("autoscaling", form, told).await {
            Ok(reply) => {
                let text = String::from_utf8_lossy(&reply.body).into_owned();
                Ok(text.contains("<PolicyType>StepScaling</PolicyType>"))
            }
            Err(CallError::Refused { status, .. }) if !status.is_server_error() => Ok(false),
            Err(other) => Err(failed(other)),
        }
    }

    /// The newest data point and the threshold, as the reason tells them (cloudwatch.md §6.6).
    fn breach(&self) -> Option<(f64, f64)> {
        let data: Value = serde_json::from_str(self.notice.new.reason_data.as_deref()?).ok()?;
        let newest = data.get("recentDatapoints")?.as_array()?.last()?.as_f64()?;
        Some((newest, data.get("threshold")?.as_f64()?))
    }

    async fn invoke(&self, name: &str, qualifier: Option<&str>) -> Result<String, ActionError> {
        let Notice { scope, name: alarm_name, alarm, old, new, contributor, .. } = self.notice;
        let change = StateChange {
            scope,
            name: alarm_name,
            alarm,
            old,
            new,
            evaluation: None,
            suppressed: None,
            mute: None,
            contributor,
        };
        let payload = lambda_payload(&change);
        // A function of another account is named by its whole ARN.
        let own = self.action_arn.parse::<Arn>().is_ok_and(|arn| arn.account == scope.account.as_str());
        let name = if own { name } else { self.action_arn };
        let function = Function { name, qualifier: qualifier.filter(|_| own) };
        let form = function.invoked(payload.clone()).map_err(|_| lasting("The ARN cannot be called."))?;
        let mut told = json!({ "functionName": name, "invocationType": "Event" });
        if let Some(qualifier) = qualifier.filter(|_| own) {
            told["qualifier"] = json!(qualifier);
        }
        self.do_call("lambda", form, told, self.target("AWS::Lambda::Function")).await.map_err(failed)?;
        Ok(payload)
    }

    async fn create_ops_item(&self, severity: &str, category: Option<&str>) -> Result<(), ActionError> {
        let Notice { scope, name, new, .. } = self.notice;
        let alarm_arn = arn(scope, name);
        let searchable = |value: Value| json!({ "Type": "SearchableString", "Value": value.to_string() });
        let mut body = json!({
            "Title": self.title(),
            "Description": first_chars(&new.reason, 1024),
            "Source": "CloudWatch Alarm",
            "Severity": severity,
            "OperationalData": {
                "/aws/dedup": searchable(json!({ "dedupString": alarm_arn })),
                "/aws/resources": searchable(json!([{ "arn": alarm_arn }])),
            },
        });
        let mut told = json!({ "source": "CloudWatch Alarm", "severity": severity });
        if let Some(category) = category {
            body["Category"] = json!(category);
            told["category"] = json!(category);
        }
        let form = CallForm::Json { version: "1.1", target: "AmazonSSM.CreateOpsItem", body };
        match self.do_call("ssm", form, told, None).await {
            // An item of the alarm is open already: this call was made before, or the alarm
            // changed again.
            Err(CallError::Refused { code, .. }) if code == "OpsItemAlreadyExistsException" => Ok(()),
            other => other.map_err(failed),
        }
    }

    async fn start_incident(&self) -> Result<(), ActionError> {
        let Notice { scope, name, new, .. } = self.notice;
        let body = json!({
            "clientToken": self.token,
            "responsePlanArn": self.action_arn,
            "title": self.title(),
            "triggerDetails": {
                "source": "aws.cloudwatch",
                "timestamp": new.since.secs(),
                "triggerArn": arn(scope, name),
            },
        });
        let headers = vec![("content-type", "application/json".to_owned())];
        let (path, body) = (PathAndQuery::from_static("/startIncident"), Bytes::from(body.to_string()));
        let form = CallForm::Rest { operation: "StartIncident", method: Method::POST, path, headers, body };
        let told = json!({ "responsePlanArn": self.action_arn });
        let plan = self.target("AWS::SSMIncidents::ResponsePlan");
        self.do_call("ssm-incidents", form, told, plan).await.map_err(failed)
    }

    fn title(&self) -> String {
        let (name, state) = (self.notice.name, state_text(self.notice.new.value));
        first_chars(&format!("CloudWatch alarm - '{name}' is in '{state}' state"), 200)
    }

    /// A call for what it does.
    async fn do_call(
        &self,
        service: &'static str,
        form: CallForm,
        told: Value,
        resource: Option<CalledResource>,
    ) -> Result<(), CallError> {
        self.upstreams.call_for_effect(self.upstream_call(service, form, told, resource)).await
    }

    /// A call for what it tells.
    async fn ask(&self, service: &'static str, form: CallForm, told: Value) -> Result<Reply, CallError> {
        self.upstreams.call(self.upstream_call(service, form, told, None)).await
    }

    /// A call of which `told` and `resource` may be recorded.
    fn upstream_call(
        &self,
        service: &'static str,
        form: CallForm,
        told: Value,
        resource: Option<CalledResource>,
    ) -> UpstreamCall {
        let scope = self.notice.scope;
        let on_behalf = OnBehalf {
            source_arn: Some(arn(scope, self.notice.name)),
            resource,
            parameters: told,
            attempt: self.attempt,
            ..OnBehalf::new(scope.account.clone(), BY)
        };
        UpstreamCall { service, region: scope.region.to_string(), form, on_behalf }
    }

    /// What the action's ARN names.
    fn target(&self, resource_type: &'static str) -> Option<CalledResource> {
        Some(CalledResource { resource_type, arn: self.action_arn.to_owned() })
    }
}

fn failed(error: CallError) -> ActionError {
    ActionError { message: error.to_string(), passing: error.is_passing() }
}

/// The same, where a refusal with this code passes.
fn failed_for_now(error: CallError, code: &str) -> ActionError {
    let passing = matches!(&error, CallError::Refused { code: found, .. } if found == code);
    let failed = failed(error);
    ActionError { passing: failed.passing || passing, ..failed }
}

fn lasting(message: &str) -> ActionError {
    ActionError { message: message.to_owned(), passing: false }
}

fn first_chars(text: &str, chars_max: usize) -> String {
    text.chars().take(chars_max).collect()
}
