//! Checksums of bodies, computed as the bytes come.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::digest;

use crate::error::{WireError, WireErrorKind};
use crate::schema::Protocol;

/// A checksum in the making.
pub(super) struct Checksum {
    algorithm: String,
    sum: Sum,
}

enum Sum {
    Crc32(flate2::Crc),
    Crc32c(u32),
    Crc64Nvme(u64),
    Digest(digest::Context),
}

impl Checksum {
    /// For what follows `x-amz-checksum-` in a header's name.
    pub(super) fn new(algorithm: &str) -> Result<Self, WireError> {
        let sum = match algorithm {
            "crc32" => Sum::Crc32(flate2::Crc::new()),
            "crc32c" => Sum::Crc32c(0),
            "crc64nvme" => Sum::Crc64Nvme(!0),
            "sha1" => Sum::Digest(digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY)),
            "sha256" => Sum::Digest(digest::Context::new(&digest::SHA256)),
            other => return Err(WireError::undecodable(&format!("Unsupported checksum algorithm: {other}"))),
        };
        Ok(Self { algorithm: algorithm.to_owned(), sum })
    }

    pub(super) fn algorithm(&self) -> &str {
        &self.algorithm
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match &mut self.sum {
            Sum::Crc32(crc) => crc.update(bytes),
            Sum::Crc32c(crc) => *crc = crc32c::crc32c_append(*crc, bytes),
            Sum::Crc64Nvme(crc) => *crc = crc64_nvme(*crc, bytes),
            Sum::Digest(context) => context.update(bytes),
        }
    }

    /// Holds the sum against the one that was given, in Base64.
    pub(super) fn check(self, given: &str) -> Result<(), WireError> {
        let computed = match self.sum {
            Sum::Crc32(crc) => crc.sum().to_be_bytes().to_vec(),
            Sum::Crc32c(crc) => crc.to_be_bytes().to_vec(),
            Sum::Crc64Nvme(crc) => (!crc).to_be_bytes().to_vec(),
            Sum::Digest(context) => context.finish().as_ref().to_vec(),
        };
        if BASE64.encode(computed) == given {
            return Ok(());
        }
        let algorithm = self.algorithm.to_uppercase();
        let message = format!("The {algorithm} you specified did not match the calculated checksum.");
        let error = WireError::new(WireErrorKind::Integrity, Protocol::Query, "BadDigest", "BadDigest", 400);
        Err(error.with_message(message))
    }
}

/// CRC-64/NVME, continued: reflected, polynomial `0xAD93D23594C93659`, all ones in and out.
fn crc64_nvme(crc: u64, bytes: &[u8]) -> u64 {
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
    bytes.iter().fold(crc, |crc, byte| TABLE[usize::from(crc as u8 ^ byte)] ^ (crc >> 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_have_their_published_check_values_however_the_bytes_come() {
        for (algorithm, expected) in [
            ("crc32", 0xCBF4_3926_u32.to_be_bytes().to_vec()),
            ("crc32c", 0xE306_9283_u32.to_be_bytes().to_vec()),
            ("crc64nvme", 0xAE8B_1486_0A79_9888_u64.to_be_bytes().to_vec()),
            ("sha256", digest::digest(&digest::SHA256, b"123456789").as_ref().to_vec()),
        ] {
            let mut checksum = Checksum::new(algorithm).unwrap();
            checksum.update(b"1234");
            checksum.update(b"56789");
            assert!(checksum.check(&BASE64.encode(&expected)).is_ok(), "{algorithm}");
        }
        assert!(Checksum::new("md4").is_err());
        assert_eq!(Checksum::new("crc32").unwrap().check("AAAA").unwrap_err().name, "BadDigest");
    }
}
