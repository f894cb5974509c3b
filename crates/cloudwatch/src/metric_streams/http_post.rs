//! Sends a batch with one POST over a connection of its own.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::destination::Endpoint;

/// How long a POST may take in all.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Why a batch was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// No connection could be made, or it broke.
    #[error("the connection failed")]
    Connection(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// There was no answer in time.
    #[error("there was no answer within {} s", TIMEOUT.as_secs())]
    TimedOut,
    /// The answer was not a success. Redirects are not followed.
    #[error("the answer was {0}")]
    Refused(StatusCode),
}

/// Sends batches.
#[derive(Debug, Default)]
pub struct HttpPost {
    tls: OnceLock<Arc<ClientConfig>>,
}

impl HttpPost {
    /// Trusts these roots rather than those of the machine.
    pub fn with_roots(roots: RootCertStore) -> Self {
        let post = Self::default();
        post.tls.get_or_init(|| client_config(roots));
        post
    }

    /// Sends a batch of JSON lines; it is taken when the answer is a 2xx.
    ///
    /// # Errors
    /// Why it was not taken; it may have been all the same.
    pub async fn send(&self, to: &Endpoint, batch: Bytes) -> Result<(), PostError> {
        let status = tokio::time::timeout(TIMEOUT, self.post(to, batch)).await.map_err(|_| PostError::TimedOut)?;
        match status.map_err(PostError::Connection)? {
            status if status.is_success() => Ok(()),
            status => Err(PostError::Refused(status)),
        }
    }

    async fn post(&self, to: &Endpoint, batch: Bytes) -> Result<StatusCode, Box<dyn std::error::Error + Send + Sync>> {
        let stream = TcpStream::connect((to.host.as_str(), to.port)).await?;
        if to.tls {
            let config = self.tls.get_or_init(|| client_config(machine_roots())).clone();
            let name = ServerName::try_from(to.host.clone())?;
            let stream = TlsConnector::from(config).connect(name, stream).await?;
            exchange(stream, request(to, batch)?).await
        } else {
            exchange(stream, request(to, batch)?).await
        }
    }
}

fn request(to: &Endpoint, batch: Bytes) -> Result<Request<Full<Bytes>>, http::Error> {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(to.path.as_str())
        .header(HOST, &to.authority)
        .header(USER_AGENT, "trailwatch")
        .header(CONTENT_TYPE, "application/x-ndjson")
        .body(Full::new(batch))?;
    if let Some(credentials) = &to.authorization {
        request.headers_mut().insert(AUTHORIZATION, HeaderValue::clone(credentials));
    }
    Ok(request)
}

/// The status of the answer; its body is of no interest, and ends with the connection.
async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<Full<Bytes>>,
) -> Result<StatusCode, Box<dyn std::error::Error + Send + Sync>> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let connection = tokio::spawn(connection);
    let answer = sender.send_request(request).await;
    connection.abort();
    Ok(answer?.status())
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

fn client_config(roots: RootCertStore) -> Arc<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring supports the default versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}
