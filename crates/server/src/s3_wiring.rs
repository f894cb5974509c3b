//! What S3 needs of the rest of the server, and what the rest needs of S3.

use std::sync::Arc;
use std::time::Instant;

use api::{Authorization, CallContext, Principal, ServiceError};
use async_trait::async_trait;
use base::{AccountId, Clock, Entropy, Scope, Timestamp, id};
use cloudtrail::Recorder;
use cloudtrail::record::foreign::{CallerShown, Cause, Class, ForeignCall, Reach};
use identity::{Authenticator, CredentialError, ResourceRequest};
use logs::BucketError;
use s3::ports::{
    Asked, Authentication, CallLog, CallerStanding, Credentials, EventKind, FinishedCall, Policies, Refused,
    ServiceCaller,
};
use s3::{Buckets, NewBody, ServicePut};
use serde_json::{Map, Value as Json, json};
use store::blobs::LocalBlobs;
use store::disk::RealDisk;
use store::{Store, StoreError};

use crate::metrics::Metrics;
use crate::own_resources::BucketChanges;
use crate::run::Failure;
use crate::settings::Settings;
use crate::stranger_limit::StrangerLimit;
use crate::wiring::MasterSeal;

/// The type of objects in records and selectors.
const OBJECT: &str = "AWS::S3::Object";
/// The folder of the data folder that objects' bytes are in.
pub const FOLDER: &str = "objects";
/// What requests and answers say of encryption.
const SSE: &str = "x-amz-server-side-encryption";

/// What S3 is opened with.
pub struct S3Parts<'a> {
    /// The server's settings.
    pub settings: &'a Settings,
    /// The store.
    pub store: &'a Store,
    /// Who is who, and who may do what.
    pub authenticator: Arc<Authenticator>,
    /// Takes what is recorded.
    pub recorder: Arc<Recorder>,
    /// Hears of changes to buckets.
    pub changes: Arc<BucketChanges>,
    /// The server's counters.
    pub metrics: Arc<Metrics>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// Opens S3 over the store.
///
/// # Errors
/// The disk's.
pub async fn open(parts: S3Parts<'_>) -> Result<s3::S3, Failure> {
    let S3Parts { settings, store, authenticator, recorder, changes, metrics, clock, entropy } = parts;
    let seal = MasterSeal { authenticator: authenticator.clone(), entropy: entropy.clone() };
    let iam = Arc::new(Iam { authenticator });
    let strangers = StrangerLimit::new(Instant::now());
    let log = History { recorder, changes, room: store.room(), strangers, metrics, entropy: entropy.clone() };
    let (folder, catalog, region) = (settings.data.join(FOLDER), store.catalog().clone(), settings.region.clone());
    let opened = tokio::task::spawn_blocking(move || {
        s3::S3::open(s3::Parts {
            catalog,
            blobs: Arc::new(LocalBlobs::open(Arc::new(RealDisk), folder)?),
            seal: Arc::new(FileSeal(seal)),
            credentials: iam.clone(),
            policies: iam,
            log: Arc::new(log),
            region,
            clock,
            entropy,
        })
    });
    Ok(opened.await??)
}

/// Keys of files are sealed with the master key.
struct FileSeal(MasterSeal);

impl s3::ports::Seal for FileSeal {
    fn seal(&self, secret: &[u8], name: &str) -> String {
        sns::signing::Seal::seal(&self.0, secret, name)
    }
}

impl s3::ports::Unseal for FileSeal {
    fn open(&self, sealed: &str, name: &str) -> Option<Vec<u8>> {
        sns::signing::Seal::open(&self.0, sealed, name)
    }
}

/// Credentials and policies are IAM's.
struct Iam {
    authenticator: Arc<Authenticator>,
}

impl Credentials for Iam {
    fn lookup(&self, id: &str, token: Option<&str>, now: Timestamp) -> Result<(String, Principal), Refused> {
        match self.authenticator.lookup(id, token, now) {
            Ok(credential) => Ok((credential.secret.expose().to_owned(), credential.principal)),
            Err(CredentialError::Expired) => Err(Refused::ExpiredToken),
            Err(CredentialError::InvalidToken) => Err(Refused::InvalidToken),
            Err(CredentialError::Unknown | CredentialError::Inactive) => Err(Refused::UnknownKey),
        }
    }

