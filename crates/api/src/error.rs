//! The error a service answers with, before any protocol frames it.

use std::borrow::Cow;

use wire::schema::ErrorShape;
use wire::value::{Struct, Value};

/// What goes to the client when an operation fails.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceError {
    /// The shape name: `__type` in JSON and CBOR, `errorCode` in audit events.
    pub name: Cow<'static, str>,
    /// The code in query and REST-XML, where it differs from the shape name.
    pub code: Cow<'static, str>,
    /// The text for the client; some AWS errors have none.
    pub message: Option<String>,
    /// The HTTP status.
    pub status: u16,
    /// Whose fault it is: `Sender` or `Receiver`.
    pub receiver_fault: bool,
    /// The error is of the common set (`com.amazon.coral.*`) rather than the service's own model.
    pub common: bool,
    /// Modelled members beside the message.
    pub members: Option<Box<Struct>>,
}

impl ServiceError {
    /// An error from the service's model.
    pub fn modelled(shape: &'static ErrorShape, message: impl Into<String>) -> Self {
        Self {
            name: Cow::Borrowed(shape.name),
            code: Cow::Borrowed(shape.code),
            message: Some(message.into()),
            status: shape.status,
            receiver_fault: shape.receiver_fault,
            common: false,
            members: None,
        }
    }

    /// An error that every service knows, such as `AccessDeniedException`; `name` is
    /// the name in JSON and CBOR, `code` the one in query.
    pub fn common(name: &'static str, code: &'static str, status: u16, message: impl Into<String>) -> Self {
        Self {
            name: Cow::Borrowed(name),
            code: Cow::Borrowed(code),
            message: Some(message.into()),
            status,
            receiver_fault: status >= 500,
            common: true,
            members: None,
        }
    }

    /// The operation is known but not built.
    pub fn not_implemented(service: &str, operation: &str) -> Self {
        let message = format!("Trailwatch does not implement {operation} of {service}.");
        Self::common("NotImplementedException", "NotImplemented", 501, message)
    }

    /// Something broke on our side. The cause is logged by whoever makes this, never sent.
    pub fn internal() -> Self {
        let message = "The request processing has failed because of an unknown error, exception or failure.";
        Self::common("InternalFailure", "InternalFailure", 500, message)
    }

    /// The server cannot take writes now, for a reason worth telling (a full disk).
    pub fn unavailable(reason: impl Into<String>) -> Self {
        Self::common("ServiceUnavailableException", "ServiceUnavailable", 503, reason)
    }

    /// A constraint of the model was broken; `message` carries AWS's wording.
    pub fn validation(message: impl Into<String>) -> Self {
        Self::common("ValidationException", "ValidationError", 400, message)
    }

    /// The same error with one more modelled member set.
    pub fn with_member(mut self, shape: &'static ErrorShape, name: &str, value: Value) -> Self {
        let members = self.members.get_or_insert_with(|| Box::new(Struct::new(shape.shape)));
        if let Some((index, _)) = shape.shape.structure().and_then(|structure| structure.member(name)) {
            members.set(index, value);
        }
        self
    }
}
