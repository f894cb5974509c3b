//! The body of a call on its way to an upstream: read whole where it says what is asked, passed on where it is data.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use api::ServiceError;
use bytes::{Bytes, BytesMut};
use gateway::Payload;
use gateway::held::{BodyError, NotAsFramed, NotTheSigned, Proved, Unframed};
use http::{HeaderMap, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use ring::digest;
use wire::WireError;
use wire::body::ChunkStream;
use wire::sigv4::{ChunkVerifier, Claim, PayloadHash};

use crate::s3_exchange::Upload;

/// A body that ends within so many bytes is held against what was said of it before anything is sent.
const HELD_BYTES_MAX: usize = 64 << 10;
/// How long a body may take that is read whole.
const WHOLE: Duration = Duration::from_secs(120);

/// What is wrong with a body.
#[derive(Debug)]
pub enum Unread {
    /// It is larger than is read.
    TooLarge,
    /// It did not come whole.
    Broken,
    /// It is not the one that was signed.
    NotTheSigned,
    /// It is not as it was framed.
    NotAsFramed(Box<WireError>),
}

impl From<&BodyError> for Unread {
    fn from(error: &BodyError) -> Self {
        if error.is::<NotTheSigned>() {
            return Self::NotTheSigned;
        }
        match error.downcast_ref::<NotAsFramed>() {
            Some(NotAsFramed(error)) => Self::NotAsFramed(Box::new(error.clone())),
            None => Self::Broken,
        }
    }
}

/// What was found wrong with a body while it passed.
#[derive(Clone, Debug, Default)]
pub struct Fault(Arc<Mutex<Option<Unread>>>);

impl Fault {
    /// What was found, if anything.
    pub fn take(&self) -> Option<Unread> {
        self.0.lock().expect("no holder of this lock panics").take()
    }

    fn set(&self, unread: Unread) {
        *self.0.lock().expect("no holder of this lock panics") = Some(unread);
    }
}

/// The body of a request: what was read of it, then the rest.
pub struct Carried {
    begun: VecDeque<Bytes>,
    rest: Option<Upload>,
    counted: Arc<AtomicU64>,
}

impl Carried {
    /// A body of which nothing was read.
    pub fn new(body: Upload) -> Self {
        Self { begun: VecDeque::new(), rest: Some(body), counted: Arc::default() }
    }

    /// How many bytes have come so far, as they were on the wire.
    pub fn counted(&self) -> Arc<AtomicU64> {
        self.counted.clone()
    }

    /// All of it, which is taken out.
    pub async fn whole(&mut self, bytes_max: usize) -> Result<Bytes, Unread> {
        // A length that is announced and too large is refused before anything is read.
        let announced = self.rest.as_ref().map_or(0, |rest| rest.size_hint().lower());
        if announced > bytes_max as u64 {
            return Err(Unread::TooLarge);
        }
        match tokio::time::timeout(WHOLE, self.read(bytes_max)).await {
            Ok(Ok(true)) => Ok(joined(self.begun.drain(..))),
            Ok(Ok(false)) => Err(Unread::TooLarge),
            Ok(Err(unread)) => Err(unread),
            Err(_) => Err(Unread::Broken),
        }
    }

    /// Reads up to so many bytes; whether it ended within them.
    async fn read(&mut self, bytes_max: usize) -> Result<bool, Unread> {
        let mut read: usize = self.begun.iter().map(Bytes::len).sum();
        loop {
            let Some(rest) = &mut self.rest else { return Ok(true) };
            if read > bytes_max {
                return Ok(false);
            }
            match rest.frame().await {
                Some(Ok(frame)) => {
                    let Ok(piece) = frame.into_data() else { continue };
                    self.counted.fetch_add(piece.len() as u64, Ordering::Relaxed);
                    read += piece.len();
                    self.begun.push_back(piece);
                }
                Some(Err(_)) => return Err(Unread::Broken),
                None => self.rest = None,
            }
        }
    }

    /// The body as it is sent on: whole where it is short, else held against what was said of it as it passes. What is
    /// found wrong with it then is told by `fault`.
    pub async fn payload(
        mut self,
        headers: &HeaderMap,
        claim: &Claim,
        chunks: Option<ChunkVerifier>,
        fault: &Fault,
    ) -> Result<Payload, Unread> {
        if self.read(HELD_BYTES_MAX).await? {
            let framed = joined(self.begun.drain(..));
            return unframe(headers, claim, chunks, framed).map(Payload::Whole);
        }
        let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
        let noted = |body| outbound::request_body(Noted { body, fault: fault.clone() });
        if claim.payload_hash.is_chunked() {
            let stream = ChunkStream::new(headers, chunks).map_err(|error| Unread::NotAsFramed(Box::new(error)))?;
            let body = Unframed::new(self, stream);
            let bytes = body.bytes();
            return Ok(Payload::Streamed { body: noted(body.boxed_unsync()), bytes, hash: None });
        }
        let Some(hash) = signed_hash(claim) else {
            return Ok(Payload::Streamed { body: noted(self.boxed_unsync()), bytes: announced, hash: None });
        };
        let body = Proved::new(self, hash).map_err(|_| Unread::NotTheSigned)?;
        Ok(Payload::Streamed { body: noted(body.boxed_unsync()), bytes: announced, hash: Some(hash) })
    }
}

impl Body for Carried {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Some(piece) = self.begun.pop_front() {
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        let Some(rest) = &mut self.rest else { return Poll::Ready(None) };
        let frame = ready!(Pin::new(rest).poll_frame(cx));
        if let Some(Ok(frame)) = &frame
            && let Some(piece) = frame.data_ref()
        {
            self.counted.fetch_add(piece.len() as u64, Ordering::Relaxed);
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.begun.is_empty() && self.rest.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let begun: usize = self.begun.iter().map(Bytes::len).sum();
        let rest = self.rest.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint);
        let mut all = SizeHint::new();
        all.set_lower(rest.lower() + begun as u64);
        if let Some(upper) = rest.upper() {
            all.set_upper(upper + begun as u64);
        }
        all
    }
}

/// A body whose failure is noted: to the connection that it breaks all failures are the same.
struct Noted<B> {
    body: B,
    fault: Fault,
}

impl<B: Body<Data = Bytes, Error = BodyError> + Unpin> Body for Noted<B> {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(Err(error)) = &frame {
            self.fault.set(Unread::from(error));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A whole body without its framing, held against what its signature says.
pub fn unframed(
    headers: &HeaderMap,
    claim: &Claim,
    chunks: Option<ChunkVerifier>,
    framed: Bytes,
) -> Result<Bytes, ServiceError> {
    let length = framed.len();
    unframe(headers, claim, chunks, framed).map_err(|unread| super::unread_error(unread, length))
}

fn unframe(headers: &HeaderMap, claim: &Claim, chunks: Option<ChunkVerifier>, framed: Bytes) -> Result<Bytes, Unread> {
    if let Some(expected) = signed_hash(claim) {
        let is_signed = digest::digest(&digest::SHA256, &framed).as_ref() == expected;
        return if is_signed { Ok(framed) } else { Err(Unread::NotTheSigned) };
    }
    if !claim.payload_hash.is_chunked() {
        return Ok(framed);
    }
    let unframed = ChunkStream::new(headers, chunks).and_then(|mut stream| {
        let pieces = stream.push(&framed)?;
        stream.finish()?;
        Ok(joined(pieces.into_iter()))
    });
    unframed.map_err(|error| Unread::NotAsFramed(Box::new(error)))
}

/// The hash that is signed; it was proved to be one.
fn signed_hash(claim: &Claim) -> Option<[u8; 32]> {
    let PayloadHash::Sha256(text) = &claim.payload_hash else { return None };
    let mut hash = [0; 32];
    for (at, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(hash)
}

fn joined(mut pieces: impl ExactSizeIterator<Item = Bytes>) -> Bytes {
    match pieces.len() {
        0 => Bytes::new(),
        1 => pieces.next().unwrap_or_default(),
        _ => {
            let mut all = BytesMut::new();
            pieces.for_each(|piece| all.extend_from_slice(&piece));
            all.freeze()
        }
    }
}
