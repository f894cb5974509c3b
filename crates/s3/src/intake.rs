//! A body that a client sends: taken in, and compared with all that the client says about it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::HeaderMap;
use s3s::dto::StreamingBlob;
use s3s::{S3Error, S3ErrorCode, S3Result, TrailingHeaders};

use crate::errors;
use crate::files::{Files, Hashes, Received};
use crate::record::Algorithm;
use crate::uploads::PUT_BYTES_MAX;

/// The checksum that a request speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AskedChecksum {
    pub(crate) algorithm: Algorithm,
    /// The value, unless it comes after the body or not at all.
    pub(crate) value: Option<String>,
}

/// The checksum that the headers of a request speak of.
///
/// # Errors
/// `InvalidRequest` where they speak of several, or of one that is none.
pub(crate) fn asked(headers: &HeaderMap) -> S3Result<Option<AskedChecksum>> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let given: Vec<_> = Algorithm::ALL.into_iter().filter_map(|of| text(of.header()).map(|value| (of, value))).collect();
    if given.len() > 1 {
        let message = "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.";
        return Err(errors::with(S3ErrorCode::InvalidRequest, message));
    }
    if let Some((algorithm, value)) = given.first() {
        return Ok(Some(AskedChecksum { algorithm: *algorithm, value: Some((*value).to_owned()) }));
    }
    let trailer = text("x-amz-trailer").and_then(Algorithm::of_header);
    let named = text("x-amz-sdk-checksum-algorithm").or_else(|| text("x-amz-checksum-algorithm"));
    let named = named.map(|name| Algorithm::parse(name).ok_or_else(unknown_algorithm)).transpose()?;
    Ok(trailer.or(named).map(|algorithm| AskedChecksum { algorithm, value: None }))
}

pub(crate) fn unknown_algorithm() -> S3Error {
    let message = "Checksum algorithm provided is unsupported. Please try again with any of the valid types: \
                   [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]";
    errors::with(S3ErrorCode::InvalidRequest, message)
}

/// A request's body and what is said of it.
pub(crate) struct Intake<'a> {
    pub(crate) body: Option<StreamingBlob>,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) trailers: Option<TrailingHeaders>,
    pub(crate) content_length: Option<i64>,
    pub(crate) asked: Option<&'a AskedChecksum>,
    /// What is computed beside the checksum that is asked for.
    pub(crate) also: Option<Algorithm>,
}

impl Intake<'_> {
    /// Takes the body in.
    ///
    /// # Errors
    /// `MissingContentLength`, `EntityTooLarge`, `IncompleteBody`, `InvalidDigest`, `BadDigest`; those of the disk.
    pub(crate) async fn take(self, files: &std::sync::Arc<Files>) -> S3Result<Received> {
        let announced = self.content_length.and_then(|length| u64::try_from(length).ok());
        let announced = announced.ok_or_else(|| errors::error(S3ErrorCode::MissingContentLength))?;
        if announced > PUT_BYTES_MAX {
            return Err(errors::error(S3ErrorCode::EntityTooLarge));
        }
        let md5 = md5_of(self.headers)?;
        let mut algorithms: Vec<Algorithm> = self.asked.map(|asked| asked.algorithm).into_iter().collect();
        algorithms.extend(self.also.filter(|also| !algorithms.contains(also)));
        let hashes = Hashes(algorithms);
        let received = match self.body {
            Some(body) => files.receive(body, PUT_BYTES_MAX, &hashes).await,
            None => files.receive(futures_util::stream::empty::<Result<_, std::io::Error>>(), 0, &hashes).await,
        };
        let received = received.map_err(errors::body)?;
        if received.bytes != announced {
            return Err(errors::error(S3ErrorCode::IncompleteBody));
        }
        if md5.is_some_and(|md5| md5 != received.md5) {
            return Err(errors::error(S3ErrorCode::BadDigest));
        }
        if let Some(asked) = self.asked {
            let computed = received.checksum(asked.algorithm).unwrap_or_default();
            let header = asked.algorithm.header();
            let trailing = self.trailers.as_ref().and_then(|trailers| {
                trailers.read(|map| map.get(header).and_then(|value| value.to_str().ok()).map(str::to_owned)).flatten()
            });
            if let Some(said) = asked.value.as_deref().or(trailing.as_deref())
                && said != computed
            {
                let name = asked.algorithm.as_str();
                let message = format!("The {name} you specified did not match the calculated checksum.");
                return Err(errors::with(S3ErrorCode::BadDigest, message));
            }
            let promised = self.headers.get("x-amz-trailer").and_then(|value| value.to_str().ok());
            if promised.is_some_and(|promised| promised.eq_ignore_ascii_case(header)) && trailing.is_none() {
                let message = format!("The value specified in the x-amz-trailer header is not supported: {header}");
                return Err(errors::with(S3ErrorCode::InvalidRequest, message));
            }
        }
        Ok(received)
    }
}

/// The MD5 that the client says the body has.
fn md5_of(headers: &HeaderMap) -> S3Result<Option<[u8; 16]>> {
    let Some(value) = headers.get("content-md5") else { return Ok(None) };
    let decoded = value.to_str().ok().and_then(|text| BASE64.decode(text).ok());
    let md5 = decoded.and_then(|bytes| bytes.try_into().ok());
    md5.map(Some).ok_or_else(|| errors::error(S3ErrorCode::InvalidDigest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_request_speaks_of_one_checksum_at_most() {
        let of = |pairs: &[(&'static str, &'static str)]| asked(&headers(pairs)).map(|asked| asked.map(|a| (a.algorithm, a.value)));
        assert_eq!(of(&[]).unwrap(), None);
        let value = Some("AAAAAA==".to_owned());
        assert_eq!(of(&[("x-amz-checksum-crc32", "AAAAAA==")]).unwrap(), Some((Algorithm::Crc32, value)));
        assert_eq!(of(&[("x-amz-trailer", "x-amz-checksum-crc64nvme")]).unwrap(), Some((Algorithm::Crc64Nvme, None)));
        assert_eq!(of(&[("x-amz-sdk-checksum-algorithm", "SHA256")]).unwrap(), Some((Algorithm::Sha256, None)));
        assert!(of(&[("x-amz-sdk-checksum-algorithm", "MD6")]).is_err());
        assert!(of(&[("x-amz-checksum-crc32", "A"), ("x-amz-checksum-sha1", "B")]).is_err());
    }
}
