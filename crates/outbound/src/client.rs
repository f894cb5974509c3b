//! One HTTP client for all that goes out: connections are kept and used again.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tower_service::Service;

use crate::breaker::Resting;
use crate::endpoint::Endpoint;
use crate::fence::Fence;

/// What is read of a reply's body, unless a client is made to read more.
pub(crate) const REPLY_BYTES_MAX: usize = 1 << 20;
/// How long the body of a reply is read that nobody asks for, so that the connection can be used
/// again.
pub(crate) const UNWANTED: Duration = Duration::from_secs(1);
/// How long an unused connection is kept.
const IDLE: Duration = Duration::from_secs(30);
/// How much of a connection is held on its way, each way: many long bodies pass at once.
const BUFFER_BYTES_MAX: usize = 128 << 10;

/// A failure whose cause is for logs.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Which servers are believed over HTTPS.
#[derive(Clone, Debug, Default)]
pub enum Trust {
    /// Those with a certificate that the machine trusts (`SSL_CERT_FILE` names others).
    #[default]
    Machine,
    /// Those with a certificate under one of these roots.
    Roots(RootCertStore),
}

/// A file of certificates cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot read certificates from {}: {why}", file.display())]
pub struct UnreadableRoots {
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

impl Trust {
    /// Those with a certificate under one of the roots in a file, PEM.
    ///
    /// # Errors
    /// The file cannot be read, or there are no certificates in it.
    pub fn of_file(file: &Path) -> Result<Self, UnreadableRoots> {
        let fail = |why: String| UnreadableRoots { file: file.to_owned(), why };
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(file).map_err(|error| fail(error.to_string()))? {
            let certificate = certificate.map_err(|error| fail(error.to_string()))?;
            // Systems carry certificates that no current library reads; the others still count.
            let _ = roots.add(certificate);
        }
        match roots.is_empty() {
            true => Err(fail("there are none in it".to_owned())),
            false => Ok(Self::Roots(roots)),
        }
    }
}

/// A request.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Where it goes.
    pub endpoint: Endpoint,
    /// Its method.
    pub method: Method,
    /// Its headers. `Host` and the length are set by the client.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
    /// How long it may take in all, from the connection to the reply's last byte.
    pub timeout: Duration,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// Why nothing came back. The request may have been carried out all the same.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// No connection could be made, or it broke.
    #[error("the connection failed: {0}")]
    Connection(String),
    /// There was no reply in time.
    #[error("there was no reply within {} s", .0.as_secs())]
    TimedOut(Duration),
    /// The address is in a private network, and the server is set up not to reach those.
    #[error("the address is in a private network, which this server does not reach")]
    Fenced,
    /// The reply is longer than is read.
    #[error("the reply is longer than {0} bytes")]
    ReplyTooLong(usize),
    /// The body of the request did not come whole from where it was to come from, so that it was not sent whole.
    #[error("the body of the request broke: {0}")]
    Body(String),
    /// The other side failed several times in a row and is left in peace for a while: nothing was sent.
    #[error(transparent)]
    Resting(#[from] Resting),
}

impl SendError {
    /// Whether some of the request may have arrived: it may have been carried out then.
    pub fn may_have_arrived(&self) -> bool {
        !matches!(self, Self::Fenced | Self::Resting(_))
    }
}

/// Sends requests. Clones share their connections.
#[derive(Clone)]
pub struct HttpClient {
    fence: Fence,
    reply_bytes_max: usize,
    client: Client<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>,
}

impl HttpClient {
    /// A client that believes these servers and reaches these addresses.
    pub fn new(trust: Trust, fence: Fence) -> Self {
        Self { fence, reply_bytes_max: REPLY_BYTES_MAX, client: pooled(trust, fence) }
    }

    /// The same client, reading replies of up to so many bytes.
    pub fn with_reply_bytes_max(self, reply_bytes_max: usize) -> Self {
        Self { reply_bytes_max, ..self }
    }

    /// Sends a request and gives the reply, whatever its status. Redirects are not followed.
    ///
    /// # Errors
    /// Why there is no reply.
    pub async fn send(&self, outgoing: Outgoing) -> Result<Reply, SendError> {
        check_fence(self.fence, &outgoing.endpoint)?;
        let timeout = outgoing.timeout;
        let exchange = async {
            let (parts, body) = self.head(outgoing).await?.into_parts();
            match Limited::new(body, self.reply_bytes_max).collect().await {
                Ok(body) => Ok(Reply { status: parts.status, headers: parts.headers, body: body.to_bytes() }),
                Err(error) if error.is::<http_body_util::LengthLimitError>() => {
                    Err(SendError::ReplyTooLong(self.reply_bytes_max))
                }
                Err(error) => Err(failure(&*error)),
            }
        };
        tokio::time::timeout(timeout, exchange).await.map_err(|_| SendError::TimedOut(timeout))?
    }

