//! The server's own resources as AWS Config records them: what the services' own describing operations say, asked in
//! process as the account (config.md §10.3).

mod casing;
mod changes;
mod describe;

use std::sync::Arc;

use api::{CallContext, Principal, Service};
use async_trait::async_trait;
use base::{Clock, Entropy, Scope, id};
use config::Description;
use config::ports::{OwnResources, PRINCIPAL, PortError};
use wire::schema::{EMPTY_STRUCTURE, Operation};
use wire::value::{Struct, Value};

pub use casing::Casing;
pub use changes::touched;

pub(crate) const ALARM: &str = "AWS::CloudWatch::Alarm";
pub(crate) const LOG_GROUP: &str = "AWS::Logs::LogGroup";
pub(crate) const TOPIC: &str = "AWS::SNS::Topic";
pub(crate) const TRAIL: &str = "AWS::CloudTrail::Trail";

/// The services whose resources are recorded.
pub struct OwnServices {
    /// Alarms.
    pub cloudwatch: Arc<dyn Service>,
    /// Log groups.
    pub logs: Arc<dyn Service>,
    /// Topics.
    pub sns: Arc<dyn Service>,
    /// Trails.
    pub cloudtrail: Arc<dyn Service>,
    /// Users, groups, roles and policies.
    pub iam: Arc<dyn Service>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness, for ids of calls.
    pub entropy: Arc<dyn Entropy>,
}

type Listing = Vec<(String, Description)>;

#[async_trait]
impl OwnResources for OwnServices {
    fn resource_types(&self) -> Vec<&'static str> {
        vec![ALARM, LOG_GROUP, TOPIC, TRAIL]
    }

    async fn list(&self, scope: &Scope, resource_type: &str) -> Result<Listing, PortError> {
        match resource_type {
            ALARM => self.alarms(scope, None).await,
            LOG_GROUP => self.log_groups(scope, None).await,
            TOPIC => self.topics(scope).await,
            TRAIL => self.trails(scope).await,
            _ => Ok(Vec::new()),
        }
    }

    async fn describe(
        &self,
        scope: &Scope,
        resource_type: &str,
        resource_id: &str,
    ) -> Result<Option<Description>, PortError> {
        let listing = match resource_type {
            ALARM => self.alarms(scope, Some(resource_id)).await?,
            LOG_GROUP => self.log_groups(scope, Some(resource_id)).await?,
            _ => self.list(scope, resource_type).await?,
        };
        Ok(listing.into_iter().find(|(id, _)| id == resource_id).map(|(_, description)| description))
    }
}

impl OwnServices {
    /// Calls an operation as the account.
    pub(crate) async fn call(
        &self,
        service: &dyn Service,
        scope: &Scope,
        operation: &'static str,
        members: Vec<(&'static str, Value)>,
    ) -> Result<Value, PortError> {
        let operation = service.schema().operation(operation).expect("the service has this operation");
        let cx = CallContext {
            principal: Principal::Root { account: scope.account.clone(), access_key_id: String::new(), session: None },
            region: scope.region.clone(),
            partition: scope.region.partition(),
            now: self.clock.now(),
            request_id: id::uuid(&*self.entropy).to_string(),
            source_ip: PRINCIPAL.to_owned(),
            user_agent: PRINCIPAL.to_owned(),
            host: String::new(),
            tls: None,
        };
        let answer = service.answer(&cx, operation, input(operation, members)).await;
        answer
            .map(|answer| answer.output)
            .map_err(|error| PortError { code: error.code.into_owned(), message: error.message.unwrap_or_default() })
    }

    /// The elements of a list member of all pages of an answer; `token` names the member that says where the next page
    /// starts, in questions and answers.
    pub(crate) async fn all_pages(
        &self,
        service: &dyn Service,
        scope: &Scope,
        (operation, list, token): (&'static str, &'static str, &'static str),
        members: &[(&'static str, Value)],
    ) -> Result<Vec<Value>, PortError> {
        let mut all = Vec::new();
        let mut next: Option<Value> = None;
        loop {
            let mut asked = members.to_vec();
            asked.extend(next.take().map(|value| (token, value)));
            let answer = self.call(service, scope, operation, asked).await?;
            all.extend(answer.get(list).and_then(Value::as_list).unwrap_or_default().iter().cloned());
            match answer.get(token) {
                Some(value) => next = Some(value.clone()),
                None => return Ok(all),
            }
        }
    }
}

/// The input of an operation with these members.
fn input(operation: &'static Operation, members: Vec<(&'static str, Value)>) -> Value {
    let mut input = Struct::new(operation.input.unwrap_or(&EMPTY_STRUCTURE));
    for (name, value) in members {
        let member = input.shape.structure().and_then(|structure| structure.member(name));
        let (index, _) = member.expect("the operation has this member");
        input.set(index, value);
    }
    Value::Struct(input)
}
