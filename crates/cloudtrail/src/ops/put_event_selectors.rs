//! `PutEventSelectors`

use api::cloudtrail::errors;
use api::cloudtrail::types::{PutEventSelectorsRequest, PutEventSelectorsResponse};
use api::{CallContext, ServiceError};
use lang::event_selector::{self, Invalid, basic};
use store::catalog::Transaction;

use crate::change::change;
use crate::service::CloudTrail;
use crate::trails::{Selectors, TrailRecord, advanced_of_api, found_at_home, selectors_of_api, selectors_to_api};

/// Replaces a trail's selectors, of whichever kind they were (cloudtrail.md §4.8).
pub async fn put_event_selectors(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: PutEventSelectorsRequest,
) -> Result<PutEventSelectorsResponse, ServiceError> {
    let catalog = &cloudtrail.parts.catalog;
    // Whether the trail exists is told before what is wrong with its selectors.
    found_at_home(catalog, cx, &input.trail_name)?;
    let (name, selectors) = (input.trail_name.clone(), selectors(input)?);
    let trail_arn = change(catalog, || {
        let trail = found_at_home(catalog, cx, &name)?;
        let mut transaction = Transaction::default();
        let record = TrailRecord { selectors: selectors.clone(), ..(*trail.record).clone() };
        transaction.update(trail.key(), trail.version, &record);
        Ok((transaction, trail.arn()))
    })
    .await?;
    let (event_selectors, advanced_event_selectors) = selectors_to_api(&selectors);
    Ok(PutEventSelectorsResponse { trail_arn: Some(trail_arn), event_selectors, advanced_event_selectors })
}

fn selectors(input: PutEventSelectorsRequest) -> Result<Selectors, ServiceError> {
    let invalid = |Invalid(text): Invalid| errors::invalid_event_selectors_exception(text);
    match (input.event_selectors, input.advanced_event_selectors) {
        (Some(_), Some(_)) => Err(errors::invalid_event_selectors_exception(
            "You can select events by using either EventSelectors or AdvancedEventSelectors, but not both.",
        )),
        (None, None) => Err(errors::invalid_event_selectors_exception(
            "Specify a valid number of selectors (1 to 5) for your trail",
        )),
        (Some(selectors), None) => {
            let selectors = selectors_of_api(selectors);
            basic::check(&selectors).map_err(invalid)?;
            Ok(Selectors::Basic(selectors))
        }
        (None, Some(selectors)) => {
            let selectors = advanced_of_api(selectors);
            event_selector::check(&selectors).map_err(invalid)?;
            Ok(Selectors::Advanced(selectors))
        }
    }
}
