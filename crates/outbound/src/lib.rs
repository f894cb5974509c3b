//! The way out of the server: HTTP requests to endpoints that others chose, and signed calls
//! to the upstreams that serve what the server does not.
//!
//! Nothing here follows redirects, and what may be reached can be fenced
//! ([`Fence`]): endpoints of subscriptions are chosen by callers, not by the operator.

mod bucket_listing;
mod buckets;
mod client;
mod endpoint;
mod fence;
mod streaming;
#[cfg(test)]
mod test_server;
mod upstream;

pub use bucket_listing::{ListedObject, ListedPage};
pub use buckets::{BucketCallError, BucketPut, UpstreamBuckets};
pub use client::{HttpClient, Outgoing, Reply, SendError, Trust};
pub use endpoint::{Endpoint, InvalidEndpoint};
pub use fence::Fence;
pub use streaming::{AnswerBody, BodyError, RequestBody, StreamRequest, StreamingClient, request_body};
pub use upstream::{CallError, CallForm, InvalidUpstream, Upstream, UpstreamCall, Upstreams};
