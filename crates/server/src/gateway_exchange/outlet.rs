//! Upstreams.

use gateway::{Route, ServedHere};
use http::Response;
use outbound::{AnswerBody, Fence, SendError, StreamRequest, StreamingClient, Trust, Upstream};

/// One upstream.
#[derive(Clone)]
pub struct Outlet {
    /// Which.
    pub route: Route,
    client: StreamingClient,
}

impl Outlet {
    /// Sends.
    pub async fn send(&self, request: StreamRequest) -> Result<Response<AnswerBody>, SendError> {
        self.client.send(request).await
    }
}

/// All.
pub struct Outlets(Vec<Outlet>);

impl Outlets {
    /// Of settings.
    pub fn new(upstreams: &[Upstream]) -> Self {
        let client = StreamingClient::new(Trust::Machine, Fence::Open);
        let outlet = |upstream: &Upstream| {
            let mut route: Route = "http://h".parse().expect("a URL");
            route.service.clone_from(&upstream.service);
            route.endpoint = upstream.endpoint.clone();
            Outlet { route, client: client.clone() }
        };
        Self(upstreams.iter().map(outlet).collect())
    }

    /// None.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it is there for this one.
    pub fn is_named(&self, service: &str) -> bool {
        self.0.iter().any(|outlet| outlet.route.service.as_deref() == Some(service))
    }

    /// Which takes it.
    pub fn route(&self, signed_for: &str, here: ServedHere) -> Option<&Outlet> {
        let named = self.0.iter().find(|outlet| outlet.route.service.as_deref() == Some(signed_for));
        let for_all = || self.0.iter().find(|outlet| outlet.route.service.is_none());
        named.or_else(|| if here == ServedHere::No { for_all() } else { None })
    }
}
