//! `SearchSampleQueries`

use api::cloudtrail::errors;
use api::cloudtrail::types::{
    SearchSampleQueriesRequest, SearchSampleQueriesResponse, SearchSampleQueriesSearchResult,
};
use api::{CallContext, ServiceError};
use wire::page_token;

use crate::lake::sample_queries::search;
use crate::service::CloudTrail;

/// What a page has, unless asked for otherwise.
const PAGE: usize = 50;

/// Finds queries to start from, in the server's own list (cloudtrail.md §7.3).
pub async fn search_sample_queries(
    _: &CloudTrail,
    cx: &CallContext,
    input: SearchSampleQueriesRequest,
) -> Result<SearchSampleQueriesResponse, ServiceError> {
    let parameters = format!("{}/{} SearchSampleQueries {}", cx.account(), cx.region, input.search_phrase);
    let from: usize = match &input.next_token {
        None => 0,
        Some(token) => page_token::decode(token, &parameters, cx.now).ok_or_else(|| {
            errors::invalid_parameter_exception("The next token is invalid, has expired, or belongs to another search.")
        })?,
    };
    let found = search(&input.search_phrase);
    let most = input.max_results.and_then(|most| usize::try_from(most).ok()).unwrap_or(PAGE);
    let to = from.saturating_add(most).min(found.len());
    let results = found.get(from..to).unwrap_or_default().iter();
    let result =
        |(relevance, sample): &(f64, &crate::lake::sample_queries::SampleQuery)| SearchSampleQueriesSearchResult {
            name: Some(sample.name.to_owned()),
            description: Some(sample.description.to_owned()),
            sql: Some(sample.sql.to_owned()),
            relevance: Some(*relevance as f32),
        };
    Ok(SearchSampleQueriesResponse {
        search_results: Some(results.map(result).collect()),
        next_token: (to < found.len()).then(|| page_token::encode(&parameters, to, cx.now)),
    })
}
