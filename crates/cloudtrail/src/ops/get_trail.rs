//! `GetTrail`

use api::cloudtrail::types::{GetTrailRequest, GetTrailResponse};
use api::{CallContext, ServiceError};

use crate::service::CloudTrail;
use crate::trails::{NotFoundAs, described, found_visible};

/// Describes one trail (cloudtrail.md §4.5).
pub async fn get_trail(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: GetTrailRequest,
) -> Result<GetTrailResponse, ServiceError> {
    let trail = found_visible(&cloudtrail.parts.catalog, cx, &input.name, NotFoundAs::Name)?;
    Ok(GetTrailResponse { trail: Some(described(&trail)) })
}
