//! What the agent remembers of its inventory: which instance it is, and what the server was told last.
//!
//! One file, `state.json`. What is lost of it is told again.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::identity::InstanceId;
use crate::saved;

const NAME: &str = "state.json";

/// Which instance this machine is, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The instance.
    pub instance_id: InstanceId,
    /// The machine that got this id: a copy of its disk in another machine is another instance.
    pub fingerprint: Option<String>,
    /// The activation that it registered with.
    pub activation: Option<String>,
}

/// What was told of a type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The version of its schema.
    pub schema_version: String,
    /// The hash of its content.
    pub hash: String,
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Which instance this machine got to be, where it was not told so.
    #[serde(default)]
    pub identity: Option<Identity>,
    /// The instance that `told` is about.
    #[serde(default)]
    pub told_of: Option<InstanceId>,
    /// What the server acknowledged, by type.
    #[serde(default)]
    pub told: BTreeMap<String, Told>,
}

/// Reads the state of a folder; an empty one when there is no such file yet.
///
/// # Errors
/// It cannot be read, or is not one that was written here.
pub fn load(folder: &Path) -> io::Result<State> {
    saved::load(folder, NAME)
}

/// Writes the state of a folder, on disk when this returns.
///
/// # Errors
/// The disk's: the file is as it was before.
pub fn save(folder: &Path, state: &State) -> io::Result<()> {
    saved::save(folder, NAME, state)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_state_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("inventory");
        assert_eq!(load(&folder).unwrap(), State::default());
        let id = InstanceId("mi-0123456789abcdef0".to_owned());
        let told = Told { schema_version: "1.1".to_owned(), hash: "h".to_owned() };
        let state = State {
            identity: Some(Identity { instance_id: id.clone(), fingerprint: Some("f".to_owned()), activation: None }),
            told_of: Some(id),
            told: BTreeMap::from([("AWS:Application".to_owned(), told)]),
        };
        save(&folder, &State::default()).unwrap();
        save(&folder, &state).unwrap();
        assert_eq!(load(&folder).unwrap(), state);
        fs::write(folder.join(NAME), "{\"format\":2}").unwrap();
        assert!(load(&folder).is_err(), "a file of another format is not taken for a first start");
    }
}
