//! The way out of the server: HTTP requests to endpoints that others chose, and signed calls
//! to the upstreams that serve what the server does not.
//!
//! All that goes to an upstream goes through its [`Outlet`]: what clients ask of it, and what the server's own services
//! do. [`HttpClient`] is for what is no upstream: endpoints of subscriptions, webhooks, gateways.
//!
//! Nothing here follows redirects, and what may be reached can be fenced
//! ([`Fence`]): endpoints of subscriptions are chosen by callers, not by the operator.

mod breaker;
mod bucket_listing;
mod buckets;
mod client;
mod endpoint;
mod fence;
mod function;
mod outlet;
mod route;
mod streaming;
#[cfg(test)]
mod test_server;
mod upstream;
pub mod webhook;
mod witness;

pub use breaker::{BreakerState, Resting};
pub use bucket_listing::{ListedObject, ListedPage};
pub use buckets::{BucketCallError, BucketPut, UpstreamBuckets};
pub use client::{HttpClient, Outgoing, Reply, SendError, Trust, UnreadableRoots};
pub use endpoint::{Endpoint, InvalidEndpoint};
pub use fence::Fence;
pub use function::Function;
pub use outlet::{Outlet, OutletState};
pub use route::{BucketStyle, InvalidRoute, Route, ServedHere, route};
pub use streaming::{AnswerBody, BodyError, RequestBody, StreamRequest, StreamingClient, request_body};
pub use upstream::{CallError, CallForm, UpstreamCall, Upstreams};
pub use witness::{Attempt, CallOutcome, CalledResource, OnBehalf, Witness, WitnessedCall};
