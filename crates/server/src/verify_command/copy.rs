//! A copy of what a verification read, which can be verified anywhere: objects with their metadata, and public keys.
//!
//! `copy.json` names the trails, `public-keys.json` holds the keys as ListPublicKeys answers them, `objects.jsonl` has
//! a line for each object with what is no part of its bytes, and those are in `objects/BUCKET/KEY`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use base::Timestamp;
use cloudtrail::verify::{ChainName, FoundObject, Listed, Newest, NewestDigest, Objects, PublicKeys};
use serde::{Deserialize, Serialize};

use super::SharedObjects;
use super::plain_folder::{path_of, read};
use super::public_keys;
use super::source::Target;
use crate::run::Failure;

const COPY: &str = "copy.json";
const KEYS: &str = "public-keys.json";
const INDEX: &str = "objects.jsonl";
const OBJECTS: &str = "objects";
/// The only format there is.
const FORMAT: u32 = 1;

/// A trail in a copy.
#[derive(Clone, Debug)]
pub(super) struct SavedChain {
    pub(super) name: ChainName,
    pub(super) bucket: String,
    pub(super) prefix: Option<String>,
    pub(super) newest: Newest,
}

#[derive(Serialize, Deserialize)]
struct CopyFile {
    format: u32,
    trails: Vec<TrailLine>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TrailLine {
    account: String,
    trail: String,
    home: String,
    region: String,
    bucket: String,
    prefix: Option<String>,
    newest_delivered: Option<String>,
    newest_digest: Option<NewestLine>,
}

#[derive(Clone, Serialize, Deserialize)]
struct NewestLine {
    end: String,
    bucket: String,
    key: String,
    hash: String,
    signature: String,
}

/// An object in the index.
#[derive(Clone, Serialize, Deserialize)]
struct ObjectLine {
    bucket: String,
    key: String,
    /// When it was put, where that is known.
    put: Option<String>,
    /// User metadata; absent where the copy was made of one without.
    metadata: Option<BTreeMap<String, String>>,
}

/// A copy that is read.
pub(super) struct Copy {
    folder: PathBuf,
    chains: Vec<SavedChain>,
    keys: PublicKeys,
    objects: BTreeMap<(String, String), ObjectLine>,
}

impl Copy {
    /// Whether a folder is a copy with metadata.
    pub(super) fn is_in(folder: &Path) -> bool {
        folder.join(COPY).is_file()
    }

    pub(super) fn open(folder: &Path) -> Result<Self, Failure> {
        let copy: CopyFile = serde_json::from_str(&text_of(folder, COPY)?)
            .map_err(|error| format!("{}: {error}", folder.join(COPY).display()))?;
        if copy.format != FORMAT {
            return Err(format!("{} is a copy of another version's format", folder.display()).into());
        }
        let keys = public_keys::read_all(&[folder.join(KEYS)])?;
        let mut objects = BTreeMap::new();
        for line in text_of(folder, INDEX)?.lines() {
            let line: ObjectLine =
                serde_json::from_str(line).map_err(|error| format!("{}: {error}", folder.join(INDEX).display()))?;
            objects.insert((line.bucket.clone(), line.key.clone()), line);
        }
        let chains = copy.trails.into_iter().map(TrailLine::read).collect::<Option<_>>();
        let chains = chains.ok_or_else(|| format!("{} names no trail", folder.join(COPY).display()))?;
        Ok(Self { folder: folder.to_owned(), chains, keys, objects })
    }

    /// The places that were looked at, those of one bucket alone where it is named.
    pub(super) fn targets(&self, bucket: Option<&str>) -> Vec<Target> {
        let mut places: Vec<_> = self.chains.iter().map(|chain| (&chain.bucket, &chain.prefix)).collect();
        places.sort_unstable();
        places.dedup();
        let of_bucket = places.into_iter().filter(|(name, _)| bucket.is_none_or(|bucket| bucket == *name));
        let target = |(bucket, prefix): (&String, &Option<String>)| Target {
            bucket: bucket.clone(),
            prefix: prefix.clone(),
            trail: None,
        };
        of_bucket.map(target).collect()
    }

    /// Whether a trail's digests were saved.
    pub(super) fn has(&self, name: &ChainName) -> bool {
        self.chains.iter().any(|chain| chain.name == *name)
    }

    pub(super) fn public_keys(&self) -> &PublicKeys {
        &self.keys
    }

