//! Connections: accept, TLS, limits, and an orderly end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use api::call::TlsSession;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_util::sync::CancellationToken;

use crate::exchange::{self, AnswerBody};
use crate::state::State;

/// How long a client may take over the TLS handshake and over the headers of a request.
const HANDSHAKE: Duration = Duration::from_secs(10);
const HEADERS: Duration = Duration::from_secs(30);
/// How much of a connection is held on its way, each way: many long bodies pass at once.
const BUFFER_BYTES_MAX: usize = 128 << 10;
/// How long requests under way may take once the server is told to stop.
const GRACE: Duration = Duration::from_secs(30);

/// Where a request comes from.
#[derive(Clone, Debug)]
pub struct Peer {
    /// The client's address.
    pub ip: String,
    /// The TLS session, on a TLS port.
    pub tls: Option<TlsSession>,
}

/// The certificate or key cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot use the TLS certificate or key: {0}")]
pub struct TlsError(String);

/// Reads a certificate chain and its key, both PEM.
pub fn tls_acceptor(cert: &Path, key: &Path) -> Result<TlsAcceptor, TlsError> {
    let fail = |what: &Path, error: &dyn std::fmt::Display| TlsError(format!("{}: {error}", what.display()));
    let chain: Vec<CertificateDer<'static>> =
        CertificateDer::pem_file_iter(cert).and_then(Iterator::collect).map_err(|error| fail(cert, &error))?;
    let key_der = PrivateKeyDer::from_pem_file(key).map_err(|error| fail(key, &error))?;
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsError(error.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, key_der)
        .map_err(|error| fail(cert, &error))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Serves until told to stop, then lets requests under way finish.
pub async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    max_connections: usize,
    state: Arc<State>,
    stop: CancellationToken,
) {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(max_connections));
    loop {
        let place = tokio::select! {
            () = stop.cancelled() => break,
            place = places.clone().acquire_owned() => place.expect("the semaphore is never closed"),
        };
        let (stream, address) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => { refused(&error).await; continue }
            },
        };
        state.metrics.connection();
        let (state, tls, watcher) = (state.clone(), tls.clone(), graceful.watcher());
        tokio::spawn(async move {
            let _place = place;
            connection(stream, address, tls, state, watcher).await;
        });
    }
    drop(listener);
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
}

/// Out of file descriptors, most likely: give the connections that are open time to close.
#[expect(clippy::disallowed_methods, reason = "back-off at the network's edge")]
async fn refused(error: &std::io::Error) {
    tracing::warn!(%error, "could not take in a connection");
    tokio::time::sleep(Duration::from_millis(50)).await;
}

async fn connection(
    stream: TcpStream,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    state: Arc<State>,
    watcher: hyper_util::server::graceful::Watcher,
) {
    let _ = stream.set_nodelay(true);
    let ip = address.ip().to_canonical().to_string();
    let Some(acceptor) = tls else {
        return talk(stream, Peer { ip, tls: None }, state, watcher).await;
    };
    match tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => {
            let session = session(stream.get_ref().1);
            talk(stream, Peer { ip, tls: session }, state, watcher).await;
        }
        Ok(Err(error)) => tracing::debug!(%error, %ip, "the TLS handshake failed"),
        Err(_) => tracing::debug!(%ip, "the TLS handshake took too long"),
    }
}

async fn talk<I>(io: I, peer: Peer, state: Arc<State>, watcher: hyper_util::server::graceful::Watcher)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    // The protocol is told by the first bytes; whoever sends none holds a place for nothing.
    let mut io = BufReader::new(io);
    if !matches!(tokio::time::timeout(HEADERS, io.fill_buf()).await, Ok(Ok(bytes)) if !bytes.is_empty()) {
        return;
    }
    let io = TokioIo::new(io);
    let service = service_fn(move |request: Request<Incoming>| {
        let (state, peer) = (state.clone(), peer.clone());
        async move { Ok::<Response<AnswerBody>, Infallible>(exchange::answer(state, peer, request).await) }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS).max_buf_size(BUFFER_BYTES_MAX);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(128);
    builder.http2().keep_alive_interval(HEADERS).keep_alive_timeout(HANDSHAKE);
    let connection = builder.serve_connection(io, service).into_owned();
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "a connection ended early");
    }
}

fn session(connection: &tokio_rustls::rustls::ServerConnection) -> Option<TlsSession> {
    let version = match connection.protocol_version()? {
        tokio_rustls::rustls::ProtocolVersion::TLSv1_2 => "TLSv1.2",
        _ => "TLSv1.3",
    };
    let cipher_suite = connection.negotiated_cipher_suite()?.suite().as_str()?.replace("TLS13_", "TLS_");
    let key_exchange = connection.negotiated_key_exchange_group().map(|group| format!("{:?}", group.name()));
    Some(TlsSession { version: version.to_owned(), cipher_suite, key_exchange })
}
