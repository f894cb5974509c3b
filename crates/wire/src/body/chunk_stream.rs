//! aws-chunked framing taken off a body as it comes, for bodies that are never held.
//!
//! Of a signed chunk nothing is given out before its signature is proved. A checksum, and the length that was announced,
//! are proved at the end: until [`ChunkStream::finish`] has succeeded, what came may be taken for nothing.

use std::mem;

use bytes::Bytes;
use http::HeaderMap;

use super::aws_chunked::{LINE_BYTES_MAX, Trailer, announced_bytes, check_length, chunk_header, malformed};
use super::badly_signed;
use super::checksum::Checksum;
use crate::error::WireError;
use crate::sigv4::{AuthError, ChunkVerifier, PayloadHash};

/// The longest chunk whose data waits for its signature; clients send a megabyte at most.
const SIGNED_CHUNK_BYTES_MAX: usize = 8 << 20;
/// The longest trailer.
const TRAILER_BYTES_MAX: usize = 16 << 10;

/// Takes the framing off, piece by piece.
pub struct ChunkStream {
    verifier: Option<ChunkVerifier>,
    checksums: Vec<Checksum>,
    announced: Option<u64>,
    given: u64,
    state: State,
    /// What has come of a line, of a signed chunk, or of the trailer.
    waiting: Vec<u8>,
}

enum State {
    /// In the line before a chunk.
    Header,
    /// In a chunk's data, of which so much is to come; its signature, where chunks are signed.
    Data { left: usize, signature: Option<String> },
    /// In the line's end after a chunk's data.
    End,
    /// After the last chunk.
    Trailer,
}

impl ChunkStream {
    /// For a request with these headers; `verifier` is the one that [`crate::sigv4::verify`] gave, where chunks are
    /// signed.
    ///
    /// # Errors
    /// Chunks are said to be signed and there is nothing to check them by; a checksum of an unknown kind is announced;
    /// the announced length is none.
    pub fn new(headers: &HeaderMap, verifier: Option<ChunkVerifier>) -> Result<Self, WireError> {
        let payload = headers.get("x-amz-content-sha256").and_then(|value| value.to_str().ok()).map(PayloadHash::parse);
        if payload.is_some_and(|payload| payload.has_signed_chunks()) && verifier.is_none() {
            return Err(badly_signed(&AuthError::SignatureMismatch));
        }
        let trailers = headers.get_all("x-amz-trailer").iter().filter_map(|value| value.to_str().ok());
        let names = trailers.flat_map(|value| value.split(',')).map(|name| name.trim().to_ascii_lowercase());
        let checksums = names.filter_map(|name| name.strip_prefix("x-amz-checksum-").map(Checksum::new));
        Ok(Self {
            checksums: checksums.collect::<Result<_, _>>()?,
            announced: announced_bytes(headers)?,
            verifier,
            given: 0,
            state: State::Header,
            waiting: Vec::new(),
        })
    }

    /// The length of the body without its framing, where it is announced.
    pub fn announced_bytes(&self) -> Option<u64> {
        self.announced
    }

    /// Takes in what came and gives the data that it makes certain, in its order.
    ///
    /// # Errors
    /// The framing is broken, a chunk is not as signed, or there is more than was announced.
    pub fn push(&mut self, mut came: &[u8]) -> Result<Vec<Bytes>, WireError> {
        let mut out = Vec::new();
        while !came.is_empty() {
            match mem::replace(&mut self.state, State::Trailer) {
                State::Header => self.header(&mut came)?,
                State::Data { left, signature } => self.data(&mut came, left, signature, &mut out)?,
                State::End => self.end(&mut came)?,
                State::Trailer => {
                    self.waiting.extend_from_slice(came);
                    if self.waiting.len() > TRAILER_BYTES_MAX {
                        return Err(malformed());
                    }
                    came = &[];
                }
            }
        }
        Ok(out)
    }

