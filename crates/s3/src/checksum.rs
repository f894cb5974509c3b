//! Checksums of objects: computed while bytes pass, compared with what the client says, combined over parts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use crc_fast::CrcAlgorithm;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Sha1, Sha256};

use crate::record::{Algorithm, Checksum, ChecksumOver};

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Crc32, Self::Crc32c, Self::Crc64Nvme, Self::Sha1, Self::Sha256];

    /// The name that clients write.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    /// The header, or the trailer, that a value comes in.
    pub fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    /// The algorithm of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str().eq_ignore_ascii_case(name))
    }

    /// The algorithm whose value a header carries.
    pub fn of_header(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.header().eq_ignore_ascii_case(name))
    }

    /// How it is combined over parts, where it can be.
    fn crc(self) -> Option<CrcAlgorithm> {
        match self {
            Self::Crc32 => Some(CrcAlgorithm::Crc32IsoHdlc),
            Self::Crc32c => Some(CrcAlgorithm::Crc32Iscsi),
            Self::Crc64Nvme => Some(CrcAlgorithm::Crc64Nvme),
            Self::Sha1 | Self::Sha256 => None,
        }
    }

    /// Whether the checksum of a whole follows from those of its parts.
    pub fn combines(self) -> bool {
        self.crc().is_some()
    }
}

/// Computes one checksum while bytes pass.
pub(crate) enum Hasher {
    Crc32(Crc32),
    Crc32c(Crc32c),
    Crc64Nvme(Crc64Nvme),
    Sha1(Sha1),
    Sha256(Sha256),
}

impl Hasher {
    pub(crate) fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Crc32 => Self::Crc32(Crc32::new()),
            Algorithm::Crc32c => Self::Crc32c(Crc32c::new()),
            Algorithm::Crc64Nvme => Self::Crc64Nvme(Crc64Nvme::new()),
            Algorithm::Sha1 => Self::Sha1(Sha1::new()),
            Algorithm::Sha256 => Self::Sha256(Sha256::new()),
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Crc32(hasher) => hasher.update(bytes),
            Self::Crc32c(hasher) => hasher.update(bytes),
            Self::Crc64Nvme(hasher) => hasher.update(bytes),
            Self::Sha1(hasher) => hasher.update(bytes),
            Self::Sha256(hasher) => hasher.update(bytes),
        }
    }

    /// The value in base64.
    pub(crate) fn finish(self) -> String {
        match self {
            Self::Crc32(hasher) => BASE64.encode(hasher.finalize()),
            Self::Crc32c(hasher) => BASE64.encode(hasher.finalize()),
            Self::Crc64Nvme(hasher) => BASE64.encode(hasher.finalize()),
            Self::Sha1(hasher) => BASE64.encode(hasher.finalize()),
            Self::Sha256(hasher) => BASE64.encode(hasher.finalize()),
        }
    }
}

/// A part, as far as the checksum of the whole follows from it.
pub(crate) struct PartChecksum<'a> {
    pub(crate) bytes: u64,
    pub(crate) value: &'a str,
}

/// The checksum of an object made of parts; `None` when that does not follow from the parts'.
pub(crate) fn combine(algorithm: Algorithm, over: ChecksumOver, parts: &[PartChecksum<'_>]) -> Option<Checksum> {
    let value = match over {
        ChecksumOver::FullObject => full(algorithm, parts)?,
        ChecksumOver::Composite => {
            let mut hasher = Hasher::new(algorithm);
            for part in parts {
                hasher.update(&BASE64.decode(part.value).ok()?);
            }
            format!("{}-{}", hasher.finish(), parts.len())
        }
    };
    Some(Checksum { algorithm, value, over })
}

fn full(algorithm: Algorithm, parts: &[PartChecksum<'_>]) -> Option<String> {
    let crc = algorithm.crc()?;
    let mut whole = None;
    for part in parts {
        let bytes = BASE64.decode(part.value).ok()?;
        let value = bytes.iter().fold(0, |value, byte| (value << 8) | u64::from(*byte));
        whole = Some(match whole {
            None => value,
            Some(before) => crc_fast::checksum_combine(crc, before, value, part.bytes),
        });
    }
    let whole = whole?.to_be_bytes();
    let width = if algorithm == Algorithm::Crc64Nvme { 8 } else { 4 };
    Some(BASE64.encode(&whole[8 - width..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(algorithm: Algorithm, bytes: &[u8]) -> String {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(bytes);
        hasher.finish()
    }

    #[test]
    fn checksums_are_those_of_the_catalogues_of_crcs() {
        // The check values over "123456789".
        assert_eq!(of(Algorithm::Crc32, b"123456789"), BASE64.encode(0xcbf4_3926_u32.to_be_bytes()));
        assert_eq!(of(Algorithm::Crc32c, b"123456789"), BASE64.encode(0xe306_9283_u32.to_be_bytes()));
        assert_eq!(of(Algorithm::Crc64Nvme, b"123456789"), BASE64.encode(0xae8b_1486_0a79_9888_u64.to_be_bytes()));
    }

    #[test]
    fn a_full_checksum_follows_from_those_of_the_parts() {
        let parts: [&[u8]; 3] = [b"some bytes", b"", b"and some more of them"];
        for algorithm in Algorithm::ALL.into_iter().filter(|algorithm| algorithm.combines()) {
            let values = parts.map(|part| of(algorithm, part));
            let checksums: Vec<_> = parts
                .iter()
                .zip(&values)
                .map(|(part, value)| PartChecksum { bytes: part.len() as u64, value })
                .collect();
            let whole = combine(algorithm, ChecksumOver::FullObject, &checksums).unwrap();
            assert_eq!(whole.value, of(algorithm, &parts.concat()), "{algorithm:?}");
        }
    }

    #[test]
    fn a_composite_checksum_is_over_the_parts_checksums() {
        let values = [of(Algorithm::Sha256, b"a"), of(Algorithm::Sha256, b"b")];
        let parts: Vec<_> = values.iter().map(|value| PartChecksum { bytes: 1, value }).collect();
        let whole = combine(Algorithm::Sha256, ChecksumOver::Composite, &parts).unwrap();
        let both: Vec<u8> = values.iter().flat_map(|value| BASE64.decode(value).unwrap()).collect();
        assert_eq!(whole.value, format!("{}-2", of(Algorithm::Sha256, &both)));
        assert_eq!(combine(Algorithm::Sha256, ChecksumOver::FullObject, &parts), None);
    }
}
