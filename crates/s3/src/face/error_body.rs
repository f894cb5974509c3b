//! Errors as S3 writes them: with the resource, the request's id and the host's.

use bytes::Bytes;
use http::StatusCode;
use quick_xml::escape::{escape, unescape};

use crate::call::Call;
use crate::errors::usual_message;

/// An error as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ErrorBody {
    pub(super) code: String,
    pub(super) message: String,
}

impl ErrorBody {
    /// The error that the adapter wrote.
    pub(super) fn read(body: &[u8], status: StatusCode, call: &Call) -> Self {
        let text = std::str::from_utf8(body).unwrap_or_default();
        let code = element(text, "Code").unwrap_or_else(|| match (status.as_u16(), call.known().key.is_some()) {
            (404, true) => "NoSuchKey".to_owned(),
            (404, false) => "NoSuchBucket".to_owned(),
            (403, _) => "AccessDenied".to_owned(),
            (412, _) => "PreconditionFailed".to_owned(),
            (400..=499, _) => "InvalidRequest".to_owned(),
            _ => "InternalError".to_owned(),
        });
        let usual = || usual_message(&code).map(str::to_owned);
        let message = element(text, "Message").filter(|text| !text.is_empty()).or_else(usual).unwrap_or_default();
        Self { code, message }
    }

    /// The body that is sent.
    pub(super) fn write(&self, call: &Call) -> Bytes {
        let Self { code, message } = self;
        let known = call.known();
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>");
        let mut add = |name: &str, text: &str| {
            // What XML cannot hold is left out.
            let text: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
            xml.push_str(&format!("<{name}>{}</{name}>", escape(&text)));
        };
        add("Code", code);
        add("Message", message);
        match (code.as_str(), &known.bucket, &known.key) {
            ("NoSuchKey" | "NoSuchVersion", _, Some(key)) => add("Key", key),
            ("NoSuchBucket" | "BucketNotEmpty" | "BucketAlreadyOwnedByYou" | "BucketAlreadyExists", Some(name), _) => {
                add("BucketName", name);
            }
            _ => add("Resource", call.uri.path()),
        }
        add("RequestId", &call.request_id);
        add("HostId", &call.host_id);
        xml.push_str("</Error>");
        xml.into()
    }
}

/// The text of the first element of a name.
fn element(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    unescape(text).ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_is_found_and_unescaped() {
        let xml = "<Error><Code>NoSuchKey</Code><Message>a &lt; b</Message></Error>";
        assert_eq!(element(xml, "Code").as_deref(), Some("NoSuchKey"));
        assert_eq!(element(xml, "Message").as_deref(), Some("a < b"));
        assert_eq!(element(xml, "Key"), None);
    }
}