    /// The end of the body: the trailer, its signature, checksums and length are held against what came.
    ///
    /// # Errors
    /// It broke off, or something is not what was said.
    pub fn finish(mut self) -> Result<(), WireError> {
        if !matches!(self.state, State::Trailer) {
            return Err(malformed());
        }
        let trailer = Trailer::read(&mut &self.waiting[..])?;
        if let Some(verifier) = self.verifier.as_mut().filter(|verifier| verifier.signs_trailer()) {
            let signature = trailer.signature.unwrap_or_default();
            verifier.trailer(&trailer.canonical(), signature).map_err(|error| badly_signed(&error))?;
        }
        check_length(self.announced, self.given)?;
        for checksum in mem::take(&mut self.checksums) {
            let name = format!("x-amz-checksum-{}", checksum.algorithm());
            let given = trailer.headers.iter().find(|(found, _)| *found == name).map(|(_, value)| *value);
            checksum.check(given.ok_or_else(malformed)?)?;
        }
        Ok(())
    }

    fn header(&mut self, came: &mut &[u8]) -> Result<(), WireError> {
        self.state = State::Header;
        let Some(end) = memchr::memchr(b'\n', came) else {
            return self.wait(came, LINE_BYTES_MAX);
        };
        self.waiting.extend_from_slice(&came[..end]);
        *came = &came[end + 1..];
        let line = mem::take(&mut self.waiting);
        if line.len() > LINE_BYTES_MAX {
            return Err(malformed());
        }
        let (left, signature) = chunk_header(line.strip_suffix(b"\r").unwrap_or(&line))?;
        if let Some(announced) = self.announced
            && left as u64 > announced.saturating_sub(self.given)
        {
            return check_length(Some(announced), self.given.saturating_add(left as u64));
        }
        let signature = match &self.verifier {
            Some(_) if left > SIGNED_CHUNK_BYTES_MAX => return Err(WireError::too_large(SIGNED_CHUNK_BYTES_MAX)),
            Some(_) => Some(signature.unwrap_or_default().to_owned()),
            None => None,
        };
        if left > 0 {
            self.state = State::Data { left, signature };
            return Ok(());
        }
        if let (Some(verifier), Some(signature)) = (&mut self.verifier, signature) {
            verifier.chunk(b"", &signature).map_err(|error| badly_signed(&error))?;
        }
        self.state = State::Trailer;
        Ok(())
    }

    fn data(
        &mut self,
        came: &mut &[u8],
        left: usize,
        signature: Option<String>,
        out: &mut Vec<Bytes>,
    ) -> Result<(), WireError> {
        let (piece, rest) = came.split_at(left.min(came.len()));
        *came = rest;
        let left = left - piece.len();
        match (&mut self.verifier, &signature) {
            (Some(verifier), Some(signature)) => {
                self.waiting.extend_from_slice(piece);
                if left == 0 {
                    let chunk = mem::take(&mut self.waiting);
                    verifier.chunk(&chunk, signature).map_err(|error| badly_signed(&error))?;
                    self.give(Bytes::from(chunk), out);
                }
            }
            _ => self.give(Bytes::copy_from_slice(piece), out),
        }
        self.state = if left == 0 { State::End } else { State::Data { left, signature } };
        Ok(())
    }

    fn give(&mut self, piece: Bytes, out: &mut Vec<Bytes>) {
        self.checksums.iter_mut().for_each(|checksum| checksum.update(&piece));
        self.given += piece.len() as u64;
        out.push(piece);
    }

    fn end(&mut self, came: &mut &[u8]) -> Result<(), WireError> {
        let (byte, rest) = came.split_first().expect("something came");
        *came = rest;
        self.waiting.push(*byte);
        self.state = match self.waiting.as_slice() {
            b"\r" => State::End,
            b"\r\n" => {
                self.waiting.clear();
                State::Header
            }
            _ => return Err(malformed()),
        };
        Ok(())
    }

    /// All that came is the beginning of something.
    fn wait(&mut self, came: &mut &[u8], bytes_max: usize) -> Result<(), WireError> {
        self.waiting.extend_from_slice(came);
        *came = &[];
        if self.waiting.len() > bytes_max { Err(malformed()) } else { Ok(()) }
    }
}
