//! `ListTagsForResource`

use api::config::types::{ListTagsForResourceRequest, ListTagsForResourceResponse, Tag};
use api::{CallContext, ServiceError};

use crate::service::Config;
use crate::{paging, tags};

/// Tags of a page: all that there can be.
const PAGE: usize = 100;

/// The tags of what an ARN names (config.md §8.5).
pub async fn list_tags_for_resource(
    config: &Config,
    cx: &CallContext,
    input: ListTagsForResourceRequest,
) -> Result<ListTagsForResourceResponse, ServiceError> {
    let found = tags::found(config, cx, &input.resource_arn)?;
    let asked = format!("ListTagsForResource\n{}", input.resource_arn);
    let limit = paging::limit(input.limit, PAGE);
    let start: usize = paging::read(input.next_token.as_deref(), &asked, cx.now)?.unwrap_or(0);
    let tags = found.tags().iter().skip(start);
    let end = start + limit;
    let page = tags.take(limit).map(|(key, value)| Tag { key: Some(key.clone()), value: Some(value.clone()) });
    Ok(ListTagsForResourceResponse {
        tags: Some(page.collect()),
        next_token: (end < found.tags().len()).then(|| paging::write(&asked, end, cx.now)),
    })
}
