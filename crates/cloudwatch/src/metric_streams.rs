//! Metric streams: records of what is streamed where, and the job that delivers it.
//!
//! `docs/metric-streams.md` says how they are used.

mod append_lines;
pub mod deliver;
pub mod destination;
mod json_lines;
mod request;
mod window;

use api::cloudwatch::errors;
use api::{CallContext, ServiceError};
use store::Catalog;
use store::catalog::{Key, Versioned};

use crate::record::MetricStreamRecord;

pub use deliver::DeliverMetricStreams;
pub use destination::{Destination, Destinations, NamedDestination};
pub(crate) use request::stream;
pub(crate) use window::minute_of;

/// The key of a stream and of its cursor.
pub(crate) fn key(cx: &CallContext, name: &str) -> Key {
    Key::regional(cx.account(), &cx.region, name)
}

/// The ARN.
pub(crate) fn arn(cx: &CallContext, name: &str) -> String {
    cx.arn_of("cloudwatch", cx.region.as_str(), format!("metric-stream/{name}")).to_string()
}

/// The stream of this name.
///
/// # Errors
/// `ResourceNotFoundException`.
pub(crate) fn find(
    catalog: &Catalog,
    cx: &CallContext,
    name: &str,
) -> Result<Versioned<MetricStreamRecord>, ServiceError> {
    catalog
        .get(&key(cx, name))
        .ok_or_else(|| errors::resource_not_found_exception(format!("The metric stream {name} does not exist.")))
}