    fn claimed(&self, id: &str) -> Option<Principal> {
        self.authenticator.claimed_principal(id)
    }

    fn server_account(&self) -> AccountId {
        self.authenticator.server_account().clone()
    }
}

impl Policies for Iam {
    fn authorize(&self, cx: &CallContext, wanted: &Authorization) -> Result<(), ServiceError> {
        self.authenticator.authorize(cx, wanted)
    }

    fn anyone_may(&self, cx: &CallContext, policy: &str, wanted: &Asked<'_>) -> bool {
        self.authenticator.anyone_may(cx, policy, &request(wanted))
    }

    fn service_may(&self, policy: &str, service: &ServiceCaller<'_>, wanted: &Asked<'_>, now: Timestamp) -> bool {
        let ServiceCaller { service, source_arn, source_account } = *service;
        let caller = identity::ServiceCaller { service, source_arn, source_account };
        Authenticator::service_may_do(policy, &caller, &request(wanted), now)
    }

    fn check(&self, policy: &str) -> Result<(), String> {
        Authenticator::check_resource_policy(policy)
    }

    fn is_public(&self, policy: &str) -> bool {
        Authenticator::is_public(policy)
    }
}

fn request<'a>(asked: &Asked<'a>) -> ResourceRequest<'a> {
    let Asked { action, resource, conditions } = *asked;
    ResourceRequest { action, resource, conditions }
}

/// Calls of S3 enter the event history; those on objects are for trails.
struct History {
    recorder: Arc<Recorder>,
    changes: Arc<BucketChanges>,
    room: store::Room,
    strangers: StrangerLimit,
    metrics: Arc<Metrics>,
    entropy: Arc<dyn Entropy>,
}

#[async_trait]
impl CallLog for History {
    fn has_room(&self) -> Result<(), String> {
        self.room.check().map_err(|error| match error {
            StoreError::Full => "No space is left on the server's disk; nothing was changed.".to_owned(),
            _ => "The server cannot write its log; nothing was changed.".to_owned(),
        })
    }

    async fn record(&self, call: &FinishedCall) -> Result<(), String> {
        self.changes.heard(call);
        match self.recorder.record_foreign(self.events(call)).await {
            Ok(()) => {
                self.metrics.event();
                Ok(())
            }
            Err(error) => {
                self.failed(&error);
                Err(match error {
                    StoreError::Full => "No space is left on the server's disk; the call could not be recorded.",
                    _ => "The server cannot write its log; the call could not be recorded.",
                }
                .to_owned())
            }
        }
    }

    fn record_streamed(&self, call: &FinishedCall) {
        match self.recorder.record_foreign_read(self.events(call)) {
            Ok(()) => self.metrics.event(),
            Err(error) => self.failed(&error),
        }
    }
}

impl History {
    /// The call as CloudTrail records it: nothing when it does not; several events when several accounts hear of it, or
    /// it deleted several objects.
    fn events<'a>(&self, call: &'a FinishedCall) -> Vec<ForeignCall<'a>> {
        let Some(event_name) = call.event_name else { return Vec::new() };
        // Of what nobody proved to have sent and what changed nothing, only so much enters the history.
        let is_strangers = match call.caller {
            CallerStanding::Proved => false,
            CallerStanding::Anonymous => call.error.is_some(),
            CallerStanding::Claimed => true,
        };
        if is_strangers && !self.strangers.admit(Instant::now()) {
            self.metrics.event_suppressed();
            return Vec::new();
        }
        let recipients = recipients(call);
        // The copies that several accounts get of one event have an id in common.
        let shared_id = || (recipients.len() > 1).then(|| id::uuid(&*self.entropy).to_string());
        let of_call = shared_id();
        let of_keys: Vec<_> = call.deleted.iter().map(|deleted| (deleted, shared_id())).collect();
        let mut events = Vec::new();
        // An event for each of many objects is not worth making where nobody asks for it.
        let is_wanted = |recipient| call.kind != EventKind::Data || self.recorder.wants_data(recipient, OBJECT);
        for (recipient, shown) in recipients.iter().filter(|(recipient, _)| is_wanted(recipient)) {
            let event = ForeignCall { shared_event_id: of_call.clone(), ..event(call, event_name, recipient, *shown) };
            events.extend(of_keys.iter().map(|((key, version), shared_event_id)| ForeignCall {
                shared_event_id: shared_event_id.clone(),
                ..deletion(call, &event, key, version.as_deref())
            }));
            events.push(event);
        }
        events
    }

    fn failed(&self, error: &StoreError) {
        self.metrics.event_failed();
        tracing::error!(error = error as &dyn std::error::Error, "an audit event of S3 could not be stored");
    }
}

