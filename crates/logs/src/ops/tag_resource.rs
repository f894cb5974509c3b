//! `TagResource` (logs.md TG-2).

use api::logs::types;
use api::typed::Unit;
use api::{CallContext, ServiceError};

use crate::change::change;
use crate::{Logs, tagged, tags};

pub(super) async fn tag_resource(
    logs: &Logs,
    cx: &CallContext,
    input: types::TagResourceRequest,
) -> Result<Unit, ServiceError> {
    let (catalog, arn) = (&logs.parts.catalog, &input.resource_arn);
    change(catalog, || {
        let edit = |tags| tags::merged(tags, &input.tags, || tags::too_many_of(arn));
        Ok((tagged::edit(catalog, cx, arn, &edit)?, Unit))
    })
    .await
}
