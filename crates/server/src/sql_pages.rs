//! `/_trailwatch/sql`: SQL over the server's tables, for callers who may run it.
//!
//! The requests are signed for the service `trailwatch`, and each leaves an event. A caller sees the rows of their own
//! account alone.

use std::time::Duration;

use api::{Authorization, CallContext, ServiceError};
use http::{Method, StatusCode};
use query::output::{Format, Output};
use query::{Messages, Reach, SqlError, SqlQuery};
use serde::{Deserialize, Serialize};
use wire::RawRequest;

use crate::listener::Peer;
use crate::own_pages::{Page, failure};
use crate::own_service::{self, SIGNING_NAME};
use crate::signed_pages;
use crate::state::State;

/// Where the page is.
pub const PATH: &str = "/_trailwatch/sql";

/// The most that a statement may ask for.
pub const MEMORY_BYTES_MAX: usize = 1 << 30;
/// The longest that a statement may ask for.
pub const TIMEOUT_MAX: Duration = Duration::from_secs(3600);
/// The longest answer.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// A statement, as it is sent.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Asked {
    /// The statement.
    pub sql: String,
    /// How rows are written.
    #[serde(default)]
    pub format: FormatName,
    /// The memory that it may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<usize>,
    /// How long it may run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// Whether messages of log events are shown as they are stored, in spite of data protection.
    #[serde(default)]
    pub unmask: bool,
}

/// The name of a format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum FormatName {
    /// Columns side by side
    #[default]
    Table,
    /// Comma-separated values, with a header
    Csv,
    /// A JSON object for each row, each on a line
    Json,
}

impl FormatName {
    /// The format.
    pub fn format(self) -> Format {
        match self {
            Self::Table => Format::Table,
            Self::Csv => Format::Csv,
            Self::Json => Format::Json,
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Table => "text/plain; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/x-ndjson",
        }
    }
}

impl Asked {
    /// The statement with its bounds.
    ///
    /// # Errors
    /// It asks for more than any statement may have.
    pub fn query(&self, reach: Reach, now: base::Timestamp) -> Result<SqlQuery, String> {
        let memory_bytes = self.memory_bytes.unwrap_or(SqlQuery::MEMORY_BYTES);
        let timeout = self.timeout_ms.map_or(SqlQuery::TIMEOUT, Duration::from_millis);
        if memory_bytes > MEMORY_BYTES_MAX {
            return Err(format!("a statement may have at most {} MiB of memory", MEMORY_BYTES_MAX >> 20));
        }
        if timeout > TIMEOUT_MAX {
            return Err(format!("a statement may run for at most {} seconds", TIMEOUT_MAX.as_secs()));
        }
        let messages = if self.unmask { Messages::Clear } else { Messages::Masked };
        Ok(SqlQuery { sql: self.sql.clone(), reach, messages, now, memory_bytes, timeout })
    }
}

/// Answers a request to [`PATH`].
pub async fn answer(state: &State, peer: Peer, raw: &RawRequest) -> Page {
    if raw.method != Method::POST {
        return failure(StatusCode::METHOD_NOT_ALLOWED, "this page does not take that method");
    }
    let cx = match signed_pages::caller(state, peer, raw, SIGNING_NAME) {
        Ok(cx) => cx,
        Err(error) => return signed_pages::refusal(error),
    };
    let asked = signed_pages::body::<Asked>(raw, r#"{"sql":"SELECT …","format":"table"}"#);
    let sql = asked.as_ref().ok().map(|asked| asked.sql.clone());
    let outcome = match asked {
        Ok(asked) => answer_verified(state, &cx, asked).await,
        Err(error) => Err(error),
    };
    let recorded = own_service::record_statement(state, &cx, sql.as_deref(), outcome.as_ref().err()).await;
    match recorded.and(outcome) {
        Ok(page) => page,
        Err(error) => signed_pages::refusal(error),
    }
}

async fn answer_verified(state: &State, cx: &CallContext, asked: Asked) -> Result<Page, ServiceError> {
    allowed(state, cx, &format!("{SIGNING_NAME}:ExecuteSql"))?;
    if asked.unmask {
        allowed(state, cx, "logs:Unmask")?;
    }
    let query = asked.query(Reach::Account(cx.account().clone()), cx.now).map_err(ServiceError::validation)?;
    let text = written(state, query, asked.format.format()).await.map_err(|error| match &error {
        SqlError::Statement(_) | SqlError::Memory { .. } | SqlError::Timeout { .. } => {
            ServiceError::validation(error.to_string())
        }
        SqlError::Failed(cause) => {
            tracing::error!(error = &**cause as &dyn std::error::Error, "a statement failed");
            ServiceError::common("InternalFailure", "InternalFailure", 500, error.to_string())
        }
    })?;
    Ok((StatusCode::OK, asked.format.media_type(), text))
}

fn allowed(state: &State, cx: &CallContext, action: &str) -> Result<(), ServiceError> {
    let wanted = Authorization {
        action: action.to_owned(),
        resources: vec!["*".to_owned()],
        conditions: Vec::new(),
        resource_conditions: Vec::new(),
        resource_policies: Vec::new(),
        exempt: false,
    };
    state.identity.authenticator().authorize(cx, &wanted)
}

async fn written(state: &State, query: SqlQuery, format: Format) -> Result<String, SqlError> {
    let mut rows = state.sql.run(query).await?;
    let mut output = Output::new(format, rows.schema().clone());
    let mut out = Vec::new();
    while let Some(batch) = rows.next().await? {
        output.rows(&batch, &mut out).map_err(|error| SqlError::Failed(error.into()))?;
        if out.len() + output.kept_bytes() > ANSWER_BYTES_MAX {
            let detail = format!("the result is larger than {} MiB: select less, or add LIMIT", ANSWER_BYTES_MAX >> 20);
            return Err(SqlError::Statement(detail));
        }
    }
    output.finish(&mut out);
    String::from_utf8(out).map_err(|error| SqlError::Failed(error.into()))
}