/// The accounts that hear of a call, and what each is told of the caller. The owner of a bucket hears what others do to
/// its objects, and they hear of it too (cloudtrail.md §2.5).
fn recipients(call: &FinishedCall) -> Vec<(&AccountId, CallerShown)> {
    let caller = call.cx.account();
    let others = call.bucket_owner.as_ref().filter(|owner| *owner != caller);
    match (call.caller, others) {
        (CallerStanding::Anonymous, Some(owner)) => vec![(owner, CallerShown::Anonymous)],
        (CallerStanding::Anonymous, None) => vec![(caller, CallerShown::Anonymous)],
        (CallerStanding::Proved, Some(owner)) if call.kind == EventKind::Data => {
            vec![(caller, CallerShown::Whole), (owner, CallerShown::Account)]
        }
        _ => vec![(caller, CallerShown::Whole)],
    }
}

/// The event of a call that an account gets.
fn event<'a>(
    call: &'a FinishedCall,
    event_name: &'a str,
    recipient: &'a AccountId,
    shown: CallerShown,
) -> ForeignCall<'a> {
    let found = call.bucket.iter().map(|bucket| (Some("AWS::S3::Bucket".to_owned()), bucket.clone()));
    ForeignCall {
        cx: &call.cx,
        shown,
        cause: Cause::Call,
        event_source: "s3.amazonaws.com",
        event_name,
        class: match call.kind {
            EventKind::Management => Class::Management,
            EventKind::Data => Class::Data,
        },
        read_only: call.read_only,
        region: &call.region,
        reach: Reach::Regional,
        recipient,
        shared_event_id: None,
        error: call.error.as_ref().map(|(code, message)| (code.as_str(), message.as_str())),
        request_parameters: call.request_parameters.clone(),
        response_elements: call.response_elements.clone(),
        additional_event_data: Some(additional(call)),
        service_event_details: None,
        request_id: Some(&call.cx.request_id),
        resources: resources(call, call.key.as_deref(), recipient),
        found_by: if call.read_only { Vec::new() } else { found.collect() },
        completed: call.completed,
    }
}

/// The event of one object of several that a call deleted (cloudtrail.md §1.8). Its parameters are inferred from those
/// of the operation that deletes one.
fn deletion<'a>(call: &'a FinishedCall, of_all: &ForeignCall<'a>, key: &str, version: Option<&str>) -> ForeignCall<'a> {
    let mut parameters = Map::new();
    for name in ["bucketName", "Host"] {
        if let Some(value) = call.request_parameters.get(name) {
            parameters.insert(name.to_owned(), value.clone());
        }
    }
    parameters.insert("key".to_owned(), key.into());
    if let Some(version) = version {
        parameters.insert("versionId".to_owned(), version.into());
    }
    let mut additional = of_all.additional_event_data.clone();
    if let Some(Json::Object(members)) = &mut additional {
        // What was sent and answered is that of the call as a whole.
        members.retain(|name, _| !name.starts_with("bytesTransferred"));
    }
    ForeignCall {
        event_name: "DeleteObject",
        cause: Cause::Service,
        request_parameters: Json::Object(parameters),
        response_elements: Json::Null,
        additional_event_data: additional,
        resources: resources(call, Some(key), of_all.recipient),
        ..of_all.clone()
    }
}

