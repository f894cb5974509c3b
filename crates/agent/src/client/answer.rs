//! What an answer means for the request: done, never, or later.

/// What is to become of a request that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The server took it.
    Taken,
    /// The server will never take it: what it said.
    Refused(String),
    /// It may be taken another time: what happened.
    Later(String),
}

/// Error codes with status 400 that do not speak about the data: they pass, or are put right
/// by whoever runs the agent (cloudwatch.md §1.2, §9.2).
const PASSING: [&str; 16] = [
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InternalFailure",
    "InternalServiceError",
    "InvalidClientTokenId",
    "LimitExceeded",
    "MissingAuthenticationToken",
    "RequestExpired",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "SignatureDoesNotMatch",
    "Throttling",
    "ThrottlingException",
];

/// Judges an answer to PutMetricData.
///
/// Only what the service itself says of the data is final: status 400 with an error code of
/// the query protocol, or 413. All else (a proxy's page, wrong credentials, a server that is
/// not CloudWatch) can be put right without the data being the worse for it, so it waits.
pub fn judge(status: u16, body: &[u8]) -> Verdict {
    if (200..300).contains(&status) {
        return Verdict::Taken;
    }
    let text = String::from_utf8_lossy(body);
    let code = text.contains("<Error>").then(|| element(&text, "Code")).flatten();
    let said = match code {
        Some(code) => format!("{status} {code}: {}", element(&text, "Message").unwrap_or_default()),
        None => format!("{status} {}", text.chars().take(200).collect::<String>().escape_debug()),
    };
    match (status, code) {
        (413, _) => Verdict::Refused(said),
        (400, Some(code)) if !PASSING.contains(&code) => Verdict::Refused(said),
        _ => Verdict::Later(said),
    }
}

/// The text of the first element of this name.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    Some(rest.split_once(&format!("</{name}>"))?.0.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: &str) -> String {
        format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>m</Message></Error></ErrorResponse>"
        )
    }

    #[test]
    fn an_answer_is_done_never_or_later() {
        let done = Verdict::Taken;
        let never = |text: &str| Verdict::Refused(text.to_owned());
        let later = |text: &str| Verdict::Later(text.to_owned());
        for (status, body, verdict) in [
            (200, String::new(), done.clone()),
            (204, String::new(), done),
            (400, error("InvalidParameterValue"), never("400 InvalidParameterValue: m")),
            (400, error("ValidationError"), never("400 ValidationError: m")),
            (400, error("MissingParameter"), never("400 MissingParameter: m")),
            (413, "too large".to_owned(), never("413 too large")),
            (400, error("Throttling"), later("400 Throttling: m")),
            (400, error("LimitExceeded"), later("400 LimitExceeded: m")),
            (400, "plain HTTP on a TLS port".to_owned(), later("400 plain HTTP on a TLS port")),
            (403, error("SignatureDoesNotMatch"), later("403 SignatureDoesNotMatch: m")),
            (404, "not found".to_owned(), later("404 not found")),
            (302, String::new(), later("302 ")),
            (429, String::new(), later("429 ")),
            (500, error("InternalServiceError"), later("500 InternalServiceError: m")),
            (501, error("NotImplemented"), later("501 NotImplemented: m")),
            (503, String::new(), later("503 ")),
        ] {
            assert_eq!(judge(status, body.as_bytes()), verdict, "{status} {body}");
        }
    }
}
