//! How bytes lie on disk: encrypted with AES-256-GCM under a key of the file's own, in frames of 64 KiB, so that a range
//! is read without what is before it.
//!
//! A frame's nonce is its number: a key is used for one file, written once. Frames cannot change places, nor files their
//! frames; and how many there are is told by the record. The key is in the record too, sealed with the server's
//! master key (docs/adr/0008-objects-in-files-and-the-catalog.md).

use std::io::{self, Write as _};

use base::Entropy;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use store::blobs::BlobWriter;

use crate::ports::{Seal, Unseal};

/// Bytes of a frame, but for the last.
pub(super) const FRAME_BYTES: u64 = 64 << 10;
const KEY_BYTES: usize = 32;

/// The key of a file.
pub(super) struct FileKey {
    key: LessSafeKey,
    id: String,
}

impl FileKey {
    /// A new key, and what the record keeps of it.
    pub(super) fn draw(id: &str, seal: &dyn Seal, entropy: &dyn Entropy) -> (Self, String) {
        let mut bytes = [0; KEY_BYTES];
        entropy.fill(&mut bytes);
        (Self::of(id, &bytes).expect("it is as long as a key"), seal.seal(&bytes, &name(id)))
    }

    /// The key that a record keeps.
    ///
    /// # Errors
    /// `InvalidData`, naming the file, where it was sealed with another master key, for another file, or is damaged.
    pub(super) fn open(id: &str, sealed: &str, unseal: &dyn Unseal) -> io::Result<Self> {
        let key = unseal.open(sealed, &name(id)).and_then(|bytes| Self::of(id, &bytes));
        key.ok_or_else(|| {
            let message = format!("the key of the object's file {id} cannot be opened with this master key");
            io::Error::new(io::ErrorKind::InvalidData, message)
        })
    }

    fn of(id: &str, bytes: &[u8]) -> Option<Self> {
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, bytes).ok()?);
        Some(Self { key, id: id.to_owned() })
    }

    fn seal(&self, frame: u64, bytes: &mut Vec<u8>) {
        self.key
            .seal_in_place_append_tag(nonce(frame), self.aad(), bytes)
            .expect("a frame is far below the cipher's limit");
    }

    /// Opens frames that follow one another, where they lie; what comes out is as long as they are without their tags.
    ///
    /// # Errors
    /// `InvalidData`, naming the file, where they are not what was written.
    pub(super) fn open_frames(&self, first: u64, sealed: &mut Vec<u8>) -> io::Result<()> {
        let whole = usize::try_from(sealed_bytes(FRAME_BYTES)).expect("a frame is small");
        let mut plain = 0;
        let mut start = 0;
        for frame in first.. {
            if start == sealed.len() {
                break;
            }
            let end = sealed.len().min(start + whole);
            let opened = self.key.open_in_place(nonce(frame), self.aad(), &mut sealed[start..end]);
            let length = opened.map_err(|_| self.damaged())?.len();
            sealed.copy_within(start..start + length, plain);
            plain += length;
            start = end;
        }
        sealed.truncate(plain);
        Ok(())
    }

    fn aad(&self) -> Aad<&[u8]> {
        Aad::from(self.id.as_bytes())
    }

    fn damaged(&self) -> io::Error {
        let message = format!("the object's file {} is damaged: it is not what was written", self.id);
        io::Error::new(io::ErrorKind::InvalidData, message)
    }
}

/// How many bytes the first `plain` of a file are on disk, where they end a frame or the file.
pub(super) fn sealed_bytes(plain: u64) -> u64 {
    plain + plain.div_ceil(FRAME_BYTES) * AES_256_GCM.tag_len() as u64
}

fn nonce(frame: u64) -> Nonce {
    let mut nonce = [0; NONCE_LEN];
    nonce[NONCE_LEN - 8..].copy_from_slice(&frame.to_be_bytes());
    Nonce::assume_unique_for_key(nonce)
}

fn name(id: &str) -> String {
    format!("s3 file {id}")
}

/// A file in the making that encrypts what is written to it.
pub(super) struct SealedWriter {
    file: Box<dyn BlobWriter>,
    key: FileKey,
    frame: u64,
    // Room for a frame and its tag.
    buffer: Vec<u8>,
}

impl SealedWriter {
    pub(super) fn new(file: Box<dyn BlobWriter>, key: FileKey) -> Self {
        let room = usize::try_from(sealed_bytes(FRAME_BYTES)).expect("a frame is small");
        Self { file, key, frame: 0, buffer: Vec::with_capacity(room) }
    }

    pub(super) fn write_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        let frame = usize::try_from(FRAME_BYTES).expect("a frame is small");
        while !bytes.is_empty() {
            let (now, rest) = bytes.split_at(bytes.len().min(frame - self.buffer.len()));
            self.buffer.extend_from_slice(now);
            bytes = rest;
            if self.buffer.len() == frame {
                self.write_frame()?;
            }
        }
        Ok(())
    }

    /// Makes the file durable and visible.
    pub(super) fn finish(mut self) -> io::Result<()> {
        if !self.buffer.is_empty() {
            self.write_frame()?;
        }
        self.file.finish().map(drop)
    }

    fn write_frame(&mut self) -> io::Result<()> {
        self.key.seal(self.frame, &mut self.buffer);
        self.file.write_all(&self.buffer)?;
        self.frame += 1;
        self.buffer.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: [u8; KEY_BYTES] = [7; KEY_BYTES];

    fn key(id: &str) -> FileKey {
        FileKey::of(id, &KEY).unwrap()
    }

    /// Bytes as frames on disk.
    fn frames(plain: &[u8]) -> Vec<Vec<u8>> {
        let chunks = plain.chunks(usize::try_from(FRAME_BYTES).unwrap());
        let sealed = chunks.zip(0..).map(|(chunk, frame)| {
            let mut frame_bytes = chunk.to_vec();
            key("a").seal(frame, &mut frame_bytes);
            frame_bytes
        });
        sealed.collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn what_is_sealed_opens_again(length in 0usize..200_000, skip in 0usize..3) {
            let plain: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
            let frames = frames(&plain);
            prop_assert_eq!(frames.concat().len() as u64, sealed_bytes(length as u64));
            let skip = skip.min(frames.len());
            let mut opened = frames[skip..].concat();
            key("a").open_frames(skip as u64, &mut opened).unwrap();
            prop_assert_eq!(&opened[..], &plain[(skip << 16).min(length)..]);
        }
    }

    #[test]
    fn frames_that_changed_places_files_or_bytes_are_refused() {
        let frames = frames(&[1; 200_000]);
        let opens = |id: &str, first: u64, mut sealed: Vec<u8>| key(id).open_frames(first, &mut sealed).is_ok();
        assert!(opens("a", 1, frames[1].clone()));
        assert!(!opens("a", 0, frames[1].clone()));
        assert!(!opens("b", 1, frames[1].clone()));
        let mut changed = frames[1].clone();
        changed[100] ^= 1;
        assert!(!opens("a", 1, changed));
        assert!(!opens("a", 1, frames[1][..1000].to_vec()));
        assert!(!opens("a", 1, frames[1][..10].to_vec()));
    }
}
