//! Functions of an upstream's Lambda: the calls that the server's services make to them.

use bytes::Bytes;
use http::Method;
use http::uri::PathAndQuery;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::upstream::{CallError, CallForm};

/// All but what RFC 3986 calls unreserved.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A function, as Lambda takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function<'a> {
    /// Its name or its ARN.
    pub name: &'a str,
    /// A version or an alias, where the name says none.
    pub qualifier: Option<&'a str>,
}

impl<'a> Function<'a> {
    /// The function of a name or an ARN.
    pub const fn named(name: &'a str) -> Self {
        Self { name, qualifier: None }
    }

    /// `Invoke` of the type `Event`: the function is run without waiting for what it says.
    ///
    /// # Errors
    /// The name cannot be put into a request.
    pub fn invoked(&self, payload: impl Into<Bytes>) -> Result<CallForm, CallError> {
        self.invocation("Event", payload.into())
    }

    /// `Invoke` of the type `DryRun`: whether the function may be run, without running it.
    ///
    /// # Errors
    /// The name cannot be put into a request.
    pub fn tried(&self) -> Result<CallForm, CallError> {
        self.invocation("DryRun", Bytes::new())
    }

    /// `GetFunction`
    ///
    /// # Errors
    /// The name cannot be put into a request.
    pub fn described(&self) -> Result<CallForm, CallError> {
        let (path, headers) = (self.path("")?, Vec::new());
        Ok(CallForm::Rest { operation: "GetFunction", method: Method::GET, path, headers, body: Bytes::new() })
    }

    fn invocation(&self, kind: &str, body: Bytes) -> Result<CallForm, CallError> {
        let headers = vec![("content-type", "application/json".to_owned()), ("x-amz-invocation-type", kind.to_owned())];
        let path = self.path("/invocations")?;
        Ok(CallForm::Rest { operation: "Invoke", method: Method::POST, path, headers, body })
    }

    fn path(&self, below: &str) -> Result<PathAndQuery, CallError> {
        let encoded = |text| utf8_percent_encode(text, SEGMENT);
        let qualifier = self.qualifier.map(|qualifier| format!("?Qualifier={}", encoded(qualifier)));
        let path = format!("/2015-03-31/functions/{}{below}{}", encoded(self.name), qualifier.unwrap_or_default());
        path.parse().map_err(|error: http::uri::InvalidUri| CallError::Unsendable(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(form: CallForm) -> (Method, String, Vec<(&'static str, String)>) {
        match form {
            CallForm::Rest { method, path, headers, .. } => (method, path.to_string(), headers),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn functions_are_called_by_name_arn_and_qualifier() {
        let arn = Function::named("arn:aws:lambda:eu-west-1:123456789012:function:f");
        let (method, path, headers) = sent(arn.invoked("{}").unwrap());
        assert_eq!(method, Method::POST);
        let encoded = "arn%3Aaws%3Alambda%3Aeu-west-1%3A123456789012%3Afunction%3Af";
        assert_eq!(path, format!("/2015-03-31/functions/{encoded}/invocations"));
        assert_eq!(headers[1], ("x-amz-invocation-type", "Event".to_owned()));
        let alias = Function { name: "f", qualifier: Some("live") };
        let (_, path, headers) = sent(alias.tried().unwrap());
        assert_eq!(path, "/2015-03-31/functions/f/invocations?Qualifier=live");
        assert_eq!(headers[1].1, "DryRun");
        let (method, path, _) = sent(alias.described().unwrap());
        assert_eq!((method, path.as_str()), (Method::GET, "/2015-03-31/functions/f?Qualifier=live"));
    }
}