/// `additionalEventData` (cloudtrail.md §1.8).
fn additional(call: &FinishedCall) -> Json {
    let mut all = Map::new();
    let method = match call.authentication {
        Authentication::Header => Some(("AuthHeader", "SigV4")),
        Authentication::Query => Some(("QueryString", "SigV4")),
        Authentication::QueryV2 => Some(("QueryString", "SigV2")),
        Authentication::None => None,
    };
    if let Some((method, version)) = method {
        all.insert("SignatureVersion".to_owned(), version.into());
        all.insert("AuthenticationMethod".to_owned(), method.into());
    }
    if let Some(tls) = &call.cx.tls {
        all.insert("CipherSuite".to_owned(), tls.cipher_suite.clone().into());
    }
    if call.response_elements.get(SSE).is_some() {
        let asked = call.request_parameters.get(SSE).is_some();
        all.insert("SSEApplied".to_owned(), if asked { "SSE_S3" } else { "Default_SSE_S3" }.into());
    }
    all.insert("bytesTransferredIn".to_owned(), call.bytes_in.into());
    all.insert("bytesTransferredOut".to_owned(), call.bytes_out.into());
    all.insert("x-amz-id-2".to_owned(), call.host_id.clone().into());
    if let Some(bytes) = call.object_bytes {
        all.insert("objectSize".to_owned(), bytes.into());
    }
    all.insert("httpStatusCode".to_owned(), call.status.into());
    all.insert("startTime".to_owned(), call.cx.now.millis().into());
    all.insert("endTime".to_owned(), call.completed.millis().into());
    Json::Object(all)
}

/// `resources`: the bucket, then the object or what a listing was of (cloudtrail.md §1.8).
fn resources(call: &FinishedCall, key: Option<&str>, recipient: &AccountId) -> Option<Json> {
    let bucket = call.bucket.as_ref()?;
    let arn = format!("arn:{}:s3:::{bucket}", call.cx.partition.as_str());
    let mut of_bucket = json!({"type": "AWS::S3::Bucket", "ARN": arn});
    if let Some(owner) = &call.bucket_owner {
        // A caller does not learn whose another's bucket is.
        of_bucket["accountId"] =
            if owner == recipient { owner.as_str() } else { "HIDDEN_DUE_TO_SECURITY_REASONS" }.into();
    }
    let mut all = vec![of_bucket];
    if call.kind == EventKind::Data {
        all.push(match key {
            Some(key) => json!({"type": OBJECT, "ARN": format!("{arn}/{key}")}),
            None => {
                let prefix = call.request_parameters.get("prefix").and_then(Json::as_str).unwrap_or_default();
                json!({"type": OBJECT, "ARNPrefix": format!("{arn}/{prefix}")})
            }
        });
    }
    Some(Json::Array(all))
}

/// Exports of log events go to buckets that let Logs in (logs.md EX-9).
pub struct ExportBuckets(pub Buckets);

impl ExportBuckets {
    fn check(&self, scope: &Scope, bucket: &str, action: &str, key: Option<&str>) -> Result<(), BucketError> {
        let Scope { account, region } = scope;
        let service = format!("logs.{region}.amazonaws.com");
        let source_arn = format!("arn:{}:logs:{region}:{account}:log-group:*", region.partition().as_str());
        let caller = ServiceCaller { service: &service, source_arn: &source_arn, source_account: account };
        let acl = key.map(|_| "bucket-owner-full-control");
        let wanted = ServicePut { caller, action, bucket, key, acl, encryption: None };
        match self.0.service_may(&wanted).map_err(|error| unusable(&error))? {
            true => Ok(()),
            false => {
                Err(BucketError { message: format!("The bucket's policy does not allow {action}."), passing: false })
            }
        }
    }
}

#[async_trait]
impl logs::Buckets for ExportBuckets {
    async fn exists(&self, scope: &Scope, bucket: &str) -> Result<bool, BucketError> {
        if self.0.find(bucket).is_none() {
            return Ok(false);
        }
        self.check(scope, bucket, "s3:GetBucketAcl", None).map(|()| true)
    }

    async fn put(&self, scope: &Scope, bucket: &str, key: &str, body: Vec<u8>) -> Result<(), BucketError> {
        self.check(scope, bucket, "s3:PutObject", Some(key))?;
        let body = NewBody { bytes: body.into(), ..NewBody::default() };
        self.0.put(bucket, key, body).await.map(drop).map_err(|error| unusable(&error))
    }
}

fn unusable(error: &s3::BucketsError) -> BucketError {
    BucketError { message: error.message.clone(), passing: error.passing }
}
