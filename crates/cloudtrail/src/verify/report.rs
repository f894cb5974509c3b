//! What a verification found, in words.

use std::fmt;

use base::Timestamp;

/// What was verified, object by object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Every digest and log file, in the order in which they were looked at.
    pub findings: Vec<Finding>,
    /// Times between chains, when the trail was not logging or not digesting.
    pub gaps: Vec<Gap>,
}

/// One object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub subject: Subject,
    /// Its bucket.
    pub bucket: String,
    /// Its key.
    pub key: String,
    /// What is wrong with it; nothing when it is valid.
    pub problem: Option<Problem>,
}

/// A kind of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A digest.
    Digest,
    /// A log file.
    LogFile,
}

/// What is wrong with an object. The first six are what the AWS CLI finds, in its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A digest that another names, or a log file, is gone.
    NotFound,
    /// The digest is not what was signed.
    Signature,
    /// It cannot be read.
    Format,
    /// The digest says that it is another object.
    Moved,
    /// The digest was signed with a key of this fingerprint, which is not known.
    NoKey(String),
    /// The log file is not what was delivered.
    Hash,
    /// The digest after it was made when this one was another.
    OtherHash,
    /// The digest after it names another signature than the one that is here.
    OtherSignature,
}

/// A time of which no digest tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The end of the last digest before it.
    pub from: Timestamp,
    /// The start of the first digest after it.
    pub to: Timestamp,
}

impl Report {
    pub(super) fn add(&mut self, subject: Subject, bucket: &str, key: &str, problem: Option<Problem>) {
        self.findings.push(Finding { subject, bucket: bucket.to_owned(), key: key.to_owned(), problem });
    }

    /// Valid and invalid objects of a kind.
    pub fn counts(&self, subject: Subject) -> (usize, usize) {
        let of_kind = self.findings.iter().filter(|finding| finding.subject == subject);
        let (valid, invalid): (Vec<_>, Vec<_>) = of_kind.partition(|finding| finding.problem.is_none());
        (valid.len(), invalid.len())
    }

    /// Whether nothing is wrong with anything.
    pub fn is_valid(&self) -> bool {
        self.findings.iter().all(|finding| finding.problem.is_none())
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Digest => "Digest file",
            Self::LogFile => "Log file",
        })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("not found"),
            Self::Signature => f.write_str("signature verification failed"),
            Self::Format => f.write_str("invalid format"),
            Self::Moved => f.write_str("has been moved from its original location"),
            Self::NoKey(fingerprint) => write!(f, "public key not found for fingerprint {fingerprint}"),
            Self::Hash => f.write_str("hash value doesn't match"),
            Self::OtherHash => f.write_str("its hash is not the one that the digest after it names"),
            Self::OtherSignature => f.write_str("its signature is not the one that the digest after it names"),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subject, bucket, key, problem } = self;
        match problem {
            None => write!(f, "{subject}\ts3://{bucket}/{key}\tvalid"),
            Some(problem) => write!(f, "{subject}\ts3://{bucket}/{key}\tINVALID: {problem}"),
        }
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "No log files were delivered by CloudTrail between {} and {}",
            self.from.iso_secs(),
            self.to.iso_secs()
        )
    }
}
