//! What a service's API looks like: operations and shapes, as static data.
//!
//! The statics are generated into the `api` crate from the models. Shapes refer to
//! each other by `&'static` references, so recursive shapes are plain cycles.

use std::fmt;

/// A protocol that requests and answers are framed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// Form-encoded `Action` and parameters in, XML out.
    Query,
    /// AWS JSON 1.0: `X-Amz-Target` and a JSON body.
    Json10,
    /// AWS JSON 1.1.
    Json11,
    /// Smithy RPC v2 with CBOR bodies.
    RpcV2Cbor,
    /// REST with JSON bodies.
    RestJson,
}

/// One service's API.
pub struct Service {
    /// The model's folder name, such as `cloudtrail-data`; unique.
    pub name: &'static str,
    /// The name in a SigV4 scope, such as `monitoring`.
    pub signing_name: &'static str,
    /// The prefix of the service's own host name.
    pub endpoint_prefix: &'static str,
    /// The API version, such as `2010-08-01`; the `Version` of query requests.
    pub api_version: &'static str,
    /// The XML namespace of query answers.
    pub xml_namespace: Option<&'static str>,
    /// Every prefix accepted before `.Operation` in `X-Amz-Target`.
    pub target_prefixes: &'static [&'static str],
    /// The name in RPC v2 paths: `/service/<name>/operation/<op>`.
    pub rpc_name: Option<&'static str>,
    /// Protocols spoken, the preferred one first.
    pub protocols: &'static [Protocol],
    /// JSON and CBOR errors carry `x-amzn-query-error` with the query code.
    pub query_compatible: bool,
    /// The namespace put before `#` in `__type` of this service's own errors, if any.
    pub error_namespace: Option<&'static str>,
    /// The `eventSource` of its audit events, such as `monitoring.amazonaws.com`.
    pub event_source: &'static str,
    /// The prefix of its IAM actions, such as `cloudwatch`.
    pub iam_prefix: &'static str,
    /// All operations, sorted by name.
    pub operations: &'static [Operation],
    /// All modelled errors, sorted by shape name.
    pub errors: &'static [ErrorShape],
}

impl Service {
    /// The operation of this name.
    pub fn operation(&self, name: &str) -> Option<&'static Operation> {
        let at = self.operations.binary_search_by(|operation| operation.name.cmp(name)).ok()?;
        Some(&self.operations[at])
    }

    /// The modelled error whose shape has this name.
    pub fn error(&self, shape_name: &str) -> Option<&'static ErrorShape> {
        let at = self.errors.binary_search_by(|error| error.name.cmp(shape_name)).ok()?;
        Some(&self.errors[at])
    }
}

/// One operation.
pub struct Operation {
    /// The operation's name.
    pub name: &'static str,
    /// HTTP method, such as `POST`.
    pub method: &'static str,
    /// URI template, such as `/PutAuditEvents` or `/a/{Name}?x=y`.
    pub uri: &'static str,
    /// The input structure; `None` when the operation takes nothing.
    pub input: Option<&'static Shape>,
    /// The output structure; `None` when the operation has no output shape at all
    /// (an empty body in AWS JSON), as against an empty structure (`{}`).
    pub output: Option<&'static Shape>,
    /// The element that wraps a query result.
    pub result_wrapper: Option<&'static str>,
    /// The model marks the operation as read-only.
    pub read_only_trait: bool,
}

/// A modelled error.
pub struct ErrorShape {
    /// The shape's name, such as `NoSuchEntityException`.
    pub name: &'static str,
    /// The code on the wire in query and REST-XML, such as `NoSuchEntity`.
    pub code: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The service's fault (5xx) rather than the caller's.
    pub receiver_fault: bool,
    /// The members beside the message.
    pub shape: &'static Shape,
}

/// A type in the API.
pub struct Shape {
    /// The shape's name in the model.
    pub name: &'static str,
    /// Values must never be logged.
    pub sensitive: bool,
    /// What the shape is.
    pub kind: Kind,
}

