//! The credentials of an account's root.

use std::path::PathBuf;

use crate::secrets::Secret;

/// Where root's credentials come from (DESIGN §2).
#[derive(Clone, Debug)]
pub enum RootCredentials {
    /// `--dev`: `test`/`test` is root of the server's account, and an access key id of
    /// twelve digits with the secret `test` is root of that account.
    Dev,
    /// Given in the settings. They are not stored.
    Given {
        /// The access key id.
        access_key_id: String,
        /// The secret access key.
        secret: Secret,
    },
    /// Made at the first start, kept sealed in the catalog, and written to a file that the
    /// operator is to remove; the server does not read it.
    Made {
        /// `DATA/root-credentials`.
        file: PathBuf,
    },
}

/// Credentials that were just made, to be shown once.
#[derive(Clone, Debug)]
pub struct NewRootCredentials {
    /// `AKIA…`
    pub access_key_id: String,
    /// The secret access key.
    pub secret: Secret,
    /// The file that they were written to.
    pub file: PathBuf,
}

impl NewRootCredentials {
    /// The file's text: lines that a shell or an `aws` profile can take over.
    pub(crate) fn file_text(&self) -> String {
        format!(
            "[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
            self.access_key_id,
            self.secret.expose()
        )
    }
}