    pub(super) fn newest(&self, name: &ChainName) -> Newest {
        let chain = self.chains.iter().find(|chain| chain.name == *name);
        chain.map_or(Newest::Unknown, |chain| chain.newest.clone())
    }
}

#[async_trait]
impl Objects for Copy {
    async fn list(&self, bucket: &str, prefix: &str) -> Result<Vec<Listed>, String> {
        let from = (bucket.to_owned(), prefix.to_owned());
        let found = self.objects.range(from..).take_while(|((of, key), _)| of == bucket && key.starts_with(prefix));
        let put = |line: &ObjectLine| line.put.as_deref().and_then(Timestamp::parse_iso);
        Ok(found.map(|((_, key), line)| Listed { key: key.clone(), put: put(line) }).collect())
    }

    async fn get(&self, bucket: &str, key: &str) -> Result<Option<FoundObject>, String> {
        let Some(line) = self.objects.get(&(bucket.to_owned(), key.to_owned())) else { return Ok(None) };
        let Some(path) = file_of(&self.folder, bucket, key) else { return Ok(None) };
        Ok(read(&path)?.map(|body| FoundObject { body, metadata: line.metadata.clone() }))
    }
}

/// A copy that is being made: objects that keep what they are asked for.
pub(super) struct Saving(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    from: SharedObjects,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    chains: Vec<SavedChain>,
    keys: PublicKeys,
    /// When objects were put, as listings said.
    put: BTreeMap<(String, String), Timestamp>,
    objects: BTreeMap<(String, String), ObjectLine>,
}

impl Saving {
    /// Starts a copy in a folder that is not there yet, or is empty.
    pub(super) fn begin(folder: PathBuf, from: SharedObjects) -> Result<Self, Failure> {
        let fail = |error: std::io::Error| format!("{}: {error}", folder.display());
        fs::create_dir_all(&folder).map_err(fail)?;
        if fs::read_dir(&folder).map_err(fail)?.next().is_some() {
            return Err(format!("{} is not empty", folder.display()).into());
        }
        Ok(Self(Arc::new(Inner { folder, from, state: Mutex::default() })))
    }

    pub(super) fn objects(&self) -> SharedObjects {
        self.0.clone()
    }

    /// Keeps what belongs to a chain besides its objects.
    pub(super) fn add(&self, chain: SavedChain, keys: &PublicKeys) {
        let mut state = self.0.state.lock().expect("no holder panics");
        state.chains.push(chain);
        state.keys.extend(keys.clone());
    }

    /// Writes down what was kept. Without it the folder is no copy.
    pub(super) fn finish(self) -> Result<(), Failure> {
        let state = self.0.state.lock().expect("no holder panics");
        let mut index = String::new();
        for ((bucket, key), line) in &state.objects {
            let put = state.put.get(&(bucket.clone(), key.clone())).map(|put| put.iso());
            index.push_str(&serde_json::to_string(&ObjectLine { put, ..line.clone() })?);
            index.push('\n');
        }
        let copy = CopyFile { format: FORMAT, trails: state.chains.iter().map(TrailLine::of).collect() };
        self.0.write(INDEX, &index)?;
        self.0.write(KEYS, &format!("{:#}\n", public_keys::written(&state.keys)))?;
        self.0.write(COPY, &format!("{}\n", serde_json::to_string_pretty(&copy)?))
    }
}

impl Inner {
    fn write(&self, name: &str, text: &str) -> Result<(), Failure> {
        let path = self.folder.join(name);
        Ok(fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?)
    }

    fn keep(&self, bucket: &str, key: &str, found: &FoundObject) -> Result<(), String> {
        let path = file_of(&self.folder, bucket, key).ok_or_else(|| format!("{key} cannot be the name of a file"))?;
        let fail = |error: std::io::Error| format!("{}: {error}", path.display());
        fs::create_dir_all(path.parent().expect("it is below a folder")).map_err(fail)?;
        fs::write(&path, &found.body).map_err(fail)?;
        let place = (bucket.to_owned(), key.to_owned());
        let metadata = found.metadata.clone();
        let line = ObjectLine { bucket: place.0.clone(), key: place.1.clone(), put: None, metadata };
        self.state.lock().expect("no holder panics").objects.insert(place, line);
        Ok(())
    }
}

#[async_trait]
impl Objects for Inner {
    async fn list(&self, bucket: &str, prefix: &str) -> Result<Vec<Listed>, String> {
        let listed = self.from.list(bucket, prefix).await?;
        let put = listed.iter().filter_map(|one| Some(((bucket.to_owned(), one.key.clone()), one.put?)));
        self.state.lock().expect("no holder panics").put.extend(put);
        Ok(listed)
    }

    async fn folders(&self, bucket: &str, prefix: &str) -> Result<Vec<String>, String> {
        self.from.folders(bucket, prefix).await
    }

