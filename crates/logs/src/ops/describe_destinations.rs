//! `DescribeDestinations` (logs.md DS-3).

use api::logs::types;
use api::{CallContext, ServiceError};

use crate::Logs;
use crate::list_page::{self, Asked, Order};
use crate::subscriptions::{DestinationRecord, destination_described};

pub(super) async fn describe_destinations(
    logs: &Logs,
    cx: &CallContext,
    input: types::DescribeDestinationsRequest,
) -> Result<types::DescribeDestinationsResponse, ServiceError> {
    let scope = cx.scope();
    let parameters = format!("{:?}", ("DescribeDestinations", &scope, &input.destination_name_prefix));
    let asked = Asked {
        parameters: &parameters,
        token: input.next_token.as_deref(),
        limit: list_page::limit(input.limit),
        order: Order::Ascending,
        now: cx.now,
    };
    let prefix = input.destination_name_prefix.as_deref().unwrap_or_default();
    let found = logs.parts.catalog.list_prefix::<DestinationRecord>(&scope.account, Some(&scope.region), prefix);
    let items = found.into_iter().map(|(name, found)| {
        let described = destination_described(&scope, &name, &found.value);
        (name, described)
    });
    let (destinations, next_token) = list_page::page(&asked, items)?;
    Ok(types::DescribeDestinationsResponse { destinations: Some(destinations), next_token })
}
