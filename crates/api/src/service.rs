//! The contract between the request pipeline and a service.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use wire::schema;
use wire::value::{FromValue, IntoValue, Value};

use crate::call::CallContext;
use crate::error::ServiceError;

/// A generated marker for one operation, tying its schema to its types.
pub trait OperationType {
    /// The service's schema.
    const SERVICE: &'static schema::Service;
    /// The operation's name.
    const NAME: &'static str;
    /// The typed input.
    type Input: FromValue + Send;
    /// The typed output.
    type Output: IntoValue + Send;
}

/// Condition keys with their values.
pub type Conditions = Vec<(String, Vec<String>)>;

/// What a call wants to act on, for the policy engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// The IAM action, such as `iam:CreateUser`.
    pub action: String,
    /// The resource ARNs touched; every one must be allowed. `*` when the operation has none.
    pub resources: Vec<String>,
    /// Condition keys that the request sets, such as `iam:PolicyARN`, with their values.
    pub conditions: Conditions,
    /// Condition keys that hold for one of the resources alone, as `aws:ResourceTag/…` does
    /// where a call names several: the resource's ARN, and the keys with their values.
    pub resource_conditions: Vec<(String, Conditions)>,
    /// Policies of the resources themselves. Within the owner's account such a policy can allow alone; a caller of
    /// another account needs it beside its own. What it denies is denied.
    pub resource_policies: Vec<ResourcePolicy>,
    /// The call needs no permission (an explicit deny does not reach it either), as `sts:GetCallerIdentity`.
    pub exempt: bool,
}

/// The policy of a resource, as a topic has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourcePolicy {
    /// The resource's ARN.
    pub resource: String,
    /// The account that owns it.
    pub owner: base::AccountId,
    /// The policy, as JSON text; none when the resource has none.
    pub policy: Option<Arc<str>>,
}

impl Authorization {
    /// The action on `*`, without conditions.
    pub fn any(service: &schema::Service, operation: &str) -> Self {
        Self {
            action: format!("{}:{operation}", service.iam_prefix),
            resources: vec!["*".to_owned()],
            conditions: Vec::new(),
            resource_conditions: Vec::new(),
            resource_policies: Vec::new(),
            exempt: false,
        }
    }
}

/// What a call answers with.
#[derive(Debug)]
pub struct Answer {
    /// The output, framed as the protocol says.
    pub output: Value,
    /// Headers of the HTTP answer that no member of the model stands for.
    pub headers: Vec<(&'static str, String)>,
    /// When set, the HTTP answer's body in place of the framed output, whatever the protocol.
    pub raw: Option<RawBody>,
    /// When set, the HTTP answer's body comes piece by piece, in place of all else.
    pub stream: Option<StreamedBody>,
}

/// A body that no protocol frames, such as a picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawBody {
    /// Its `content-type`.
    pub media_type: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A body that goes on for a while: until its sender is gone, the client is, or the server stops.
#[derive(Debug)]
pub struct StreamedBody {
    /// Its `content-type`.
    pub media_type: &'static str,
    /// Its pieces. Sending fails once nobody listens any more.
    pub pieces: tokio::sync::mpsc::Receiver<bytes::Bytes>,
}

impl From<Value> for Answer {
    fn from(output: Value) -> Self {
        Self { output, headers: Vec::new(), raw: None, stream: None }
    }
}

/// One service: its schema and the operations built for it.
#[async_trait]
pub trait Service: Send + Sync + 'static {
    /// The service's schema.
    fn schema(&self) -> &'static schema::Service;

