//! A virtual MFA device: a seed that codes are made from.

use base::{AccountId, Arn, Timestamp};
use serde::{Deserialize, Serialize};
use store::catalog::Record;

use super::{Tag, Tagged};

/// A virtual MFA device. The record's key is its name in small letters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MfaDevice {
    /// The name, with its case.
    pub name: String,
    /// The path.
    pub path: String,
    /// When it was created.
    pub created: Timestamp,
    /// The tags.
    pub tags: Vec<Tag>,
    /// The seed, sealed under [`MfaDevice::seal_name`].
    pub sealed: String,
    /// Whose it is, once it is.
    pub enabled: Option<Enabled>,
}

/// A device in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enabled {
    /// The user's unique id; `root` of root.
    pub user_id: String,
    /// Since when.
    pub since: Timestamp,
    /// How many steps the device's clock is ahead of the server's.
    pub drift: i64,
    /// The step of the last code that was taken, by the device's clock: it and those before are good no more.
    pub last_step: i64,
}

impl Record for MfaDevice {
    const KIND: &'static str = "iam.mfa_device";
    const FORMAT: u32 = 1;
}

impl Tagged for MfaDevice {
    fn tags(&self) -> &[Tag] {
        &self.tags
    }

    fn tags_mut(&mut self) -> &mut Vec<Tag> {
        &mut self.tags
    }
}

impl MfaDevice {
    /// The device's ARN, which is its serial number.
    pub fn serial_number(&self, partition: base::Partition, account: &AccountId) -> String {
        let arn = Arn {
            partition: partition.as_str().to_owned(),
            service: "iam".to_owned(),
            region: String::new(),
            account: account.to_string(),
            resource: format!("mfa{}{}", self.path, self.name),
        };
        arn.to_string()
    }

    /// What a device's seed is sealed under.
    pub fn seal_name(account: &AccountId, key: &str) -> String {
        format!("mfa device {account}/{key}")
    }
}
