//! One HTTP/1.1 connection, kept while both sides like it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

use super::Endpoint;

/// What went wrong on the way.
pub(super) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// How long connecting may take, the TLS handshake included.
const CONNECT: Duration = Duration::from_secs(10);

/// Where distributions keep the certificates that the machine trusts.
const SYSTEM_BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Which servers are believed over HTTPS.
#[derive(Clone)]
pub struct Trust(Option<Arc<ClientConfig>>);

/// The certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file holds no certificates, or cannot be read.
    #[error("cannot read certificates from {0}: {1}")]
    Bundle(PathBuf, String),
    /// No file of the system's was found.
    #[error("no certificates of the system were found for HTTPS; name a file with --ca-bundle")]
    NoSystemBundle,
}

impl Trust {
    /// What an endpoint needs: nothing for HTTP; for HTTPS the certificates of a PEM file,
    /// or of the system's own when none is named.
    ///
    /// # Errors
    /// When no certificate is found there.
    pub fn load(endpoint: &Endpoint, bundle: Option<&Path>) -> Result<Self, TrustError> {
        if !endpoint.tls() {
            return Ok(Self(None));
        }
        let system = || SYSTEM_BUNDLES.map(Path::new).into_iter().find(|path| path.exists());
        let bundle = bundle.or_else(system).ok_or(TrustError::NoSystemBundle)?;
        let fail = |error: &dyn std::fmt::Display| TrustError::Bundle(bundle.to_owned(), error.to_string());
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(bundle).map_err(|error| fail(&error))? {
            let certificate = certificate.map_err(|error| fail(&error))?;
            // Systems carry certificates that no current library reads; the others still count.
            let _ = roots.add(certificate);
        }
        if roots.is_empty() {
            return Err(fail(&"there are none in it"));
        }
        let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| fail(&error))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(Some(Arc::new(config))))
    }
}

/// Makes and keeps the connection.
pub(super) struct Connection {
    endpoint: Endpoint,
    trust: Trust,
    open: Option<SendRequest<Full<Bytes>>>,
}

impl Connection {
    pub(super) fn new(endpoint: Endpoint, trust: Trust) -> Self {
        Self { endpoint, trust, open: None }
    }

    /// Drops the connection: the next request makes another.
    pub(super) fn close(&mut self) {
        self.open = None;
    }

    /// Sends a request and gives the answer's head. A kept connection that the server closed
    /// in the meantime is replaced, unless the request may have reached the server.
    pub(super) async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Failure> {
        let mut request = request;
        if let Some(mut kept) = self.open.take()
            && kept.ready().await.is_ok()
        {
            match kept.try_send_request(request).await {
                Ok(answer) => {
                    self.open = Some(kept);
                    return Ok(answer);
                }
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(error.into_error().into()),
                },
            }
        }
        let mut fresh = tokio::time::timeout(CONNECT, self.connect())
            .await
            .map_err(|_| format!("no connection within {} s", CONNECT.as_secs()))??;
        let answer = fresh.send_request(request).await?;
        self.open = Some(fresh);
        Ok(answer)
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, Failure> {
        let stream = TcpStream::connect((self.endpoint.host(), self.endpoint.port())).await?;
        stream.set_nodelay(true)?;
        match &self.trust.0 {
            None => talk(stream).await,
            Some(config) => {
                let name = ServerName::try_from(self.endpoint.host().to_owned())?;
                talk(TlsConnector::from(config.clone()).connect(name, stream).await?).await
            }
        }
    }
}

async fn talk<I>(io: I) -> Result<SendRequest<Full<Bytes>>, Failure>
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = http1::handshake(TokioIo::new(io)).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "the connection to the server ended");
        }
    });
    Ok(sender)
}