    /// Sends a request that is sent for what it does: its status says whether that is done,
    /// whatever follows. The body of a success is left out, and that of a refusal is what could
    /// be read of it.
    ///
    /// # Errors
    /// Why there is no reply.
    pub async fn send_for_effect(&self, outgoing: Outgoing) -> Result<Reply, SendError> {
        check_fence(self.fence, &outgoing.endpoint)?;
        let timeout = outgoing.timeout;
        let head = tokio::time::timeout(timeout, self.head(outgoing)).await;
        let (parts, body) = head.map_err(|_| SendError::TimedOut(timeout))??.into_parts();
        let body = tokio::time::timeout(UNWANTED, Limited::new(body, self.reply_bytes_max).collect()).await;
        let body = match body {
            Ok(Ok(body)) if !parts.status.is_success() => body.to_bytes(),
            _ => Bytes::new(),
        };
        Ok(Reply { status: parts.status, headers: parts.headers, body })
    }

    /// Sends a request, and gives the reply as soon as its head is there.
    async fn head(&self, outgoing: Outgoing) -> Result<Response<Incoming>, SendError> {
        let mut request = Request::new(Full::new(outgoing.body));
        *request.method_mut() = outgoing.method;
        *request.uri_mut() = outgoing.endpoint.uri();
        *request.headers_mut() = outgoing.headers;
        if let Ok(host) = HeaderValue::from_str(&outgoing.endpoint.authority) {
            request.headers_mut().insert(HOST, host);
        }
        self.client.request(request).await.map_err(|error| failure(&error))
    }
}

/// A client that keeps its connections and uses them again.
pub(crate) fn pooled<B>(trust: Trust, fence: Fence) -> Client<HttpsConnector<HttpConnector<Resolver>>, B>
where
    B: hyper::body::Body + Send,
    B::Data: Send,
{
    let roots = match trust {
        Trust::Machine => machine_roots(),
        Trust::Roots(roots) => roots,
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring supports the default versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut http = HttpConnector::new_with_resolver(Resolver(fence));
    http.enforce_http(false);
    http.set_nodelay(true);
    http.set_connect_timeout(Some(Duration::from_secs(10)));
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .wrap_connector(http);
    let mut builder = Client::builder(TokioExecutor::new());
    builder.http1_max_buf_size(BUFFER_BYTES_MAX);
    builder.pool_idle_timeout(IDLE).pool_timer(TokioTimer::new()).timer(TokioTimer::new());
    builder.build(connector)
}

/// Addresses are not resolved, so the resolver does not see them.
pub(crate) fn check_fence(fence: Fence, endpoint: &Endpoint) -> Result<(), SendError> {
    match endpoint.host.parse::<IpAddr>() {
        Ok(address) if !fence.admits(address) => Err(SendError::Fenced),
        _ => Ok(()),
    }
}

/// The whole chain of causes in one sentence; a fence among them is told apart.
pub(crate) fn failure(error: &(dyn std::error::Error + 'static)) -> SendError {
    let mut causes = Vec::new();
    let mut next = Some(error);
    while let Some(cause) = next {
        if cause.is::<Fenced>() {
            return SendError::Fenced;
        }
        causes.push(cause.to_string());
        next = cause.source();
    }
    causes.dedup();
    SendError::Connection(causes.join(": "))
}

#[derive(Debug, thiserror::Error)]
#[error("the name is of a private network")]
struct Fenced;

/// Resolves names to the addresses inside the fence. What is checked is what is connected to.
#[derive(Clone, Copy)]
pub(crate) struct Resolver(Fence);

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Failure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let fence = self.0;
        Box::pin(async move {
            let all: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let inside: Vec<SocketAddr> = all.iter().copied().filter(|address| fence.admits(address.ip())).collect();
            match inside.is_empty() && !all.is_empty() {
                true => Err(Fenced.into()),
                false => Ok(inside.into_iter()),
            }
        })
    }
}

/// The certificates that the machine trusts.
fn machine_roots() -> RootCertStore {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(error = error as &dyn std::error::Error, "trusted certificates could not be read");
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    roots
}
