//! A folder with the objects of a bucket as other tools copy them, such as `aws s3 sync`: bytes alone.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Mutex;

use async_trait::async_trait;
use cloudtrail::verify::{FoundObject, Listed, Objects};

use super::source::check_folder;
use crate::run::Failure;

/// Where public keys are looked for when no file is named.
const PUBLIC_KEYS: &str = "public-keys.json";

/// The files of one bucket.
pub(super) struct PlainFolder {
    folder: PathBuf,
    /// Its name, once it is known; until then every name is its.
    bucket: Mutex<Option<String>>,
}

impl PlainFolder {
    pub(super) fn open(folder: &Path, bucket: Option<String>) -> Result<Self, Failure> {
        check_folder(folder)?;
        Ok(Self { folder: folder.to_owned(), bucket: Mutex::new(bucket) })
    }

    /// Says whose objects these are.
    pub(super) fn is_of(&self, bucket: &str) {
        *self.bucket.lock().expect("no holder panics") = Some(bucket.to_owned());
    }

    pub(super) fn public_keys_file(&self) -> Option<PathBuf> {
        Some(self.folder.join(PUBLIC_KEYS)).filter(|file| file.is_file())
    }

    fn has(&self, bucket: &str) -> bool {
        self.bucket.lock().expect("no holder panics").as_deref().is_none_or(|own| own == bucket)
    }
}

#[async_trait]
impl Objects for PlainFolder {
    async fn list(&self, bucket: &str, prefix: &str) -> Result<Vec<Listed>, String> {
        let mut keys = Vec::new();
        if self.has(bucket) {
            // Below the last whole folder of the prefix.
            let below = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
            if let Some(folder) = path_of(&self.folder, below) {
                add_keys(&folder, below, &mut keys).map_err(|error| format!("{}: {error}", folder.display()))?;
            }
        }
        keys.retain(|key| key.starts_with(prefix));
        keys.sort_unstable();
        Ok(keys.into_iter().map(|key| Listed { key, put: None }).collect())
    }

    async fn get(&self, bucket: &str, key: &str) -> Result<Option<FoundObject>, String> {
        let Some(path) = path_of(&self.folder, key).filter(|_| self.has(bucket)) else { return Ok(None) };
        Ok(read(&path)?.map(|body| FoundObject { body, metadata: None }))
    }
}

/// The file of a key; `None` when the key cannot be the name of one.
pub(super) fn path_of(folder: &Path, key: &str) -> Option<PathBuf> {
    let path = Path::new(key);
    let is_plain = path.components().all(|part| matches!(part, Component::Normal(_)));
    // `a//b` and `a/./b` would be the file of another key.
    let is_same = path.components().collect::<PathBuf>().as_os_str() == path.as_os_str();
    (is_plain && is_same && !key.contains(['\0', '\\'])).then(|| folder.join(path))
}

/// A file's bytes; `None` when there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, String> {
    match fs::read(path) {
        Ok(body) => Ok(Some(body)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(_) if path.is_dir() => Ok(None),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

/// Adds the keys of all files below a folder, whose own key is given.
fn add_keys(folder: &Path, below: &str, keys: &mut Vec<String>) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let key = if below.is_empty() { name } else { format!("{below}/{name}") };
        match entry.file_type()?.is_dir() {
            true => add_keys(&entry.path(), &key, keys)?,
            false => keys.push(key),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_files_below_the_folder_or_none() {
        let folder = Path::new("/copy");
        assert_eq!(path_of(folder, "a/b.gz"), Some(PathBuf::from("/copy/a/b.gz")));
        for key in ["../x", "a/../b", "/etc/passwd", "a//b", "a/./b", "a\0", "a\\..\\b", "a/"] {
            assert_eq!(path_of(folder, key), None, "{key:?}");
        }
    }

    #[tokio::test]
    async fn files_are_listed_by_prefix_in_the_order_of_keys() {
        let folder = tempfile::TempDir::new().unwrap();
        for key in ["a/2/y", "a/10/x", "a/1", "b/z"] {
            let path = folder.path().join(key);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, key).unwrap();
        }
        let plain = PlainFolder::open(folder.path(), None).unwrap();
        let keys = |listed: Vec<Listed>| listed.into_iter().map(|one| one.key).collect::<Vec<_>>();
        assert_eq!(keys(plain.list("any", "").await.unwrap()), ["a/1", "a/10/x", "a/2/y", "b/z"]);
        assert_eq!(keys(plain.list("any", "a/1").await.unwrap()), ["a/1", "a/10/x"]);
        assert_eq!(plain.folders("any", "a/").await.unwrap(), ["10", "2"]);
        assert_eq!(plain.get("any", "a/1").await.unwrap().unwrap().body, b"a/1");
        assert_eq!(plain.get("any", "a/none").await.unwrap(), None);
        plain.is_of("one");
        assert_eq!(plain.get("other", "a/1").await.unwrap(), None);
    }
}
