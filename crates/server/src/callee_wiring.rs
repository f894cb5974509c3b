//! What custom rules and remediations of AWS Config call: functions and automations of upstreams, and webhooks.

use std::time::Duration;

use async_trait::async_trait;
use base::Arn;
use bytes::Bytes;
use config::ports::{
    AutomationProgress, Automations, CallFailure, Caller, Functions, Invoked, NewAutomation, PRINCIPAL,
};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use outbound::{
    Attempt, CallError, CallForm, CalledResource, Endpoint, Function, HttpClient, OnBehalf, Outgoing, Reply, SendError,
    UpstreamCall, Upstreams,
};
use serde_json::{Map, Value, json};

/// How long a webhook may take: it may answer with what it found.
const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(60);

/// The way to functions, webhooks and automations.
#[derive(Clone)]
pub struct Callees {
    /// Lambda and Systems Manager.
    pub upstreams: Upstreams,
    /// For webhooks: reaches what callers may choose.
    pub http: HttpClient,
}

impl Callees {
    fn on_behalf(caller: &Caller, resource: Option<CalledResource>, told: Value) -> OnBehalf {
        OnBehalf {
            source_arn: Some(caller.rule_arn.clone()),
            resource,
            parameters: told,
            attempt: Attempt::after(caller.failures),
            ..OnBehalf::new(caller.scope.account.clone(), PRINCIPAL)
        }
    }

    /// A call of Lambda's about a function, in the function's region.
    fn lambda(caller: &Caller, function: &str, form: CallForm, told: Value) -> UpstreamCall {
        let region = function.parse::<Arn>().map_or_else(|_| caller.scope.region.to_string(), |arn| arn.region);
        let resource = CalledResource { resource_type: "AWS::Lambda::Function", arn: function.to_owned() };
        UpstreamCall { service: "lambda", region, form, on_behalf: Self::on_behalf(caller, Some(resource), told) }
    }

    async fn ssm(&self, caller: &Caller, target: &'static str, body: Value, told: Value) -> Result<Value, CallFailure> {
        let form = CallForm::Json { version: "1.1", target, body };
        let on_behalf = Self::on_behalf(caller, None, told);
        let region = caller.scope.region.to_string();
        let reply = self.upstreams.call(UpstreamCall { service: "ssm", region, form, on_behalf }).await;
        let body = reply.map_err(refused)?.body;
        serde_json::from_slice(&body).map_err(|error| CallFailure::lasting("InvalidAnswer", error.to_string()))
    }

    async fn post(&self, endpoint: Endpoint, payload: &str) -> Result<Invoked, CallFailure> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(authorization) = endpoint.basic_authorization() {
            headers.insert(AUTHORIZATION, authorization);
        }
        let body = Bytes::copy_from_slice(payload.as_bytes());
        let request = Outgoing { endpoint, method: Method::POST, headers, body, timeout: WEBHOOK_TIMEOUT };
        answered(&self.http.send(request).await.map_err(unsent)?)
    }
}

/// The URL of a webhook, where that is what names a function.
fn webhook(function: &str) -> Option<Result<Endpoint, CallFailure>> {
    let is_url = function.starts_with("https://") || function.starts_with("http://");
    let invalid = |error: outbound::InvalidEndpoint| CallFailure::lasting("InvalidEndpoint", error.to_string());
    is_url.then(|| function.parse::<Endpoint>().map_err(invalid))
}

#[async_trait]
impl Functions for Callees {
    async fn check(&self, caller: &Caller, function: &str) -> Result<(), CallFailure> {
        if let Some(endpoint) = webhook(function) {
            return endpoint.map(drop);
        }
        let called = Function::named(function);
        let told = json!({ "functionName": function });
        let form = called.described().map_err(refused)?;
        match self.upstreams.call_for_effect(Self::lambda(caller, function, form, told)).await {
            // Who may not look at a function may be let invoke it. Emulators run a function that is only tried, so it
            // is not the first question.
            Err(CallError::Refused { status: StatusCode::FORBIDDEN, .. }) => {
                let told = json!({ "functionName": function, "invocationType": "DryRun" });
                let form = called.tried().map_err(refused)?;
                let call = Self::lambda(caller, function, form, told);
                self.upstreams.call_for_effect(call).await.map_err(refused)
            }
            other => other.map_err(refused),
        }
    }