/// The kinds of shape.
pub enum Kind {
    /// true or false
    Boolean,
    /// 32-bit integer
    Integer(Range),
    /// 64-bit integer
    Long(Range),
    /// 32-bit float
    Float,
    /// 64-bit float
    Double,
    /// text
    String(StringShape),
    /// bytes
    Blob(Length),
    /// a point in time
    Timestamp(Option<TimestampFormat>),
    /// a list
    List(List),
    /// a map with text keys
    Map(Map),
    /// a structure or union
    Structure(Structure),
    /// free-form JSON
    Document,
}

/// Bounds of a number; both ends included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// Smallest allowed.
    pub min: Option<i64>,
    /// Largest allowed.
    pub max: Option<i64>,
}

/// Bounds of a length: characters of text, bytes of a blob, entries of a collection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Length {
    /// Smallest allowed.
    pub min: Option<u64>,
    /// Largest allowed.
    pub max: Option<u64>,
}

/// Constraints of text.
pub struct StringShape {
    /// Length in characters.
    pub length: Length,
    /// A regular expression the whole text must match.
    pub pattern: Option<&'static str>,
    /// The allowed values, in the model's order; empty when any text will do.
    pub values: &'static [&'static str],
}

/// A list shape.
pub struct List {
    /// The elements' shape.
    pub member: &'static Shape,
    /// The element name in XML and query; `member` unless the model says otherwise.
    pub member_name: &'static str,
    /// Elements stand in their parent without an element of their own (XML, query).
    pub flattened: bool,
    /// Number of elements.
    pub length: Length,
}

/// A map shape.
pub struct Map {
    /// The keys' shape, always text.
    pub key: &'static Shape,
    /// The values' shape.
    pub value: &'static Shape,
    /// The key's element name.
    pub key_name: &'static str,
    /// The value's element name.
    pub value_name: &'static str,
    /// Entries stand in their parent without an element of their own.
    pub flattened: bool,
    /// Number of entries.
    pub length: Length,
}

/// A structure shape.
pub struct Structure {
    /// Members in the model's order. A [`crate::value::Struct`] refers to them by index.
    pub members: &'static [Member],
    /// The member that is the whole HTTP payload in REST protocols.
    pub payload: Option<&'static str>,
    /// Exactly one member may be set.
    pub union: bool,
}

impl Structure {
    /// The index and the member of this name.
    pub fn member(&self, name: &str) -> Option<(u16, &'static Member)> {
        let at = self.members.iter().position(|member| member.name == name)?;
        Some((u16::try_from(at).ok()?, &self.members[at]))
    }
}

/// One member of a structure.
pub struct Member {
    /// The member's name in the model; the name in JSON and CBOR unless `wire_name` says otherwise.
    pub name: &'static str,
    /// `locationName`: the name in XML, query, headers, the query string.
    pub wire_name: &'static str,
    /// Must be present.
    pub required: bool,
    /// Where the member stands in a REST request or answer.
    pub location: Location,
    /// Timestamp form that overrides the shape's and the protocol's.
    pub timestamp_format: Option<TimestampFormat>,
    /// The client makes it up when absent.
    pub idempotency_token: bool,
    /// The member's shape.
    pub shape: &'static Shape,
}

/// Where a member stands in a REST message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Location {
    /// In the body.
    #[default]
    Body,
    /// In the header named `wire_name`.
    Header,
    /// In headers that start with `wire_name`.
    Headers,
    /// In the query string under `wire_name`.
    QueryString,
    /// In the path.
    Uri,
    /// The status code of the answer.
    StatusCode,
}

/// Textual forms of a timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimestampFormat {
    /// `2026-01-31T10:00:00Z`
    Iso8601,
    /// `Sat, 31 Jan 2026 10:00:00 GMT`
    Rfc822,
    /// Seconds since the epoch.
    UnixTimestamp,
}

impl Shape {
    /// The structure, when this is one.
    pub fn structure(&self) -> Option<&Structure> {
        match &self.kind {
            Kind::Structure(structure) => Some(structure),
            _ => None,
        }
    }
}

/// A structure without members: what an operation without an input shape takes.
pub static EMPTY_STRUCTURE: Shape = Shape {
    name: "Unit",
    sensitive: false,
    kind: Kind::Structure(Structure { members: &[], payload: None, union: false }),
};

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shape({})", self.name)
    }
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Operation({})", self.name)
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Service({})", self.name)
    }
}

impl fmt::Debug for ErrorShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ErrorShape({})", self.name)
    }
}
