//! Bodies whose end is held back until something is certain.
//!
//! Of a request: that the body is the one that was signed. Without its last piece no server takes it for whole, so that
//! a body that is not what its signature says is never acted on. Of an answer: that the call is recorded. Without its
//! last piece no client takes it for a success.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use ring::digest;
use wire::WireError;
use wire::body::ChunkStream;

/// What goes wrong in a body.
pub type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// The body is not the one that was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body is not the one that was signed")]
pub struct NotTheSigned;

/// A request's body, hashed as it passes; its last piece comes when the hash is the one that was signed.
pub struct Proved<B> {
    body: B,
    hash: digest::Context,
    expected: [u8; 32],
    held: Option<Bytes>,
    ended: bool,
}

impl<B> Proved<B> {
    /// A body that must have this SHA-256.
    ///
    /// # Errors
    /// It is known to be empty, which leaves no piece to hold back, and has another.
    pub fn new(body: B, expected: [u8; 32]) -> Result<Self, NotTheSigned>
    where
        B: Body<Data = Bytes>,
    {
        let hash = digest::Context::new(&digest::SHA256);
        if body.is_end_stream() && hash.clone().finish().as_ref() != expected {
            return Err(NotTheSigned);
        }
        Ok(Self { body, hash, expected, held: None, ended: false })
    }
}

impl<B> Body for Proved<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BodyError>,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        while !self.ended {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    // Trailers are of the frame that is taken off.
                    let Ok(piece) = frame.into_data() else { continue };
                    if piece.is_empty() {
                        continue;
                    }
                    self.hash.update(&piece);
                    if let Some(before) = self.held.replace(piece) {
                        return Poll::Ready(Some(Ok(Frame::data(before))));
                    }
                }
                Some(Err(error)) => {
                    self.ended = true;
                    self.held = None;
                    return Poll::Ready(Some(Err(error.into())));
                }
                None => {
                    self.ended = true;
                    if self.hash.clone().finish().as_ref() != self.expected {
                        self.held = None;
                        return Poll::Ready(Some(Err(NotTheSigned.into())));
                    }
                }
            }
        }
        Poll::Ready(self.held.take().map(|last| Ok(Frame::data(last))))
    }

    fn is_end_stream(&self) -> bool {
        self.held.is_none() && (self.ended || self.body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        // Trailers have no length, and all else is passed on; what is held is still to come.
        let hint = self.body.size_hint();
        let held = self.held.as_ref().map_or(0, Bytes::len) as u64;
        let mut all = SizeHint::new();
        all.set_lower(hint.lower() + held);
        if let Some(upper) = hint.upper() {
            all.set_upper(upper + held);
        }
        all
    }
}

/// A request's body whose framing (aws-chunked) is taken off as it passes; its last piece comes when trailer, checksums
/// and length are the ones that were said.
pub struct Unframed<B> {
    body: B,
    /// Until the body has ended.
    stream: Option<ChunkStream>,
    bytes: Option<u64>,
    ready: VecDeque<Bytes>,
    given: u64,
}

impl<B> Unframed<B> {
    /// A body in this framing.
    pub fn new(body: B, stream: ChunkStream) -> Self {
        let bytes = stream.announced_bytes();
        Self { body, stream: Some(stream), bytes, ready: VecDeque::new(), given: 0 }
    }

    /// The length without the framing, where it is announced.
    pub fn bytes(&self) -> Option<u64> {
        self.bytes
    }

    fn fail(&mut self, error: BodyError) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.stream = None;
        self.ready.clear();
        Poll::Ready(Some(Err(error)))
    }
}

impl<B> Body for Unframed<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BodyError>,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        while let Some(stream) = &mut this.stream {
            // The last one waits for the end.
            if this.ready.len() > 1
                && let Some(piece) = this.ready.pop_front()
            {
                this.given += piece.len() as u64;
                return Poll::Ready(Some(Ok(Frame::data(piece))));
            }
            match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                Some(Ok(frame)) => {
                    let Ok(came) = frame.into_data() else { continue };
                    match stream.push(&came) {
                        Ok(pieces) => this.ready.extend(pieces),
                        Err(error) => return this.fail(NotAsFramed(error).into()),
                    }
                }
                Some(Err(error)) => return this.fail(error.into()),
                None => {
                    let stream = this.stream.take().expect("it was just there");
                    if let Err(error) = stream.finish() {
                        return this.fail(NotAsFramed(error).into());
                    }
                }
            }
        }
        Poll::Ready(this.ready.pop_front().map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.stream.is_none() && self.ready.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        match self.bytes {
            Some(bytes) => SizeHint::with_exact(bytes.saturating_sub(self.given)),
            None => SizeHint::default(),
        }
    }
}

