//! `/_trailwatch/sql`: SQL over the server's tables, for callers who may run it.
//!
//! The requests are signed for the service `trailwatch`. They change nothing and are not
//! recorded. A caller sees the rows of their own account alone.

use std::time::Duration;

use api::{Authorization, ServiceError};
use http::{Method, StatusCode};
use query::output::{Format, Output};
use query::{Reach, SqlError, SqlQuery};
use serde::{Deserialize, Serialize};
use wire::RawRequest;

use crate::listener::Peer;
use crate::own_pages::{Page, failure};
use crate::signed_pages;
use crate::state::State;

/// Where the page is.
pub const PATH: &str = "/_trailwatch/sql";
/// The service that requests are signed for, and whose action it is.
pub const SIGNING_NAME: &str = "trailwatch";

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
        Ok(SqlQuery { sql: self.sql.clone(), reach, now, memory_bytes, timeout })
    }
}

/// Answers a request to [`PATH`].
pub async fn answer(state: &State, peer: Peer, raw: &RawRequest) -> Page {
    if raw.method != Method::POST {
        return failure(StatusCode::METHOD_NOT_ALLOWED, "this page does not take that method");
    }
    match answer_verified(state, peer, raw).await {
        Ok(page) => page,
        Err(error) => signed_pages::refusal(error),
    }
}

async fn answer_verified(state: &State, peer: Peer, raw: &RawRequest) -> Result<Page, ServiceError> {
    let cx = signed_pages::caller(state, peer, raw, SIGNING_NAME)?;
    let wanted = Authorization {
        action: format!("{SIGNING_NAME}:ExecuteSql"),
        resources: vec!["*".to_owned()],
        conditions: Vec::new(),
        resource_conditions: Vec::new(),
        resource_policies: Vec::new(),
        exempt: false,
    };
    state.identity.authenticator().authorize(&cx, &wanted)?;
    let asked: Asked = signed_pages::body(raw, r#"{"sql":"SELECT …","format":"table"}"#)?;
    let query = asked.query(Reach::Account(cx.account().clone()), cx.now).map_err(ServiceError::validation)?;
    Ok(match written(state, query, asked.format.format()).await {
        Ok(text) => (StatusCode::OK, asked.format.media_type(), text),
        Err(error) => {
            let status = match &error {
                SqlError::Statement(_) | SqlError::Memory { .. } | SqlError::Timeout { .. } => StatusCode::BAD_REQUEST,
                SqlError::Failed(cause) => {
                    tracing::error!(error = &**cause as &dyn std::error::Error, "a statement failed");
                    StatusCode::INTERNAL_SERVER_ERROR
                }
            };
            failure(status, &error.to_string())
        }
    })
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
