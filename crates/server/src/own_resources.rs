//! The server's own resources as AWS Config records them: what the services' own describing operations say, asked in
//! process as the account (config.md §10.3).

mod buckets;
mod casing;
mod changes;
mod describe;
mod users;

use std::sync::Arc;

use api::{CallContext, Principal, Service};
use async_trait::async_trait;
use base::{Clock, Entropy, Region, Scope, id};
use config::Description;
use config::discovery::{CallFailed, Lister, Looked, resource_type};
use config::ports::{OwnResources, PRINCIPAL, PortError};
use outbound::Upstreams;
use wire::schema::{EMPTY_STRUCTURE, Operation};
use wire::value::{Struct, Value};

pub use casing::Casing;
pub use changes::{BucketChanges, touched};

use buckets::OwnBuckets;
use users::{GROUP, POLICY, ROLE, USER};

pub(crate) const ALARM: &str = "AWS::CloudWatch::Alarm";
pub(crate) const LOG_GROUP: &str = "AWS::Logs::LogGroup";
pub(crate) const BUCKET: &str = "AWS::S3::Bucket";
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
    /// Buckets.
    pub buckets: s3::Buckets,
    /// What is sent to an upstream is not the server's own.
    pub upstreams: Upstreams,
    /// The region in which what belongs to no region is recorded (REC-12).
    pub home: Region,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness, for ids of calls.
    pub entropy: Arc<dyn Entropy>,
}

type Listing = Vec<(String, Description)>;

#[async_trait]
impl OwnResources for OwnServices {
    fn resource_types(&self) -> Vec<&'static str> {
        vec![ALARM, BUCKET, GROUP, LOG_GROUP, POLICY, ROLE, TOPIC, TRAIL, USER]
    }

    async fn list(&self, scope: &Scope, resource_type: &str) -> Result<Listing, PortError> {
        if !self.has(scope, resource_type) {
            return Ok(Vec::new());
        }
        match resource_type {
            ALARM => self.alarms(scope, None).await,
            BUCKET => self.all_buckets(scope).await,
            LOG_GROUP => self.log_groups(scope, None).await,
            TOPIC => self.topics(scope).await,
            TRAIL => self.trails(scope).await,
            USER | GROUP | ROLE | POLICY => self.of_iam(scope, resource_type).await,
            _ => Ok(Vec::new()),
        }
    }

    async fn describe(
        &self,
        scope: &Scope,
        resource_type: &str,
        resource_id: &str,
    ) -> Result<Option<Description>, PortError> {
        if !self.has(scope, resource_type) {
            return Ok(None);
        }
        let listing = match resource_type {
            BUCKET => return self.bucket(scope, resource_id).await,
            ALARM => self.alarms(scope, Some(resource_id)).await?,
            LOG_GROUP => self.log_groups(scope, Some(resource_id)).await?,
            _ => self.list(scope, resource_type).await?,
        };
        Ok(listing.into_iter().find(|(id, _)| id == resource_id).map(|(_, description)| description))
    }
}

impl OwnServices {
    /// Whether the server has resources of a type in a region. What is sent to an upstream is not its own; what it had
    /// of it before is gone.
    fn has(&self, scope: &Scope, resource_type: &str) -> bool {
        let service = match resource_type {
            ALARM => "monitoring",
            BUCKET => "s3",
            LOG_GROUP => "logs",
            TOPIC => "sns",
            TRAIL => "cloudtrail",
            _ => "iam",
        };
        !self.upstreams.is_named(service) && (service != "iam" || scope.region == self.home)
    }

    async fn all_buckets(&self, scope: &Scope) -> Result<Listing, PortError> {
        let Some(of) = resource_type(BUCKET) else { return Ok(Vec::new()) };
        let buckets = OwnBuckets(&self.buckets);
        let listing = Lister::new(&buckets, scope).list(of).await;
        match listing.end.err().or_else(|| listing.untold.into_iter().find_map(|bucket| bucket.failure)) {
            None => Ok(listing.resources),
            Some(failure) => Err(untold(&failure)),
        }
    }

    async fn bucket(&self, scope: &Scope, name: &str) -> Result<Option<Description>, PortError> {
        let Some(of) = resource_type(BUCKET) else { return Ok(None) };
        let buckets = OwnBuckets(&self.buckets);
        match Lister::new(&buckets, scope).look(of, name).await {
            Ok(Looked::There(_, description)) => Ok(Some(*description)),
            Ok(_) => Ok(None),
            Err(failure) => Err(untold(&failure)),
        }
    }

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

fn untold(failure: &CallFailed) -> PortError {
    PortError { code: "InternalFailure".to_owned(), message: failure.to_string() }
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
