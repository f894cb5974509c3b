//! Documents of services as files of the data folder: `documents/KIND/ID`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use store::blobs::{Blobs, LocalBlobs};
use store::disk::RealDisk;

/// Documents in a folder.
pub struct FolderDocuments(Arc<LocalBlobs>);

impl FolderDocuments {
    /// Those below this folder, which is made if it is missing.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(root: PathBuf) -> io::Result<Self> {
        Ok(Self(Arc::new(LocalBlobs::open(Arc::new(RealDisk), root)?)))
    }
}

impl FolderDocuments {
    async fn write(&self, name: &str, body: Vec<u8>) -> Result<(), String> {
        let (blobs, name) = (self.0.clone(), name.to_owned());
        on_disk(move || {
            let mut file = blobs.create(&name)?;
            file.write_all(&body)?;
            file.finish().map(drop)
        })
        .await
    }

    async fn read(&self, name: &str) -> Result<Option<Vec<u8>>, String> {
        let (blobs, name) = (self.0.clone(), name.to_owned());
        on_disk(move || {
            let file = match blobs.open(&name) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                opened => opened?,
            };
            let mut body = vec![0; usize::try_from(file.len()?).map_err(io::Error::other)?];
            file.read_exact_at(0, &mut body)?;
            Ok(Some(body))
        })
        .await
    }

    async fn delete(&self, name: &str) -> Result<(), String> {
        let (blobs, name) = (self.0.clone(), name.to_owned());
        on_disk(move || match blobs.delete(&name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            deleted => deleted,
        })
        .await
    }
}

#[async_trait]
impl logs::Documents for FolderDocuments {
    async fn put(&self, name: &str, body: Vec<u8>) -> Result<(), String> {
        self.write(name, body).await
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, String> {
        self.read(name).await
    }

    async fn remove(&self, name: &str) -> Result<(), String> {
        self.delete(name).await
    }
}

#[async_trait]
impl cloudtrail::engine::Documents for FolderDocuments {
    async fn put(&self, name: &str, body: Vec<u8>) -> Result<(), String> {
        self.write(name, body).await
    }

    async fn get(&self, name: &str) -> Result<Option<Vec<u8>>, String> {
        self.read(name).await
    }

    async fn remove(&self, name: &str) -> Result<(), String> {
        self.delete(name).await
    }
}

async fn on_disk<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, String> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_document_is_there_until_it_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let documents = FolderDocuments::open(folder.path().join("documents")).unwrap();
        assert_eq!(documents.read("query/a").await, Ok(None));
        documents.write("query/a", b"one".to_vec()).await.unwrap();
        documents.write("query/a", b"two".to_vec()).await.unwrap();
        assert_eq!(documents.read("query/a").await, Ok(Some(b"two".to_vec())));
        documents.delete("query/a").await.unwrap();
        documents.delete("query/a").await.unwrap();
        assert_eq!(documents.read("query/a").await, Ok(None));
    }
}
