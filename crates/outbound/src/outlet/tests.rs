//! Outlets against servers that break connections, refuse, or answer.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use base::SimulatedClock;
use base64::Engine as _;
use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::breaker::BreakerState;
use crate::client::Trust;
use crate::fence::Fence;
use crate::route::ServedHere;
use crate::streaming::{RequestBody, request_body};
use crate::test_server::Pieces;
use crate::upstream::Upstreams;

/// An upstream that breaks every connection until it is well; then it answers so.
struct Upstream {
    outlet: Outlet,
    clock: Arc<SimulatedClock>,
    well: Arc<AtomicBool>,
    connections: Arc<AtomicU64>,
}

impl Upstream {
    async fn new(answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let route = format!("ec2=http://AK:secret@{}", listener.local_addr().unwrap()).parse().unwrap();
        let (well, connections) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (is_well, count) = (well.clone(), connections.clone());
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                if is_well.load(Ordering::SeqCst) {
                    let _ = stream.read(&mut [0; 4096]).await;
                    let _ = stream.write_all(answer.as_bytes()).await;
                }
            }
        });
        let clock = Arc::new(SimulatedClock::new(Timestamp::from_secs(1_790_000_000)));
        let trust = Trust::Roots(rustls::RootCertStore::empty());
        let upstreams = Upstreams::new(vec![route], trust, Fence::Open, clock.clone()).unwrap();
        let outlet = upstreams.route("ec2", ServedHere::No).unwrap().clone();
        Self { outlet, clock, well, connections }
    }

    async fn send(&self, body: RequestBody) -> Result<StatusCode, SendError> {
        let timeout = Duration::from_secs(60);
        let request = StreamRequest {
            endpoint: self.outlet.route.endpoint.clone(),
            method: Method::PUT,
            headers: HeaderMap::new(),
            body,
            head_timeout: timeout,
            idle_timeout: timeout,
        };
        self.outlet.send(request).await.map(|answer| answer.status())
    }

    async fn call(&self) -> Result<StatusCode, SendError> {
        self.send(request_body(Empty::new())).await
    }

    /// Fails so often that it is not called any more.
    async fn opened(self) -> Self {
        for _ in 0..5 {
            assert!(matches!(self.call().await, Err(SendError::Connection(_))));
        }
        self
    }

    fn after(&self, seconds: u64) {
        self.clock.move_to(self.clock.now().plus(Duration::from_secs(seconds)));
    }
}

const CLOSING: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

#[tokio::test]
async fn an_upstream_that_breaks_five_connections_is_not_connected_to_for_a_while() {
    let upstream = Upstream::new(CLOSING).await.opened().await;
    let resting = upstream.call().await.unwrap_err();
    assert!(
        resting.to_string().starts_with("it is left in peace for 5 s more, after 5 failures in a row"),
        "{resting}"
    );
    assert!(!resting.may_have_arrived());
    assert_eq!(upstream.connections.load(Ordering::SeqCst), 5);
    upstream.after(5);
    upstream.well.store(true, Ordering::SeqCst);
    assert_eq!(upstream.call().await.unwrap(), 200);
    assert_eq!(upstream.call().await.unwrap(), 200);
}

#[tokio::test]
async fn how_it_goes_is_told_without_credentials() {
    let upstream = Upstream::new(CLOSING).await.opened().await;
    upstream.after(2);
    let _ = upstream.call().await;
    let state = upstream.outlet.state();
    assert_eq!((state.service.as_deref(), state.breaker), (Some("ec2"), BreakerState::Open));
    assert_eq!((state.calls, state.failures, state.failures_in_a_row), (5, 5, 5));
    assert_eq!(state.since, Timestamp::from_secs(1_790_000_000));
    assert!(state.last_error.as_deref().unwrap().starts_with("the connection failed: "), "{state:?}");
    let shown = format!("{state:?}");
    assert!(shown.contains("http://127.0.0.1:") && !shown.contains("secret"), "{shown}");
}

#[tokio::test]
async fn answers_of_any_status_are_no_failures() {
    let failing = "HTTP/1.1 503 X\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    let upstream = Upstream::new(failing).await;
    upstream.well.store(true, Ordering::SeqCst);
    for _ in 0..6 {
        assert_eq!(upstream.call().await.unwrap(), 503);
    }
    let state = upstream.outlet.state();
    assert_eq!((state.breaker, state.calls, state.failures), (BreakerState::Closed, 6, 0));
}

