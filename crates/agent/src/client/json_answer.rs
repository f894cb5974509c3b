//! What an answer in AWS JSON means: done, refused, or later.

use serde_json::Value;

/// The code given to a refusal of a body that is too long, which need not be framed.
pub const TOO_LONG: &str = "PayloadTooLarge";

/// What became of a call in AWS JSON.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// The service did it: its answer.
    Done(Value),
    /// The service said why it does not: what is wrong, and the answer whole.
    Refused {
        /// The error's code, without its namespace.
        code: String,
        /// Status, code and message.
        said: String,
        /// The answer.
        answer: Value,
    },
    /// It may be done another time: what happened.
    Later(String),
}

/// Judges an answer. Only what the service itself says, framed as its own, is a refusal.
pub fn judge_json(status: u16, body: &[u8]) -> Reply {
    let answer: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
    if (200..300).contains(&status) {
        return Reply::Done(answer);
    }
    let code = answer["__type"].as_str().unwrap_or_default().rsplit('#').next().unwrap_or_default().to_owned();
    let message = answer["message"].as_str().or(answer["Message"].as_str()).unwrap_or_default();
    let said = format!("{status} {code}: {message}");
    match status {
        400 if !code.is_empty() => Reply::Refused { code, said, answer },
        413 => Reply::Refused { code: TOO_LONG.to_owned(), said, answer },
        _ => Reply::Later(said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_done_refused_or_later() {
        for (status, body, expected) in [
            (200, r#"{"nextSequenceToken":"1"}"#, "done"),
            (200, "", "done"),
            (
                400,
                r#"{"__type":"com.amazonaws.logs#InvalidParameterException","message":"m"}"#,
                "InvalidParameterException",
            ),
            (413, "", TOO_LONG),
            (400, "<html>", "later"),
            (500, r#"{"__type":"InternalFailure"}"#, "later"),
            (404, "not found", "later"),
        ] {
            let told = match judge_json(status, body.as_bytes()) {
                Reply::Done(_) => "done".to_owned(),
                Reply::Refused { code, .. } => code,
                Reply::Later(_) => "later".to_owned(),
            };
            assert_eq!(told, expected, "{status} {body}");
        }
    }
}
