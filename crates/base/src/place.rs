//! Accounts, regions and partitions: the places data is kept apart by.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The text is not a valid name of its kind.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("'{text}' is not {expected}")]
pub struct InvalidPlace {
    text: String,
    expected: &'static str,
}

/// A twelve-digit account id.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(Arc<str>);

impl AccountId {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The digits as a number.
    pub fn number(&self) -> u64 {
        self.0.parse().expect("an account id is twelve digits")
    }

    /// The account with this number; `None` past twelve digits.
    pub fn from_number(number: u64) -> Option<Self> {
        (number < 1_000_000_000_000).then(|| Self(format!("{number:012}").into()))
    }
}

impl FromStr for AccountId {
    type Err = InvalidPlace;

    fn from_str(text: &str) -> Result<Self, InvalidPlace> {
        if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(Self(text.into()));
        }
        Err(InvalidPlace { text: text.to_owned(), expected: "an account id of 12 digits" })
    }
}

/// A region name such as `eu-west-1`; any name of lower-case letters, digits and dashes will do.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Region(Arc<str>);

impl Region {
    /// The region's name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The partition this region belongs to.
    pub fn partition(&self) -> Partition {
        if self.0.starts_with("cn-") {
            Partition::China
        } else if self.0.starts_with("us-gov-") {
            Partition::GovCloud
        } else {
            Partition::Standard
        }
    }
}

impl FromStr for Region {
    type Err = InvalidPlace;

    fn from_str(text: &str) -> Result<Self, InvalidPlace> {
        let inside = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if (1..=63).contains(&text.len()) && text.bytes().all(inside) && !text.starts_with('-') {
            return Ok(Self(text.into()));
        }
        Err(InvalidPlace { text: text.to_owned(), expected: "a region name" })
    }
}

macro_rules! text_like {
    ($type:ty) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl From<$type> for String {
            fn from(value: $type) -> Self {
                value.0.as_ref().to_owned()
            }
        }
        impl TryFrom<String> for $type {
            type Error = InvalidPlace;
            fn try_from(text: String) -> Result<Self, InvalidPlace> {
                text.parse()
            }
        }
    };
}
text_like!(AccountId);
text_like!(Region);

/// A group of regions with its own ARN prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Partition {
    /// `aws`
    Standard,
    /// `aws-cn`
    China,
    /// `aws-us-gov`
    GovCloud,
}

impl Partition {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Standard, Self::China, Self::GovCloud];

    /// The second field of every ARN in this partition.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "aws",
            Self::China => "aws-cn",
            Self::GovCloud => "aws-us-gov",
        }
    }

    /// The region in which global services (IAM, …) act (cloudtrail.md §2.4).
    pub fn global_region(self) -> Region {
        let name = match self {
            Self::Standard => "us-east-1",
            Self::China => "cn-north-1",
            Self::GovCloud => "us-gov-west-1",
        };
        name.parse().expect("a region name")
    }
}

/// An account in a region: all data is kept apart by this pair.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Scope {
    /// The account.
    pub account: AccountId,
    /// The region.
    pub region: Region,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_follow_the_region() {
        for (region, partition) in [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-east-1", "aws-us-gov")] {
            assert_eq!(region.parse::<Region>().unwrap().partition().as_str(), partition);
        }
    }

    #[test]
    fn bad_names_are_refused() {
        assert!("12345".parse::<AccountId>().is_err());
        assert!("12345678901a".parse::<AccountId>().is_err());
        assert!("EU".parse::<Region>().is_err());
        assert!("".parse::<Region>().is_err());
    }
}
