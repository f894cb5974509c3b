//! `DescribeQueries` (logs.md QR-9).

use api::logs::types;
use api::{CallContext, ServiceError};

use super::get_query_results::status;
use crate::Logs;
use crate::groups;
use crate::list_page::{self, Asked, Order};
use crate::queries::{KEPT_MS, QueryRecord};

pub(super) async fn describe_queries(
    logs: &Logs,
    cx: &CallContext,
    input: types::DescribeQueriesRequest,
) -> Result<types::DescribeQueriesResponse, ServiceError> {
    let scope = cx.scope();
    if let Some(name) = &input.log_group_name {
        groups::find(&logs.parts.catalog, &scope, name)?;
    }
    let parameters =
        format!("{:?}", ("DescribeQueries", &scope, &input.log_group_name, input.status, input.query_language));
    let asked = Asked {
        parameters: &parameters,
        token: input.next_token.as_deref(),
        limit: list_page::limit(input.max_results),
        order: Order::Descending,
        now: cx.now,
    };
    let mut found: Vec<_> = logs
        .parts
        .catalog
        .list::<QueryRecord>(&scope.account, Some(&scope.region))
        .into_iter()
        .filter(|(_, query)| query.value.created.millis() > cx.now.millis() - KEPT_MS && wanted(&query.value, &input))
        .map(|(id, query)| ((query.value.created.millis(), id), query))
        .collect();
    found.sort_unstable_by(|(a, _), (b, _)| b.cmp(a));
    let items = found.into_iter().map(|(key, query)| {
        let described = described(&key.1, &query.value);
        (key, described)
    });
    let (queries, next_token) = list_page::page(&asked, items)?;
    Ok(types::DescribeQueriesResponse { queries: Some(queries), next_token })
}

fn wanted(query: &QueryRecord, input: &types::DescribeQueriesRequest) -> bool {
    let named = input.log_group_name.as_ref();
    named.is_none_or(|name| query.groups.iter().any(|(group, _)| group == name))
        && input.status.is_none_or(|wanted| status(query.state) == wanted)
        && input.query_language.is_none_or(|language| language == types::QueryLanguage::Cwli)
}

fn described(id: &str, query: &QueryRecord) -> types::QueryInfo {
    // Of several groups AWS's own form is not known.
    let sources: Vec<String> = query.groups.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let (start, end) = query.range_secs;
    let one = match query.groups.as_slice() {
        [(name, _)] => Some(name.clone()),
        _ => None,
    };
    types::QueryInfo {
        query_language: Some(types::QueryLanguage::Cwli),
        query_id: Some(id.to_owned()),
        query_string: Some(format!("SOURCE {} START={start}000 END={end}999 | {}", sources.join(", "), query.text)),
        status: Some(status(query.state)),
        create_time: Some(query.created.millis()),
        log_group_name: one,
        query_duration: query.duration_ms,
        #[expect(clippy::cast_precision_loss, reason = "the wire has doubles")]
        bytes_scanned: query.duration_ms.map(|_| query.statistics.bytes_scanned as f64),
        user_identity: Some(query.user.clone()),
    }
}
