//! `ListConformancePackComplianceScores`

use api::config::types::{
    ConformancePackComplianceScore, ListConformancePackComplianceScoresRequest,
    ListConformancePackComplianceScoresResponse, SortBy, SortOrder,
};
use api::{CallContext, ServiceError};

use crate::conformance::{compliance, pack};
use crate::paging;
use crate::service::Config;

/// Packs of a page, unless fewer are asked for.
const PAGE: usize = 20;

/// The share of resources that comply, of all that the rules of a pack judged; by name, or by score with those that have
/// none at the end (config.md §8.2).
pub async fn list_conformance_pack_compliance_scores(
    config: &Config,
    cx: &CallContext,
    input: ListConformancePackComplianceScoresRequest,
) -> Result<ListConformancePackComplianceScoresResponse, ServiceError> {
    let (catalog, scope) = (&config.parts.catalog, cx.scope());
    let ListConformancePackComplianceScoresRequest { filters, sort_order, sort_by, limit, next_token } = input;
    let asked = format!("ListConformancePackComplianceScores\n{scope:?}\n{filters:?}\n{sort_order:?}\n{sort_by:?}");
    let start: usize = paging::read(next_token.as_deref(), &asked, cx.now)?.unwrap_or(0);
    let mut packs: Vec<_> = pack::all(catalog, &scope).into_iter().map(|found| found.value).collect();
    packs.retain(|pack| filters.as_ref().is_none_or(|filters| filters.conformance_pack_names.contains(&pack.name)));
    let mut scores: Vec<_> = packs.into_iter().map(|pack| (compliance::score(catalog, &scope, &pack), pack)).collect();
    let is_descending = sort_order == Some(SortOrder::Descending);
    match sort_by {
        Some(SortBy::Score) => scores.sort_by(|(one, _), (other, _)| match (one, other) {
            (Some(one), Some(other)) if is_descending => other.total_cmp(one),
            (Some(one), Some(other)) => one.total_cmp(other),
            (one, other) => other.is_some().cmp(&one.is_some()),
        }),
        None if is_descending => scores.reverse(),
        None => {}
    }
    let limit = paging::limit(limit, PAGE);
    let end = scores.len().min(start.saturating_add(limit));
    let page = scores.get(start.min(end)..end).unwrap_or_default();
    let to_api = |(score, pack): &(Option<f64>, std::sync::Arc<pack::PackRecord>)| ConformancePackComplianceScore {
        score: Some(score.map_or_else(|| "INSUFFICIENT_DATA".to_owned(), |score| format!("{score:.2}"))),
        conformance_pack_name: Some(pack.name.clone()),
        last_updated_time: Some(cx.now),
    };
    Ok(ListConformancePackComplianceScoresResponse {
        next_token: (end < scores.len()).then(|| paging::write(&asked, end, cx.now)),
        conformance_pack_compliance_scores: page.iter().map(to_api).collect(),
    })
}
