//! Where a trail is read from: a running server and its buckets, the folder of a stopped one, or a copy.

use std::path::Path;
use std::sync::Arc;

use base::Region;
use cloudtrail::verify::{ChainName, FoundChain, Newest, PublicKeys, bucket_of};

use super::bucket::BucketClient;
use super::cloudtrail_client::{CloudTrailClient, DescribedTrail};
use super::copy::Copy;
use super::data_folder::DataFolder;
use super::plain_folder::PlainFolder;
use super::{Asked, SharedObjects, VerifyOptions, public_keys};
use crate::run::Failure;
use crate::settings::beside;

/// Where things are read from.
pub(super) enum Source {
    /// Buckets, and the server that knows the trail.
    Server { objects: Arc<BucketClient>, trails: Box<CloudTrailClient> },
    /// The folder of a server that is not running.
    Data(Arc<DataFolder>),
    /// What `--save` kept.
    Copy(Arc<Copy>),
    /// Files as others copied them.
    Plain(Arc<PlainFolder>),
}

/// A place with digests.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) bucket: String,
    pub(super) prefix: Option<String>,
    /// The only trail that is meant, where one is known.
    pub(super) trail: Option<DescribedTrail>,
}

impl Target {
    fn of(trail: DescribedTrail) -> Self {
        Self { bucket: trail.bucket.clone(), prefix: trail.prefix.clone(), trail: Some(trail) }
    }

    fn is_of(&self, name: &ChainName) -> bool {
        self.trail
            .as_ref()
            .is_none_or(|trail| trail.name == name.trail && trail.home == name.home && trail.account == name.account)
    }
}

impl Source {
    pub(super) async fn open(options: &VerifyOptions) -> Result<Self, Failure> {
        if let Some(folder) = &options.copy {
            return match Copy::is_in(folder) {
                true => Ok(Self::Copy(Arc::new(Copy::open(folder)?))),
                false => Ok(Self::Plain(Arc::new(PlainFolder::open(folder, options.bucket.clone())?))),
            };
        }
        if let Some(data) = &options.data {
            let master_key = options.master_key.clone().unwrap_or_else(|| beside(data));
            return Ok(Self::Data(Arc::new(DataFolder::open(data, &master_key).await?)));
        }
        let connection = options.server.connection("CLOUDTRAIL")?;
        let at_s3 = options.server.connection("S3")?;
        let at_s3 = match options.s3_endpoint.clone() {
            Some(endpoint) => at_s3.at(endpoint),
            None => at_s3,
        };
        let objects = Arc::new(BucketClient::new(at_s3));
        Ok(Self::Server { objects, trails: Box::new(CloudTrailClient::new(connection)) })
    }

    pub(super) fn objects(&self) -> SharedObjects {
        match self {
            Self::Server { objects, .. } => objects.clone(),
            Self::Data(folder) => folder.clone(),
            Self::Copy(copy) => copy.clone(),
            Self::Plain(folder) => folder.clone(),
        }
    }

    /// The places to look at.
    pub(super) async fn targets(
        &self,
        asked: &Asked,
        bucket: Option<&str>,
        prefix: Option<&str>,
    ) -> Result<Vec<Target>, Failure> {
        let prefix = prefix.map(|prefix| prefix.trim_end_matches('/').to_owned()).filter(|prefix| !prefix.is_empty());
        let place = |bucket: &str| Target { bucket: bucket.to_owned(), prefix: prefix.clone(), trail: None };
        if let (Some(bucket), false) = (bucket, matches!(self, Self::Copy(_))) {
            return Ok(vec![place(bucket)]);
        }
        let known = match self {
            Self::Server { trails, .. } => trails.describe(asked).await?,
            Self::Data(folder) => folder.trails(),
            Self::Copy(copy) => return Ok(copy.targets(bucket)),
            Self::Plain(folder) => {
                let bucket = bucket_of(&**folder, prefix.as_deref()).await?;
                let bucket = bucket.ok_or("there are no digests in this folder; is it the folder of a bucket?")?;
                folder.is_of(&bucket);
                return Ok(vec![place(&bucket)]);
            }
        };
        let asked_for = |trail: &DescribedTrail| asked.is_trail(&trail.account, &trail.name, &trail.home);
        let targets: Vec<_> = known.into_iter().filter(asked_for).map(Target::of).collect();
        if let Self::Data(folder) = self {
            folder.check_buckets(&targets)?;
        }
        match targets.is_empty() {
            true => Err("there is no such trail; name the bucket that it delivered to with --bucket".into()),
            false => Ok(targets),
        }
    }