    async fn get(&self, bucket: &str, key: &str) -> Result<Option<FoundObject>, String> {
        let found = self.from.get(bucket, key).await?;
        if let Some(found) = &found {
            self.keep(bucket, key, found)?;
        }
        Ok(found)
    }
}

fn file_of(folder: &Path, bucket: &str, key: &str) -> Option<PathBuf> {
    path_of(&path_of(&folder.join(OBJECTS), bucket)?, key)
}

fn text_of(folder: &Path, name: &str) -> Result<String, Failure> {
    let path = folder.join(name);
    Ok(fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?)
}

impl TrailLine {
    fn of(chain: &SavedChain) -> Self {
        let ChainName { account, trail, home, region } = &chain.name;
        let newest_digest = match &chain.newest {
            Newest::Is(NewestDigest { end, bucket, key, hash, signature }) => Some(NewestLine {
                end: end.iso(),
                bucket: bucket.clone(),
                key: key.clone(),
                hash: hash.clone(),
                signature: signature.clone(),
            }),
            _ => None,
        };
        Self {
            account: account.to_string(),
            trail: trail.clone(),
            home: home.to_string(),
            region: region.to_string(),
            bucket: chain.bucket.clone(),
            prefix: chain.prefix.clone(),
            newest_delivered: match &chain.newest {
                Newest::Delivered(delivered) => Some(delivered.iso()),
                _ => None,
            },
            newest_digest,
        }
    }

    fn read(self) -> Option<SavedChain> {
        let Self { account, trail, home, region, bucket, prefix, newest_delivered, newest_digest } = self;
        let newest = match (newest_digest, newest_delivered) {
            (Some(NewestLine { end, bucket, key, hash, signature }), _) => {
                Newest::Is(NewestDigest { end: Timestamp::parse_iso(&end)?, bucket, key, hash, signature })
            }
            (None, Some(delivered)) => Newest::Delivered(Timestamp::parse_iso(&delivered)?),
            (None, None) => Newest::Unknown,
        };
        let name =
            ChainName { account: account.parse().ok()?, trail, home: home.parse().ok()?, region: region.parse().ok()? };
        Some(SavedChain { name, bucket, prefix, newest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    /// One object in one bucket.
    struct One;

    #[async_trait]
    impl Objects for One {
        async fn list(&self, _: &str, _: &str) -> Result<Vec<Listed>, String> {
            Ok(vec![Listed { key: "a/b".to_owned(), put: Some(Timestamp::from_millis(1_500)) }])
        }

        async fn get(&self, _: &str, key: &str) -> Result<Option<FoundObject>, String> {
            let metadata = BTreeMap::from([("signature".to_owned(), "00".to_owned())]);
            Ok((key == "a/b").then(|| FoundObject { body: b"body".to_vec(), metadata: Some(metadata) }))
        }
    }

    #[tokio::test]
    async fn a_copy_gives_what_was_read_and_nothing_else() {
        let folder = TempDir::new().unwrap();
        let saving = Saving::begin(folder.path().to_owned(), Arc::new(One)).unwrap();
        let objects = saving.objects();
        let listed = objects.list("bucket", "a/").await.unwrap();
        let found = objects.get("bucket", "a/b").await.unwrap();
        assert_eq!(objects.get("bucket", "a/c").await.unwrap(), None);
        let name = ChainName {
            account: "111122223333".parse().unwrap(),
            trail: "main".to_owned(),
            home: "eu-west-1".parse().unwrap(),
            region: "us-east-1".parse().unwrap(),
        };
        let newest = Newest::Delivered(Timestamp::from_millis(7_250));
        let keys = PublicKeys::from([("ab".to_owned(), vec![1])]);
        let (bucket, prefix) = ("bucket".to_owned(), Some("x/y".to_owned()));
        saving.add(SavedChain { name: name.clone(), bucket, prefix, newest: newest.clone() }, &keys);
        saving.finish().unwrap();

        assert!(Copy::is_in(folder.path()));
        let copy = Copy::open(folder.path()).unwrap();
        assert_eq!(copy.list("bucket", "a/").await.unwrap(), listed);
        assert_eq!(copy.get("bucket", "a/b").await.unwrap(), found);
        assert_eq!(copy.get("bucket", "a/c").await.unwrap(), None);
        assert_eq!(copy.list("other", "").await.unwrap(), []);
        assert_eq!((copy.newest(&name), copy.public_keys()), (newest, &keys));
        assert!(copy.has(&name));
        let targets = copy.targets(None);
        assert_eq!((targets[0].bucket.as_str(), targets[0].prefix.as_deref()), ("bucket", Some("x/y")));
        assert!(Saving::begin(folder.path().to_owned(), Arc::new(One)).is_err(), "a copy is not written over");
    }
}