#[tokio::test]
async fn bodies_that_break_on_their_way_here_are_no_failures_of_the_upstream() {
    let upstream = Upstream::new(CLOSING).await;
    upstream.well.store(true, Ordering::SeqCst);
    for _ in 0..6 {
        let (pieces, body) = Pieces::new();
        pieces.send(Err("the client is gone".into())).await.unwrap();
        assert!(matches!(upstream.send(request_body(body)).await, Err(SendError::Body(_))));
    }
    let state = upstream.outlet.state();
    assert_eq!((state.breaker, state.failures), (BreakerState::Closed, 0));
}

#[tokio::test]
async fn a_try_whose_caller_hangs_up_leaves_the_next_call_to_try() {
    let upstream = Upstream::new(CLOSING).await.opened().await;
    upstream.after(5);
    upstream.well.store(true, Ordering::SeqCst);
    let (pieces, body) = Pieces::new();
    {
        // It waits for a body that does not come.
        let mut trying = Box::pin(upstream.send(request_body(body.boxed_unsync())));
        assert!(waits(&mut trying).await);
        assert!(matches!(upstream.call().await, Err(SendError::Resting(_))), "one call tries at a time");
    }
    drop(pieces);
    assert_eq!(upstream.outlet.state().breaker, BreakerState::HalfOpen);
    assert_eq!(upstream.call().await.unwrap(), 200);
    assert_eq!(upstream.outlet.state().breaker, BreakerState::Closed);
}

/// Whether a future waits still after it was polled once.
async fn waits<F: Future + Unpin>(future: &mut F) -> bool {
    std::future::poll_fn(|cx| std::task::Poll::Ready(std::pin::Pin::new(&mut *future).poll(cx).is_pending())).await
}

/// A certificate for `localhost` that signs itself, as PEM, and a server that shows it.
async fn secure() -> (String, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let _ = stream.read(&mut [0; 4096]).await;
            let _ = stream.write_all(CLOSING.as_bytes()).await;
        }
    });
    let base64 = base64::engine::general_purpose::STANDARD.encode(made.cert.der());
    let pem = format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n");
    (format!("https://localhost:{port}"), pem)
}

#[tokio::test]
async fn each_upstream_is_believed_by_its_own_certificates() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let (url, pem) = secure().await;
    std::fs::write(&file, pem).unwrap();
    let routes = [format!("ec2={url}#roots={}", file.display()), format!("rds={url}")];
    let routes = routes.iter().map(|route| route.parse().unwrap()).collect();
    let clock = Arc::new(SimulatedClock::new(Timestamp::from_secs(1_790_000_000)));
    let trust = Trust::Roots(rustls::RootCertStore::empty());
    let upstreams = Upstreams::new(routes, trust, Fence::Open, clock).unwrap();
    let call = async |service| {
        let outlet = upstreams.route(service, ServedHere::No).unwrap();
        let (headers, body) = (HeaderMap::new(), request_body(Empty::<Bytes>::new()));
        let (head_timeout, idle_timeout) = (outlet.route.head_timeout, outlet.route.idle_timeout);
        let endpoint = outlet.route.endpoint.clone();
        let request = StreamRequest { endpoint, method: Method::GET, headers, body, head_timeout, idle_timeout };
        outlet.send(request).await.map(|answer| answer.status())
    };
    assert_eq!(call("ec2").await.unwrap(), 200);
    assert!(matches!(call("rds").await, Err(SendError::Connection(_))));
    let failures: Vec<_> = upstreams.states().into_iter().map(|state| state.failures).collect();
    assert_eq!(failures, [0, 1], "a certificate that is not believed is a failure");
}

#[test]
fn certificates_that_cannot_be_read_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "nothing").unwrap();
    for (file, why) in [(folder.path().join("none.pem"), "No such file"), (empty, "there are none in it")] {
        let route = format!("ec2=https://h#roots={}", file.display()).parse().unwrap();
        let clock = Arc::new(SimulatedClock::new(Timestamp::from_secs(0)));
        let refused = Upstreams::new(vec![route], Trust::Machine, Fence::Open, clock).unwrap_err().to_string();
        assert!(refused.starts_with("cannot read certificates from ") && refused.contains(".pem: "), "{refused}");
        assert!(refused.contains(why), "{refused}");
    }
}
