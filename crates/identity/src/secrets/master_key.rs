//! The master key and the file it is kept in.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use base::Entropy;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Thirty-two random bytes that everything secret in the catalog is sealed with.
#[derive(Clone)]
pub struct MasterKey {
    bytes: [u8; 32],
    origin: String,
}

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// The file is not there, and the data was written with a key.
    #[error(
        "the master key {0} is missing; the data folder cannot be used without it (restore the file, or name where it is)"
    )]
    Missing(PathBuf),
    /// The text is no key.
    #[error("{0} is not a master key: 32 bytes in base64 are expected")]
    Malformed(String),
    /// Others can read the file.
    #[error("others than its owner can read the master key {0} (mode {1:o}); make it private: chmod 600")]
    Exposed(PathBuf, u32),
    /// The file cannot be read or written.
    #[error("the master key {0} cannot be read or written")]
    Io(PathBuf, #[source] io::Error),
}

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MasterKey({})", self.origin)
    }
}

impl MasterKey {
    /// A key given as text (32 bytes in base64); `origin` says where from, for errors.
    pub fn from_text(text: &str, origin: &str) -> Result<Self, MasterKeyError> {
        let malformed = || MasterKeyError::Malformed(origin.to_owned());
        let bytes = STANDARD.decode(text.trim()).map_err(|_| malformed())?;
        let bytes = bytes.try_into().map_err(|_| malformed())?;
        Ok(Self { bytes, origin: origin.to_owned() })
    }

    /// Reads the key from a file. When the file is not there and `may_create` is set (the
    /// catalog is new, see [`crate::expects_master_key`]), makes a key and writes it with mode 0600.
    pub fn load_or_create(path: &Path, entropy: &dyn Entropy, may_create: bool) -> Result<Self, MasterKeyError> {
        let failed = |error| MasterKeyError::Io(path.to_owned(), error);
        match fs::read_to_string(path) {
            Ok(text) => {
                refuse_exposed(path)?;
                Self::from_text(&text, &format!("the file {}", path.display()))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && may_create => {
                let mut bytes = [0; 32];
                entropy.fill(&mut bytes);
                write_private(path, &format!("{}\n", STANDARD.encode(bytes))).map_err(failed)?;
                Ok(Self { bytes, origin: format!("the file {}", path.display()) })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(MasterKeyError::Missing(path.to_owned())),
            Err(error) => Err(failed(error)),
        }
    }

    /// Where the key comes from, for errors.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }
}

fn refuse_exposed(path: &Path) -> Result<(), MasterKeyError> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = fs::metadata(path).map_err(|error| MasterKeyError::Io(path.to_owned(), error))?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o007 != 0 { Err(MasterKeyError::Exposed(path.to_owned(), mode)) } else { Ok(()) }
}

/// Writes a file that only its owner can read, and has it on disk under its name before
/// this returns: temporary name, fsync, rename, fsync of the folder.
pub(crate) fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
    name.push(".new");
    let temporary = path.with_file_name(name);
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
