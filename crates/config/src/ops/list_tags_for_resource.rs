//! `ListTagsForResource`

use api::config::types::{ListTagsForResourceRequest, ListTagsForResourceResponse, Tag};
use api::{CallContext, ServiceError};

use crate::service::Config;
use crate::{paging, tags};

/// Tags of a page: all that there can be.
const PAGE: usize = 100;

/// The tags of what an ARN names, by key (config.md §8.5).
pub async fn list_tags_for_resource(
    config: &Config,
    cx: &CallContext,
    input: ListTagsForResourceRequest,
) -> Result<ListTagsForResourceResponse, ServiceError> {
    let found = tags::found(config, cx, &input.resource_arn)?;
    let asked = format!("ListTagsForResource\n{}", input.resource_arn);
    let limit = paging::limit(input.limit, PAGE);
    let tags = found.tags().clone();
    let place = |(key, _): &(String, String)| key.clone();
    let (page, next_token) = paging::page_of(tags, place, &asked, input.next_token.as_deref(), limit, cx.now)?;
    let tag = |(key, value)| Tag { key: Some(key), value: Some(value) };
    Ok(ListTagsForResourceResponse { tags: Some(page.into_iter().map(tag).collect()), next_token })
}
