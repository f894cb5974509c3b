//! `GetEventSelectors`

use api::cloudtrail::types::{GetEventSelectorsRequest, GetEventSelectorsResponse};
use api::{CallContext, ServiceError};

use crate::service::CloudTrail;
use crate::trails::{NotFoundAs, found_visible, selectors_to_api};

/// Gives a trail's selectors; fields of advanced ones by name (cloudtrail.md §4.8).
pub async fn get_event_selectors(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: GetEventSelectorsRequest,
) -> Result<GetEventSelectorsResponse, ServiceError> {
    let trail = found_visible(&cloudtrail.parts.catalog, cx, &input.trail_name, NotFoundAs::Arn)?;
    let (event_selectors, mut advanced_event_selectors) = selectors_to_api(&trail.record.selectors);
    for selector in advanced_event_selectors.iter_mut().flatten() {
        selector.field_selectors.sort_by(|a, b| a.field.cmp(&b.field));
    }
    Ok(GetEventSelectorsResponse { trail_arn: Some(trail.arn()), event_selectors, advanced_event_selectors })
}
