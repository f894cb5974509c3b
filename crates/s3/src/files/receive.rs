//! Bytes as they arrive: to a file and through the hashes, a mebibyte at a time, never held whole.

use std::io;
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use s3s::StdError;
use s3s::crypto::{Checksum as _, Md5};
use tokio::task::JoinHandle;

use super::sealed::{FileKey, SealedWriter};
use super::{Files, path};
use crate::checksum::Hasher;
use crate::record::{Algorithm, Piece};

/// Bytes that are written at once.
const BATCH_BYTES: usize = 1 << 20;

/// What is computed over the bytes beside their MD5.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hashes(pub(crate) Vec<Algorithm>);

/// What arrived. Its file is durable, and removed again unless it is claimed.
pub(crate) struct Received {
    files: Arc<Files>,
    piece: Option<Piece>,
    pub(crate) bytes: u64,
    /// The MD5.
    pub(crate) md5: [u8; 16],
    /// The checksums that were asked for, in base64.
    pub(crate) checksums: Vec<(Algorithm, String)>,
}

/// Why nothing was received.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The client broke off, or its body is not what its signature says.
    Body(StdError),
    /// There is more than may be.
    TooLarge,
    /// The disk.
    Disk(io::Error),
}

impl Received {
    /// The file, which a record is about to name. From here on it stays: whether the record was written is not always
    /// known, and a file that none names is removed at the next start.
    pub(crate) fn claim(&mut self) -> Option<Piece> {
        self.piece.take()
    }

    /// The checksum by an algorithm that was asked for.
    pub(crate) fn checksum(&self, algorithm: Algorithm) -> Option<&str> {
        self.checksums.iter().find(|(of, _)| *of == algorithm).map(|(_, value)| value.as_str())
    }

    pub(crate) fn etag(&self) -> String {
        self.md5.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        if let Some(piece) = self.piece.take() {
            self.files.retire(vec![piece]);
        }
    }
}

impl Files {
    /// Takes a body in, at most `bytes_max` of it. What arrives is on disk when this resolves.
    pub(crate) async fn receive<S, E>(
        self: &Arc<Self>,
        body: S,
        bytes_max: u64,
        hashes: &Hashes,
    ) -> Result<Received, Failure>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Into<StdError>,
    {
        let mut body = pin!(body);
        let mut sink = Writing::Idle(Box::new(Sink::new(self.clone(), hashes)));
        let mut batch = Batch::default();
        let mut bytes = 0u64;
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(|error| Failure::Body(error.into()))?;
            bytes += piece.len() as u64;
            if bytes > bytes_max {
                return Err(Failure::TooLarge);
            }
            batch.push(piece);
            if batch.bytes >= BATCH_BYTES {
                // The next batch arrives while this one is written.
                sink = Writing::Busy(sink.done().await?.write(std::mem::take(&mut batch)));
            }
        }
        let sink = sink.done().await?;
        let finished = tokio::task::spawn_blocking(move || {
            let mut sink = sink;
            sink.take(batch)?;
            sink.finish()
        });
        finished.await.map_err(|error| Failure::Disk(io::Error::other(error)))?.map_err(Failure::Disk)
    }
}

#[derive(Default)]
struct Batch {
    pieces: Vec<Bytes>,
    bytes: usize,
}

impl Batch {
    fn push(&mut self, piece: Bytes) {
        self.bytes += piece.len();
        self.pieces.push(piece);
    }
}

/// The sink, or the write that has it.
enum Writing {
    Idle(Box<Sink>),
    Busy(JoinHandle<io::Result<Box<Sink>>>),
}

impl Writing {
    async fn done(self) -> Result<Box<Sink>, Failure> {
        match self {
            Self::Idle(sink) => Ok(sink),
            Self::Busy(write) => {
                write.await.map_err(|error| Failure::Disk(io::Error::other(error)))?.map_err(Failure::Disk)
            }
        }
    }
}

/// A file in the making, under a key of its own.
struct NewFile {
    id: String,
    sealed_key: String,
    writer: SealedWriter,
}

impl NewFile {
    fn create(files: &Files) -> io::Result<Self> {
        let id = files.new_file_id();
        let (key, sealed_key) = FileKey::draw(&id, &*files.seal, &*files.entropy);
        let writer = SealedWriter::new(files.blobs.create(&path(&id))?, key);
        Ok(Self { id, sealed_key, writer })
    }
}

/// Where bytes go. An object without bytes has no file.
struct Sink {
    files: Arc<Files>,
    file: Option<NewFile>,
    md5: Md5,
    hashers: Vec<(Algorithm, Hasher)>,
    bytes: u64,
}

impl Sink {
    fn new(files: Arc<Files>, hashes: &Hashes) -> Self {
        let hashers = hashes.0.iter().map(|algorithm| (*algorithm, Hasher::new(*algorithm))).collect();
        Self { files, file: None, md5: Md5::new(), hashers, bytes: 0 }
    }

    fn write(self: Box<Self>, batch: Batch) -> JoinHandle<io::Result<Box<Self>>> {
        tokio::task::spawn_blocking(move || {
            let mut sink = self;
            sink.take(batch)?;
            Ok(sink)
        })
    }

    fn take(&mut self, batch: Batch) -> io::Result<()> {
        for piece in batch.pieces.iter().filter(|piece| !piece.is_empty()) {
            self.bytes += piece.len() as u64;
            self.md5.update(piece);
            self.hashers.iter_mut().for_each(|(_, hasher)| hasher.update(piece));
            let file = match &mut self.file {
                Some(file) => file,
                empty => empty.insert(NewFile::create(&self.files)?),
            };
            file.writer.write_all(piece)?;
        }
        Ok(())
    }

    fn finish(self) -> io::Result<Received> {
        let piece = match self.file {
            Some(NewFile { id, sealed_key, writer }) => {
                writer.finish()?;
                Some(Piece { id, bytes: self.bytes, sealed_key: Some(sealed_key) })
            }
            None => None,
        };
        Ok(Received {
            files: self.files,
            piece,
            bytes: self.bytes,
            md5: self.md5.finalize(),
            checksums: self.hashers.into_iter().map(|(algorithm, hasher)| (algorithm, hasher.finish())).collect(),
        })
    }
}
