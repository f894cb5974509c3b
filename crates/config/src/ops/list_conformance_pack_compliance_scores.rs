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

/// Where a pack stands in lists: whether it has no score, its score in hundredths, its name.
type Place = (bool, i64, String);

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
    let after: Option<Place> = paging::read(next_token.as_deref(), &asked, cx.now)?;
    let mut packs: Vec<_> = pack::all(catalog, &scope).into_iter().map(|found| found.value).collect();
    packs.retain(|pack| filters.as_ref().is_none_or(|filters| filters.conformance_pack_names.contains(&pack.name)));
    let place = |pack: &pack::PackRecord| -> Place {
        let score = compliance::score(catalog, &scope, pack).map(|score| (score * 100.0).round() as i64);
        (score.is_none(), score.unwrap_or(0), pack.name.clone())
    };
    let mut places: Vec<Place> = packs.iter().map(|pack| place(pack)).collect();
    let order = |one: &Place, other: &Place| match (sort_by, sort_order) {
        (Some(SortBy::Score), Some(SortOrder::Descending)) => {
            (one.0, -one.1, &one.2).cmp(&(other.0, -other.1, &other.2))
        }
        (Some(SortBy::Score), _) => one.cmp(other),
        (None, Some(SortOrder::Descending)) => other.2.cmp(&one.2),
        (None, _) => one.2.cmp(&other.2),
    };
    places.sort_by(order);
    places.retain(|place| after.as_ref().is_none_or(|after| order(place, after).is_gt()));
    let limit = paging::limit(limit, PAGE);
    let is_more = places.len() > limit;
    places.truncate(limit);
    let next_token = places.last().filter(|_| is_more).map(|last| paging::write(&asked, last, cx.now));
    let to_api = |(has_none, hundredths, name): Place| ConformancePackComplianceScore {
        score: Some(match has_none {
            true => "INSUFFICIENT_DATA".to_owned(),
            false => format!("{}.{:02}", hundredths / 100, hundredths % 100),
        }),
        conformance_pack_name: Some(name),
        last_updated_time: Some(cx.now),
    };
    Ok(ListConformancePackComplianceScoresResponse {
        next_token,
        conformance_pack_compliance_scores: places.into_iter().map(to_api).collect(),
    })
}
