//! aws-chunked: `size-in-hex;chunk-signature=…` CRLF, data, CRLF, … a chunk of size zero,
//! then trailer lines. Signatures and signed trailers are checked, and so is a checksum in
//! the trailer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::HeaderMap;
use ring::digest;

use super::badly_signed;
use crate::error::{WireError, WireErrorKind};
use crate::schema::Protocol;
use crate::sigv4::{AuthError, ChunkVerifier, PayloadHash};

/// The longest line between chunks that is read; real ones are under 200 bytes.
const LINE_BYTES_MAX: usize = 4096;

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
    check_length(headers, out.len())?;
    trailer.check_sums(&out)?;
    Ok(Bytes::from(out))
}

fn malformed() -> WireError {
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

fn chunk_header(line: &[u8]) -> Result<(usize, Option<&str>), WireError> {
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
struct Trailer<'a> {
    /// Names in lower case, values trimmed.
    headers: Vec<(String, &'a str)>,
    signature: Option<&'a str>,
}

impl<'a> Trailer<'a> {
    fn read(rest: &mut &'a [u8]) -> Result<Self, WireError> {
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

    fn canonical(&self) -> Vec<u8> {
        self.headers.iter().flat_map(|(name, value)| format!("{name}:{value}\n").into_bytes()).collect()
    }

    fn check_sums(&self, body: &[u8]) -> Result<(), WireError> {
        for (name, value) in &self.headers {
            let Some(algorithm) = name.strip_prefix("x-amz-checksum-") else { continue };
            let computed = match algorithm {
                "crc32" => {
                    let mut crc = flate2::Crc::new();
                    crc.update(body);
                    crc.sum().to_be_bytes().to_vec()
                }
                "crc32c" => crc32c::crc32c(body).to_be_bytes().to_vec(),
                "crc64nvme" => crc64_nvme(body).to_be_bytes().to_vec(),
                "sha1" => digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, body).as_ref().to_vec(),
                "sha256" => digest::digest(&digest::SHA256, body).as_ref().to_vec(),
                other => return Err(WireError::undecodable(&format!("Unsupported checksum algorithm: {other}"))),
            };
            if BASE64.encode(computed) != *value {
                let message =
                    format!("The {} you specified did not match the calculated checksum.", algorithm.to_uppercase());
                return Err(WireError::new(WireErrorKind::Integrity, Protocol::Query, "BadDigest", "BadDigest", 400)
                    .with_message(message));
            }
        }
        Ok(())
    }
}

fn check_length(headers: &HeaderMap, length: usize) -> Result<(), WireError> {
    let Some(announced) = headers.get("x-amz-decoded-content-length") else { return Ok(()) };
    let announced: Option<usize> = announced.to_str().ok().and_then(|text| text.trim().parse().ok());
    if announced == Some(length) {
        return Ok(());
    }
    let message = "You did not provide the number of bytes specified by the x-amz-decoded-content-length header.";
    Err(WireError::new(WireErrorKind::Integrity, Protocol::Query, "IncompleteBody", "IncompleteBody", 400)
        .with_message(message))
}

/// CRC-64/NVME: reflected, polynomial `0xAD93D23594C93659`, all ones in and out.
fn crc64_nvme(bytes: &[u8]) -> u64 {
    const TABLE: [u64; 256] = {
        let mut table = [0; 256];
        let mut at = 0;
        while at < 256 {
            let mut crc = at as u64;
            let mut bit = 0;
            while bit < 8 {
                crc = if crc & 1 == 1 { (crc >> 1) ^ 0x9A6C_9329_AC4B_C9B5 } else { crc >> 1 };
                bit += 1;
            }
            table[at] = crc;
            at += 1;
        }
        table
    };
    !bytes.iter().fold(!0, |crc, byte| TABLE[usize::from(crc as u8 ^ byte)] ^ (crc >> 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc64_nvme_has_its_published_check_value() {
        assert_eq!(crc64_nvme(b"123456789"), 0xAE8B_1486_0A79_9888);
    }
}
