//! What goes wrong before an operation runs, with all that its error frame needs.

use std::borrow::Cow;
use std::fmt;

use crate::schema::{Protocol, Service};
use crate::value::Struct;

/// The kinds of failure a server treats apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireErrorKind {
    /// No service of ours is meant; a gateway may know it.
    UnknownService,
    /// The service is ours, the operation is not in its model or not in this protocol.
    UnknownOperation,
    /// The body cannot be undone to what its encoding claims.
    UndecodableBody,
    /// The body is larger than allowed, as sent or after expansion.
    TooLarge,
    /// The input does not have the form that the operation's model asks for.
    Input,
    /// A chunk or a checksum of the body is not what was signed or announced.
    Integrity,
}

/// A request that cannot be served, and how to say so.
#[derive(Clone, Debug)]
pub struct WireError {
    /// What went wrong, for the server's own decisions.
    pub kind: WireErrorKind,
    /// The protocol that the client most likely speaks.
    pub protocol: Protocol,
    /// The service, when it is known.
    pub service: Option<&'static Service>,
    /// The operation asked for, as far as it could be read; it need not exist.
    pub operation: Option<String>,
    /// The shape name: `__type` in JSON and CBOR.
    pub name: Cow<'static, str>,
    /// The code in query.
    pub code: Cow<'static, str>,
    /// The HTTP status.
    pub status: u16,
    /// The text for the client; AWS sends none for some of these.
    pub message: Option<String>,
}

impl WireError {
    pub(crate) fn new(
        kind: WireErrorKind,
        protocol: Protocol,
        name: &'static str,
        code: &'static str,
        status: u16,
    ) -> Self {
        let (name, code) = (Cow::Borrowed(name), Cow::Borrowed(code));
        Self { kind, protocol, service: None, operation: None, name, code, status, message: None }
    }

    pub(crate) fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    pub(crate) fn of(mut self, service: Option<&'static Service>) -> Self {
        self.service = service;
        self
    }

    /// The body does not decode by its content encoding (cloudwatch.md §1.1). The protocol
    /// is not known at that point; set it once it is.
    pub(crate) fn undecodable(message: &str) -> Self {
        let name = "MalformedHttpRequestException";
        Self::new(WireErrorKind::UndecodableBody, Protocol::Query, name, name, 400).with_message(message)
    }

    /// The body exceeds `limit` bytes.
    pub fn too_large(limit: usize) -> Self {
        let name = "RequestEntityTooLargeException";
        Self::new(WireErrorKind::TooLarge, Protocol::Query, name, "RequestEntityTooLarge", 413)
            .with_message(format!("The request body must not exceed {limit} bytes."))
    }

    /// The same failure, framed in this protocol for this service.
    pub fn framed(mut self, protocol: Protocol, service: Option<&'static Service>) -> Self {
        self.protocol = protocol;
        self.service = service;
        self
    }

    /// The parts that [`crate::protocol::encode_error`] frames.
    pub fn parts(&self) -> ErrorParts<'_> {
        ErrorParts {
            name: &self.name,
            code: &self.code,
            message: self.message.as_deref(),
            status: self.status,
            receiver_fault: self.status >= 500,
            common: true,
            members: None,
        }
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.message.as_deref().unwrap_or("(no message)"))
    }
}

impl std::error::Error for WireError {}

/// An error's content, before a protocol frames it.
#[derive(Clone, Copy, Debug)]
pub struct ErrorParts<'a> {
    /// The shape name: `__type` in JSON and CBOR.
    pub name: &'a str,
    /// The code in query.
    pub code: &'a str,
    /// The text for the client; an absent one is left out of the frame.
    pub message: Option<&'a str>,
    /// The HTTP status of the model.
    pub status: u16,
    /// The service's fault rather than the caller's.
    pub receiver_fault: bool,
    /// One of the errors every service knows, rather than the service's own.
    pub common: bool,
    /// Modelled members beside the message.
    pub members: Option<&'a Struct>,
}

/// The input does not fit its schema; which name that has depends on the protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InputError {
    /// AWS's text, where it has one.
    pub message: Option<String>,
}

impl InputError {
    /// The bytes are not of the protocol at all; AWS says nothing more about it.
    pub const MALFORMED: Self = Self { message: None };

    pub fn new(message: impl Into<String>) -> Self {
        Self { message: Some(message.into()) }
    }
}