    /// Whether digests that were found in a place are meant.
    pub(super) fn knows(&self, target: &Target, name: &ChainName) -> bool {
        // A copy may hold digests of other trails, which were read for the files they list.
        target.is_of(name) && !matches!(self, Self::Copy(copy) if !copy.has(name))
    }

    /// Adds chains of which the trail knows and nothing is left.
    pub(super) async fn add_lost(
        &self,
        target: &Target,
        regions: &[Region],
        chains: &mut Vec<FoundChain>,
    ) -> Result<(), Failure> {
        let Some(trail) = &target.trail else { return Ok(()) };
        let expected = match self {
            Self::Data(folder) => folder.regions(trail),
            _ if regions.is_empty() => vec![trail.home.clone()],
            _ => regions.to_vec(),
        };
        for region in expected {
            let is_asked = regions.is_empty() || regions.contains(&region);
            if !is_asked || chains.iter().any(|chain| chain.name.region == region) {
                continue;
            }
            let (account, home) = (trail.account.clone(), trail.home.clone());
            let name = ChainName { account, trail: trail.name.clone(), home, region };
            let end = match self.newest(&name).await? {
                Newest::Unknown => continue,
                Newest::Delivered(delivered) => delivered,
                Newest::Is(newest) => newest.end,
            };
            let prefix = target.prefix.as_ref().map(|prefix| format!("{prefix}/")).unwrap_or_default();
            let root = format!("{prefix}AWSLogs/{}/", trail.account);
            chains.push(FoundChain { name, root, first: end, last: end });
        }
        Ok(())
    }

    /// The keys to verify a chain with.
    pub(super) async fn public_keys(
        &self,
        files: &[std::path::PathBuf],
        chain: &FoundChain,
    ) -> Result<PublicKeys, Failure> {
        if !files.is_empty() {
            return public_keys::read_all(files);
        }
        match self {
            Self::Server { trails, .. } => trails.public_keys(chain).await,
            Self::Data(folder) => Ok(folder.public_keys(&chain.name.region)),
            Self::Copy(copy) => Ok(copy.public_keys().clone()),
            Self::Plain(folder) => match folder.public_keys_file() {
                Some(file) => public_keys::read_all(&[file]),
                None => Err("a copy needs the public keys: give the output of `aws cloudtrail list-public-keys \
                             --start-time … --end-time …` with --public-keys"
                    .into()),
            },
        }
    }

    /// What the trail knows of its newest digest.
    pub(super) async fn newest(&self, name: &ChainName) -> Result<Newest, Failure> {
        match self {
            Self::Server { trails, .. } => trails.newest(name).await,
            Self::Data(folder) => Ok(folder.newest(name)),
            Self::Copy(copy) => Ok(copy.newest(name)),
            Self::Plain(_) => Ok(Newest::Unknown),
        }
    }

    pub(super) async fn close(self) -> Result<(), Failure> {
        match self {
            Self::Data(folder) => match Arc::into_inner(folder) {
                Some(folder) => folder.close().await,
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }
}

/// Whether a folder is there to be read.
pub(super) fn check_folder(folder: &Path) -> Result<(), Failure> {
    match folder.is_dir() {
        true => Ok(()),
        false => Err(format!("{} is not a folder", folder.display()).into()),
    }
}