    async fn invoke(&self, caller: &Caller, function: &str, payload: &str) -> Result<Invoked, CallFailure> {
        if let Some(endpoint) = webhook(function) {
            return self.post(endpoint?, payload).await;
        }
        let form = Function::named(function).invoked(payload.to_owned()).map_err(refused)?;
        let told = json!({ "functionName": function, "invocationType": "Event" });
        let call = Self::lambda(caller, function, form, told);
        self.upstreams.call_for_effect(call).await.map_err(refused)?;
        Ok(Invoked::Taken)
    }
}

#[async_trait]
impl Automations for Callees {
    async fn start(&self, caller: &Caller, automation: &NewAutomation) -> Result<String, CallFailure> {
        let NewAutomation { document, version, parameters, token } = automation;
        let parameters: Map<_, _> = parameters.iter().map(|(name, values)| (name.clone(), json!(values))).collect();
        let mut body = json!({ "DocumentName": document, "Parameters": parameters, "ClientToken": token });
        let mut told = json!({ "documentName": document });
        if let Some(version) = version {
            body["DocumentVersion"] = json!(version);
            told["documentVersion"] = json!(version);
        }
        let answer = self.ssm(caller, "AmazonSSM.StartAutomationExecution", body, told).await?;
        let id = answer["AutomationExecutionId"].as_str().map(str::to_owned);
        id.ok_or_else(|| CallFailure::lasting("InvalidAnswer", "Systems Manager's answer names no execution."))
    }

    async fn progress(&self, caller: &Caller, execution_id: &str) -> Result<AutomationProgress, CallFailure> {
        let body = json!({ "AutomationExecutionId": execution_id });
        let told = json!({ "automationExecutionId": execution_id });
        let answer = self.ssm(caller, "AmazonSSM.GetAutomationExecution", body, told).await?;
        AutomationProgress::of_answer(&answer)
    }
}

/// What a webhook's reply means.
fn answered(reply: &Reply) -> Result<Invoked, CallFailure> {
    let status = reply.status;
    match status.is_success() {
        true if reply.body.iter().all(u8::is_ascii_whitespace) => Ok(Invoked::Taken),
        true => Ok(Invoked::Answered(reply.body.to_vec())),
        false => Err(CallFailure {
            code: format!("Http{}", status.as_u16()),
            message: format!("the webhook answered {status}"),
            is_passing: status.is_server_error()
                || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT),
        }),
    }
}

fn unsent(error: SendError) -> CallFailure {
    let is_passing = !matches!(error, SendError::Fenced | SendError::ReplyTooLong(_));
    CallFailure { code: "EndpointUnreachable".to_owned(), message: error.to_string(), is_passing }
}

fn refused(error: CallError) -> CallFailure {
    let code = match &error {
        CallError::Refused { code, .. } => code.clone(),
        CallError::NoUpstream(_) => "NoUpstream".to_owned(),
        CallError::Unsendable(_) => "InvalidFunction".to_owned(),
        CallError::Send { .. } => "EndpointUnreachable".to_owned(),
    };
    CallFailure { code, message: error.to_string(), is_passing: error.is_passing() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(status: u16, body: &'static str) -> Reply {
        let status = StatusCode::from_u16(status).unwrap();
        Reply { status, headers: HeaderMap::new(), body: Bytes::from_static(body.as_bytes()) }
    }

    #[test]
    fn what_a_webhook_answers_is_handed_on() {
        assert_eq!(answered(&reply(204, "")), Ok(Invoked::Taken));
        assert_eq!(answered(&reply(200, " \n")), Ok(Invoked::Taken));
        assert_eq!(answered(&reply(200, "[]")), Ok(Invoked::Answered(b"[]".to_vec())));
    }

    #[test]
    fn a_webhook_that_is_busy_is_asked_again_and_one_that_refuses_is_not() {
        for (status, is_passing) in [(429, true), (500, true), (503, true), (400, false), (404, false), (302, false)] {
            assert_eq!(answered(&reply(status, "")).unwrap_err().is_passing, is_passing, "{status}");
        }
    }

    #[test]
    fn urls_are_webhooks_and_nothing_else_is() {
        assert!(webhook("https://rules.example.org/owner").is_some_and(|endpoint| endpoint.is_ok()));
        assert!(webhook("http:///").is_some_and(|endpoint| endpoint.is_err()));
        assert!(webhook("arn:aws:lambda:eu-west-1:123456789012:function:f").is_none());
    }
}
