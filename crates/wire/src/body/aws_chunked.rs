//! aws-chunked: `size-in-hex;chunk-signature=…` CRLF, data, CRLF, … a chunk of size zero,
//! then trailer lines. Signatures and signed trailers are checked, and so is a checksum in
//! the trailer.

use bytes::Bytes;
use http::HeaderMap;

use super::badly_signed;
use super::checksum::Checksum;
use crate::error::{WireError, WireErrorKind};
use crate::schema::Protocol;
use crate::sigv4::{AuthError, ChunkVerifier, PayloadHash};

/// The longest line between chunks that is read; real ones are under 200 bytes.
pub(super) const LINE_BYTES_MAX: usize = 4096;

pub(super) fn decode(
    headers: &HeaderMap,
    body: &[u8],
    payload: Option<&PayloadHash>,
    limit: usize,
    mut verifier: Option<&mut ChunkVerifier>,
) -> Result<Bytes, WireError> {
    let announced = matches!(payload, Some(PayloadHash::SignedChunks | PayloadHash::SignedChunksAndTrailer));
    if announced && verifier.is_none() {
        return Err(badly_signed(&AuthError::SignatureMismatch));
    }
    let mut rest = body;
    let mut out = Vec::with_capacity(body.len().min(limit));
    loop {
        let (size, signature) = chunk_header(line(&mut rest)?)?;
        if size > limit.saturating_sub(out.len()) {
            return Err(WireError::too_large(limit));
        }
        let data = take(&mut rest, size)?;
        if let Some(verifier) = &mut verifier {
            verifier.chunk(data, signature.unwrap_or_default()).map_err(|error| badly_signed(&error))?;
        }
        if size == 0 {
            break;
        }
        out.extend_from_slice(data);
        if take(&mut rest, 2)? != b"\r\n" {
            return Err(malformed());
        }
    }
    let trailer = Trailer::read(&mut rest)?;
    if let Some(verifier) = verifier.filter(|verifier| verifier.signs_trailer()) {
        let signature = trailer.signature.unwrap_or_default();
        verifier.trailer(&trailer.canonical(), signature).map_err(|error| badly_signed(&error))?;
    }
    check_length(announced_bytes(headers)?, out.len() as u64)?;
    trailer.check_sums(&out)?;
    Ok(Bytes::from(out))
}

pub(super) fn malformed() -> WireError {
    WireError::undecodable("The aws-chunked request body is malformed")
}

/// The next line without its end, which is CRLF or, in trailers of some clients, LF.
fn line<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], WireError> {
    let window = &rest[..rest.len().min(LINE_BYTES_MAX)];
    let end = memchr::memchr(b'\n', window).ok_or_else(malformed)?;
    let line = &rest[..end];
    *rest = &rest[end + 1..];
    Ok(line.strip_suffix(b"\r").unwrap_or(line))
}

fn take<'a>(rest: &mut &'a [u8], size: usize) -> Result<&'a [u8], WireError> {
    let (data, after) = rest.split_at_checked(size).ok_or_else(malformed)?;
    *rest = after;
    Ok(data)
}

pub(super) fn chunk_header(line: &[u8]) -> Result<(usize, Option<&str>), WireError> {
    let line = std::str::from_utf8(line).map_err(|_| malformed())?;
    let (size, extensions) = line.split_once(';').unwrap_or((line, ""));
    // Plain digits only: the parser of the standard library would also take a sign.
    if size.is_empty() || size.len() > 16 || !size.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(malformed());
    }
    let size = usize::from_str_radix(size, 16).map_err(|_| malformed())?;
    let signature = extensions.split(';').find_map(|extension| extension.trim().strip_prefix("chunk-signature="));
    Ok((size, signature))
}

/// The lines after the last chunk.
pub(super) struct Trailer<'a> {
    /// Names in lower case, values trimmed.
    pub(super) headers: Vec<(String, &'a str)>,
    pub(super) signature: Option<&'a str>,
}

impl<'a> Trailer<'a> {
    pub(super) fn read(rest: &mut &'a [u8]) -> Result<Self, WireError> {
        let mut trailer = Self { headers: Vec::new(), signature: None };
        // Some clients leave out the empty line at the very end.
        while !rest.is_empty() {
            let line = line(rest)?;
            if line.is_empty() {
                break;
            }
            let line = std::str::from_utf8(line).map_err(|_| malformed())?;
            let (name, value) = line.split_once(':').ok_or_else(malformed)?;
            match (name.trim().to_ascii_lowercase(), value.trim()) {
                (name, value) if name == "x-amz-trailer-signature" => trailer.signature = Some(value),
                header => trailer.headers.push(header),
            }
        }
        // A signed trailer may put an empty line between the headers and their signature.
        if trailer.signature.is_none() && !rest.is_empty() {
            let line = std::str::from_utf8(line(rest)?).map_err(|_| malformed())?;
            trailer.signature = line.strip_prefix("x-amz-trailer-signature:").map(str::trim);
            if trailer.signature.is_none() && !line.is_empty() {
                return Err(malformed());
            }
        }
        Ok(trailer)
    }

    pub(super) fn canonical(&self) -> Vec<u8> {
        self.headers.iter().flat_map(|(name, value)| format!("{name}:{value}\n").into_bytes()).collect()
    }

    fn check_sums(&self, body: &[u8]) -> Result<(), WireError> {
        for (name, value) in &self.headers {
            let Some(algorithm) = name.strip_prefix("x-amz-checksum-") else { continue };
            let mut checksum = Checksum::new(algorithm)?;
            checksum.update(body);
            checksum.check(value)?;
        }
        Ok(())
    }
}

/// The length that `x-amz-decoded-content-length` announces, if any does.
pub(super) fn announced_bytes(headers: &HeaderMap) -> Result<Option<u64>, WireError> {
    let Some(announced) = headers.get("x-amz-decoded-content-length") else { return Ok(None) };
    let announced = announced.to_str().ok().and_then(|text| text.trim().parse().ok());
    announced.map(Some).ok_or_else(incomplete)
}

pub(super) fn check_length(announced: Option<u64>, length: u64) -> Result<(), WireError> {
    match announced {
        Some(announced) if announced != length => Err(incomplete()),
        _ => Ok(()),
    }
}

fn incomplete() -> WireError {
    let message = "You did not provide the number of bytes specified by the x-amz-decoded-content-length header.";
    WireError::new(WireErrorKind::Integrity, Protocol::Query, "IncompleteBody", "IncompleteBody", 400)
        .with_message(message)
}
