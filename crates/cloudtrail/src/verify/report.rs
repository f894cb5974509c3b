//! What a verification found, in words.

use std::collections::BTreeSet;
use std::fmt;

use base::Timestamp;

/// What was verified, object by object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Every digest and log file, in the order in which they were looked at.
    pub findings: Vec<Finding>,
    /// Times that no digest tells of.
    pub gaps: Vec<Gap>,
    /// The fingerprints of the keys that good digests were signed with.
    pub keys: BTreeSet<String>,
    /// When the trail delivered a digest of which there is nothing here: the end of the chain was cut off.
    pub cut_off: Option<Timestamp>,
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

/// What is proved of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is what was delivered.
    Valid,
    /// It is damaged, gone, or was never delivered.
    Invalid,
    /// What would prove it should be here and is not, so that nobody can tell.
    Unproved,
    /// Nothing was ever there, or is there yet, to prove it.
    Uncovered,
}

/// What is wrong with an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A digest that another names, or a log file, is gone.
    NotFound,
    /// The log file is gone, and what it held is under this key.
    MovedTo(String),
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
    /// The events in the log file are of other times than its digest says.
    Times,
    /// The digest after it was made when this one was another.
    OtherHash,
    /// The digest after it names another signature than the one that is here.
    OtherSignature,
    /// The log file is in no digest, though digests tell of its time.
    Extra {
        /// The log file whose content it has, when that one is gone.
        content_of: Option<String>,
    },
    /// What is among the log files is none.
    NoLogFile,
    /// What is among the digests is none.
    NoDigest,
    /// The copy lacks the digest's signature, and no digest after it has it.
    NoSignature,
    /// The log file is what its digest says, and that digest cannot be proved.
    ByUnsigned,
    /// The digest that would list the log file is gone or damaged.
    BehindDamage,
    /// The log file is newer than the newest digest.
    NotYet,
    /// The log file is of a time in which no digests were made.
    Uncovered,
}

/// A time of which no digest tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The end of the last digest before it.
    pub from: Timestamp,
    /// The start of the first digest after it.
    pub to: Timestamp,
    /// Whether it is known that there were no digests: a chain begins after it. Otherwise a digest that would tell is
    /// gone or damaged.
    pub is_known: bool,
}

impl Report {
    pub(super) fn add(&mut self, subject: Subject, bucket: &str, key: &str, problem: Option<Problem>) {
        self.findings.push(Finding { subject, bucket: bucket.to_owned(), key: key.to_owned(), problem });
    }

    /// Says something else of an object that was looked at.
    pub(super) fn set(&mut self, subject: Subject, place: &(String, String), problem: Problem) {
        let of_place = |finding: &&mut Finding| {
            finding.subject == subject && (&finding.bucket, &finding.key) == (&place.0, &place.1)
        };
        if let Some(finding) = self.findings.iter_mut().find(of_place) {
            finding.problem = Some(problem);
        }
    }

    /// How many objects of a kind have a standing.
    pub fn count(&self, subject: Subject, standing: Standing) -> usize {
        let counts = |finding: &&Finding| finding.subject == subject && finding.standing() == standing;
        self.findings.iter().filter(counts).count()
    }

    /// Whether nothing is wrong with anything, as far as anything can be told.
    pub fn is_valid(&self) -> bool {
        self.cut_off.is_none() && self.findings.iter().all(|finding| finding.standing() != Standing::Invalid)
    }

    /// The same, but for files that nobody delivered.
    pub fn is_valid_but_for_extras(&self) -> bool {
        let is_extra = |problem: &Option<Problem>| {
            matches!(problem, Some(Problem::Extra { .. } | Problem::NoLogFile | Problem::NoDigest))
        };
        let mut others = self.findings.iter().filter(|finding| !is_extra(&finding.problem));
        self.cut_off.is_none() && others.all(|finding| finding.standing() != Standing::Invalid)
    }

    /// Whether it can be told: there were digests, and nothing that should prove something is missing.
    pub fn is_conclusive(&self) -> bool {
        let mut digests = self.findings.iter().filter(|finding| finding.subject == Subject::Digest);
        digests.next().is_some() && self.findings.iter().all(|finding| finding.standing() != Standing::Unproved)
    }
}

impl Finding {
    /// What is proved of it.
    pub fn standing(&self) -> Standing {
        match &self.problem {
            None => Standing::Valid,
            Some(Problem::NoSignature | Problem::ByUnsigned | Problem::BehindDamage) => Standing::Unproved,
            Some(Problem::NotYet | Problem::Uncovered) => Standing::Uncovered,
            Some(_) => Standing::Invalid,
        }
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
    /// Where the AWS CLI finds the same, in its words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("not found"),
            Self::MovedTo(key) => write!(f, "not found; what it held is at {key}"),
            Self::Signature => f.write_str("signature verification failed"),
            Self::Format => f.write_str("invalid format"),
            Self::Moved => f.write_str("has been moved from its original location"),
            Self::NoKey(fingerprint) => write!(f, "public key not found for fingerprint {fingerprint}"),
            Self::Hash => f.write_str("hash value doesn't match"),
            Self::Times => f.write_str("its events are of other times than its digest says"),
            Self::OtherHash => f.write_str("its hash is not the one that the digest after it names"),
            Self::OtherSignature => f.write_str("its signature is not the one that the digest after it names"),
            Self::Extra { content_of: None } => f.write_str("is in no digest, so that nobody delivered it"),
            Self::Extra { content_of: Some(key) } => write!(f, "is in no digest; it holds what was delivered as {key}"),
            Self::NoLogFile => f.write_str("is no log file"),
            Self::NoDigest => f.write_str("is no digest"),
            Self::NoSignature => f.write_str("its signature is not in this copy"),
            Self::ByUnsigned => f.write_str("is what its digest says, but the digest cannot be proved"),
            Self::BehindDamage => f.write_str("the digest that would list it is gone or damaged"),
            Self::NotYet => f.write_str("is in no digest yet"),
            Self::Uncovered => f.write_str("is of a time without digests"),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subject, bucket, key, problem } = self;
        let standing = match self.standing() {
            Standing::Valid => "valid",
            Standing::Invalid => "INVALID",
            Standing::Unproved => "cannot be proved",
            Standing::Uncovered => "not covered",
        };
        write!(f, "{subject}\ts3://{bucket}/{key}\t{standing}")?;
        problem.as_ref().map_or(Ok(()), |problem| write!(f, ": {problem}"))
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (self.from.iso_secs(), self.to.iso_secs());
        match self.is_known {
            true => write!(f, "No log files were delivered by CloudTrail between {from} and {to}"),
            false => write!(
                f,
                "Nothing is known of the time between {from} and {to}: the digest that would tell is gone or damaged"
            ),
        }
    }
}
