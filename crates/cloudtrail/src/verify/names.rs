//! The names of digests and log files, taken apart (cloudtrail.md §5.1, §6.2).

use base::{AccountId, Region, Timestamp};

use super::ChainName;

/// The folder of digests below `AWSLogs/ACCOUNT/`.
pub(super) const DIGESTS: &str = "CloudTrail-Digest/";
/// The folder of log files.
pub(super) const LOGS: &str = "CloudTrail/";

/// What the name of a digest says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DigestName {
    pub(super) chain: ChainName,
    /// When its hour ended.
    pub(super) end: Timestamp,
    pub(super) is_backfill: bool,
}

/// The name of a digest of an account's events in a region; `None` when the key is none of a digest.
pub(super) fn digest_name(key: &str, account: &AccountId, region: &Region) -> Option<DigestName> {
    let start = format!("{account}_CloudTrail-Digest_{region}_");
    let name = key.rsplit('/').next()?.strip_prefix(&start)?.strip_suffix(".json.gz")?;
    let (name, is_backfill) = match name.strip_suffix("_backfill") {
        Some(name) => (name, true),
        None => (name, false),
    };
    // Names of trails may hold `_`; those of regions and times do not.
    let (name, end) = name.rsplit_once('_')?;
    let (trail, home) = name.rsplit_once('_')?;
    let chain = ChainName {
        account: account.clone(),
        trail: trail.to_owned(),
        home: home.parse().ok()?,
        region: region.clone(),
    };
    Some(DigestName { chain, end: time(end).filter(|_| end.len() == 16)?, is_backfill })
}

/// The end of the slot of five minutes that a log file is named after; `None` when the key is none of a log file.
pub(super) fn log_slot(key: &str, account: &AccountId, region: &Region) -> Option<Timestamp> {
    let start = format!("{account}_CloudTrail_{region}_");
    let name = key.rsplit('/').next()?.strip_prefix(&start)?.strip_suffix(".json.gz")?;
    let (end, unique) = name.split_once('_')?;
    let is_unique = !unique.is_empty() && unique.bytes().all(|byte| byte.is_ascii_alphanumeric());
    time(end).filter(|_| is_unique && end.len() == 14)
}

/// `20260302T081218Z`, or `20260302T0812Z`.
fn time(text: &str) -> Option<Timestamp> {
    let (day, time) = text.strip_suffix('Z').filter(|_| text.is_ascii())?.split_once('T')?;
    let (year, month, day) = (day.get(..4)?, day.get(4..6)?, day.get(6..8).filter(|_| day.len() == 8)?);
    let (hour, minute, second) = (time.get(..2)?, time.get(2..4)?, time.get(4..).filter(|text| !text.is_empty()));
    Timestamp::parse_iso(&format!("{year}-{month}-{day}T{hour}:{minute}:{}Z", second.unwrap_or("00")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_whose_digest_it_is_and_of_when() {
        let (account, region): (AccountId, Region) = ("111122223333".parse().unwrap(), "eu-west-1".parse().unwrap());
        let read = |name: &str| {
            let found = digest_name(&format!("a/b/{name}"), &account, &region)?;
            let ChainName { trail, home, .. } = found.chain;
            Some((trail, home.to_string(), found.end.iso_secs(), found.is_backfill))
        };
        let start = "111122223333_CloudTrail-Digest_eu-west-1_";
        let expected = |trail: &str, is_backfill| {
            Some((trail.to_owned(), "us-east-1".to_owned(), "2026-03-02T08:12:18Z".to_owned(), is_backfill))
        };
        assert_eq!(read(&format!("{start}main_us-east-1_20260302T081218Z.json.gz")), expected("main", false));
        assert_eq!(read(&format!("{start}a_b_us-east-1_20260302T081218Z.json.gz")), expected("a_b", false));
        assert_eq!(read(&format!("{start}main_us-east-1_20260302T081218Z_backfill.json.gz")), expected("main", true));
        for other in [
            "111122223333_CloudTrail-Digest_eu-west-2_main_us-east-1_20260302T081218Z.json.gz",
            "111122223333_CloudTrail-Digest_eu-west-1_main_us-east-1_20260302T0812Z.json.gz",
            "111122223333_CloudTrail-Digest_eu-west-1_main_us-east-1_20260302T081218Z.json",
            "111122223333_CloudTrail-Digest_eu-west-1_main_20260302T081218Z.json.gz",
            "111122223333_CloudTrail-Digest_eu-west-1_main_us-east-1_20269902T081218Z.json.gz",
            "111122223333_CloudTrail-Digest_eu-west-1_main_us-east-1_2026é302T08121Z.json.gz",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn names_of_log_files_say_which_slot() {
        let (account, region) = ("111122223333".parse().unwrap(), "eu-west-1".parse().unwrap());
        let read = |name: &str| Some(log_slot(&format!("x/{name}"), &account, &region)?.iso_secs());
        let good = "111122223333_CloudTrail_eu-west-1_20260302T0815Z_a1B2c3D4e5F6g7H8.json.gz";
        assert_eq!(read(good).as_deref(), Some("2026-03-02T08:15:00Z"));
        for other in [
            "111122223333_CloudTrail_eu-west-1_20260302T0815Z_.json.gz",
            "111122223333_CloudTrail_eu-west-1_20260302T081500Z_a.json.gz",
            "111122223333_CloudTrail_eu-west-1_20260302T0815Z_a-b.json.gz",
            "notes.txt",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