/// The framing of a body is broken, or its chunks, checksums or length are not what was said.
#[derive(Debug, thiserror::Error)]
#[error("the body is not as it was framed: {}", .0.message.as_deref().unwrap_or(&.0.code))]
pub struct NotAsFramed(pub WireError);

/// How a body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It came whole.
    Whole,
    /// It broke off.
    Broken,
    /// Nobody wanted the rest.
    Unwanted,
}

/// What passed by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    /// The beginning, or all.
    pub kept: Vec<u8>,
    /// How many bytes there were.
    pub bytes: u64,
    /// How it ended.
    pub ended: Ended,
}

/// What is done when an answer has ended; on its outcome hangs the answer's end.
type Finish = Box<dyn FnOnce(Passed) -> Finishing + Send>;
type Finishing = Pin<Box<dyn Future<Output = Result<(), BodyError>> + Send>>;

/// What of an answer's body a client waits for until it takes the answer for whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Its last piece: its length was announced.
    LastPiece,
    /// Its end alone, as its length was not: every piece passes at once, as events in a stream must.
    End,
}

/// An answer's body: its beginning is kept, and its end comes when what is done then has succeeded. It
/// is done whatever becomes of the body: when nobody wants the rest any more, by a task of its own.
pub struct Witnessed<B> {
    body: B,
    keep_bytes_max: usize,
    holds: Held,
    kept: Vec<u8>,
    bytes: u64,
    held: Option<Bytes>,
    state: State,
}

enum State {
    Passing(Finish),
    Finishing(Finishing, Option<BodyError>),
    Over,
}

impl<B> Witnessed<B> {
    /// A body of which so much is kept for `finish`.
    pub fn new<F>(
        body: B,
        holds: Held,
        keep_bytes_max: usize,
        finish: impl FnOnce(Passed) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = Result<(), BodyError>> + Send + 'static,
    {
        let finish: Finish = Box::new(move |passed| Box::pin(finish(passed)));
        Self { body, keep_bytes_max, holds, kept: Vec::new(), bytes: 0, held: None, state: State::Passing(finish) }
    }

    fn note(&mut self, piece: &Bytes) {
        let room = self.keep_bytes_max - self.kept.len();
        self.kept.extend_from_slice(&piece[..piece.len().min(room)]);
        self.bytes += piece.len() as u64;
    }

    /// Begins what is done at the end, once.
    fn end(&mut self, ended: Ended, error: Option<BodyError>) {
        if let State::Passing(finish) = std::mem::replace(&mut self.state, State::Over) {
            let passed = Passed { kept: std::mem::take(&mut self.kept), bytes: self.bytes, ended };
            self.state = State::Finishing(finish(passed), error);
        }
    }
}

impl<B> Body for Witnessed<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BodyError>,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = self.get_mut();
        loop {
            match &mut this.state {
                State::Passing(_) => match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                    Some(Ok(frame)) => {
                        let Ok(piece) = frame.into_data() else { continue };
                        if piece.is_empty() {
                            continue;
                        }
                        this.note(&piece);
                        if this.holds == Held::End {
                            return Poll::Ready(Some(Ok(Frame::data(piece))));
                        }
                        if let Some(before) = this.held.replace(piece) {
                            return Poll::Ready(Some(Ok(Frame::data(before))));
                        }
                    }
                    Some(Err(error)) => this.end(Ended::Broken, Some(error.into())),
                    None => this.end(Ended::Whole, None),
                },
                State::Finishing(finishing, broken) => {
                    let outcome = ready!(finishing.as_mut().poll(cx));
                    let broken = broken.take();
                    this.state = State::Over;
                    if let Some(error) = outcome.err().or(broken) {
                        this.held = None;
                        return Poll::Ready(Some(Err(error)));
                    }
                }
                State::Over => return Poll::Ready(this.held.take().map(|last| Ok(Frame::data(last)))),
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.state, State::Over) && self.held.is_none()
    }
}

impl<B> Drop for Witnessed<B> {
    fn drop(&mut self) {
        let finishing = match std::mem::replace(&mut self.state, State::Over) {
            State::Passing(finish) => {
                let kept = std::mem::take(&mut self.kept);
                finish(Passed { kept, bytes: self.bytes, ended: Ended::Unwanted })
            }
            State::Finishing(finishing, _) => finishing,
            State::Over => return,
        };
        // Without a runtime the process is at its end, and nothing can run any more.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(finishing);
        }
    }
}

#[cfg(test)]
mod tests;