    /// Names of the operations that are built, each with its accepted but ignored members.
    fn implemented(&self) -> Vec<(&'static str, &'static [&'static str])> {
        Vec::new()
    }

    /// What the call acts on. The input may be absent (it did not decode) and is not yet validated.
    fn authorization(
        &self,
        _cx: &CallContext,
        operation: &'static schema::Operation,
        _input: Option<&Value>,
    ) -> Authorization {
        Authorization::any(self.schema(), operation.name)
    }

    /// The error for broken constraints, given each one's member path and AWS's full
    /// sentence over all of them. Services whose model maps members to errors of their own override it.
    fn validation_error(
        &self,
        _operation: &'static schema::Operation,
        _paths: &[String],
        message: String,
    ) -> ServiceError {
        ServiceError::validation(message)
    }

    /// Whether an input keeps to the model's constraints. A service overrides it where AWS does
    /// not refuse all that the model forbids; the input must still convert into its type.
    ///
    /// # Errors
    /// What [`Service::validation_error`] makes of the broken constraints.
    fn validate(&self, operation: &'static schema::Operation, input: &Value) -> Result<(), ServiceError> {
        let violations = operation.input.map(|shape| wire::validate(shape, input)).unwrap_or_default();
        if violations.is_empty() {
            return Ok(());
        }
        let paths: Vec<String> = violations.iter().map(|violation| violation.path.clone()).collect();
        Err(self.validation_error(operation, &paths, wire::validate::message(&violations)))
    }

    /// Whether a call without any signature is let in: the operation itself decides what it may
    /// do, by a secret in its input. The caller is then unknown.
    fn takes_unsigned(&self, _operation: &'static schema::Operation) -> bool {
        false
    }

    /// Bytes that a request's body may have once it is unpacked; `None` for the server's own limit.
    fn body_bytes_max(&self, _operation: &'static schema::Operation) -> Option<usize> {
        None
    }

    /// Runs an operation on validated input, and says what else the answer carries.
    async fn answer(
        &self,
        cx: &CallContext,
        operation: &'static schema::Operation,
        input: Value,
    ) -> Result<Answer, ServiceError> {
        self.call(cx, operation, input).await.map(Answer::from)
    }

    /// Runs an operation on validated input.
    async fn call(
        &self,
        cx: &CallContext,
        operation: &'static schema::Operation,
        input: Value,
    ) -> Result<Value, ServiceError>;
}

type BoxedCall<'a> = Pin<Box<dyn Future<Output = Result<Value, ServiceError>> + Send + 'a>>;
type Shim<S> = for<'a> fn(&'a S, &'a CallContext, Value) -> BoxedCall<'a>;

/// The operations of a service `S`, by name.
pub struct OperationTable<S> {
    rows: BTreeMap<&'static str, Row<S>>,
}

struct Row<S> {
    run: Shim<S>,
    ignored: &'static [&'static str],
}

impl<S> Default for OperationTable<S> {
    fn default() -> Self {
        Self { rows: BTreeMap::new() }
    }
}

impl<S> OperationTable<S> {
    /// Adds an operation. Use the [`operations!`](crate::operations) macro.
    pub fn add(&mut self, name: &'static str, ignored: &'static [&'static str], run: Shim<S>) {
        self.rows.insert(name, Row { run, ignored });
    }

    /// Names and ignored members of all operations here.
    pub fn implemented(&self) -> Vec<(&'static str, &'static [&'static str])> {
        self.rows.iter().map(|(name, row)| (*name, row.ignored)).collect()
    }

    /// Whether the operation is built.
    pub fn has(&self, operation: &schema::Operation) -> bool {
        self.rows.contains_key(operation.name)
    }

    /// Runs the operation, or answers that it is not built.
    pub async fn call(
        &self,
        service: &S,
        cx: &CallContext,
        schema: &'static schema::Service,
        operation: &'static schema::Operation,
        input: Value,
    ) -> Result<Value, ServiceError> {
        match self.rows.get(operation.name) {
            Some(row) => (row.run)(service, cx, input).await,
            None => Err(ServiceError::not_implemented(schema.name, operation.name)),
        }
    }
}

/// Builds an [`OperationTable`] from lines of `Operation => handler`, each optionally
/// followed by `ignoring ["Member", …]`. A handler is
/// `async fn(&S, &CallContext, Operation::Input) -> Result<Operation::Output, ServiceError>`.
#[macro_export]
macro_rules! operations {
    ($service:ty; $($operation:ty => $handler:path $(, ignoring [$($ignored:literal),* $(,)?])?;)*) => {{
        let mut table = $crate::OperationTable::<$service>::default();
        $(
            table.add(
                <$operation as $crate::OperationType>::NAME,
                &[$($($ignored),*)?],
                |service, cx, input| {
                    Box::pin(async move {
                        let input = <<$operation as $crate::OperationType>::Input as $crate::FromValue>::from_value(input);
                        let output: <$operation as $crate::OperationType>::Output = $handler(service, cx, input).await?;
                        Ok($crate::IntoValue::into_value(output))
                    })
                },
            );
        )*
        table
    }};
}

/// A service of which nothing is built yet: every operation is known and refused.
pub struct Unbuilt(pub &'static schema::Service);

#[async_trait]
impl Service for Unbuilt {
    fn schema(&self) -> &'static schema::Service {
        self.0
    }

    async fn call(
        &self,
        _cx: &CallContext,
        operation: &'static schema::Operation,
        _input: Value,
    ) -> Result<Value, ServiceError> {
        Err(ServiceError::not_implemented(self.0.name, operation.name))
    }
}

/// All services, by schema name.
pub type Services = BTreeMap<&'static str, Arc<dyn Service>>;
