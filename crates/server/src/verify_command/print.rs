//! What a verification found, for people and for programs.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use cloudtrail::verify::{Finding, Standing, Subject};
use serde_json::{Value as Json, json};

use super::cloudtrail_client::DescribedTrail;
use super::{Verified, VerifyOptions};
use crate::run::Failure;

/// Prints it all.
pub(super) fn print(verified: &[Verified], options: &VerifyOptions) -> Result<(), Failure> {
    let text = match options.json {
        true => format!("{:#}\n", as_json(verified, options)),
        false => as_text(verified, options),
    };
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // Whoever reads may have seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

fn arn(one: &Verified) -> String {
    let name = &one.chain.name;
    DescribedTrail::arn(&name.account, &name.home, &name.trail)
}

fn as_text(verified: &[Verified], options: &VerifyOptions) -> String {
    let mut text = String::new();
    if verified.is_empty() {
        text.push_str("No digests found\n");
    }
    for one in verified {
        let Verified { target, chain, report } = one;
        add(&mut text, format_args!("Trail {}, events of {}\n", arn(one), chain.name.region));
        add(&mut text, format_args!("in s3://{}/{}\n\n", target.bucket, chain.root));
        for finding in shown(one, options) {
            add(&mut text, format_args!("{finding}\n"));
        }
        for gap in &report.gaps {
            add(&mut text, format_args!("{gap}\n"));
        }
        if let Some(delivered) = report.cut_off {
            let delivered = delivered.iso_secs();
            add(&mut text, format_args!("INVALID: the trail delivered a digest at {delivered}, which is not here\n"));
        }
        for subject in [Subject::Digest, Subject::LogFile] {
            add(&mut text, format_args!("{}\n", summary(one, subject)));
        }
        add(&mut text, format_args!("keys: {}\n\n", report.keys.iter().cloned().collect::<Vec<_>>().join(", ")));
    }
    text
}

/// `3/4 digest files valid, 1/4 digest files INVALID`
fn summary(one: &Verified, subject: Subject) -> String {
    let count = |standing| one.report.count(subject, standing);
    let what = match subject {
        Subject::Digest => "digest files",
        Subject::LogFile => "log files",
    };
    let all: usize = STANDINGS.iter().map(|(standing, _)| count(*standing)).sum();
    let parts = STANDINGS.iter().filter(|(standing, _)| *standing == Standing::Valid || count(*standing) > 0);
    let parts: Vec<_> = parts.map(|(standing, said)| format!("{}/{all} {what} {said}", count(*standing))).collect();
    parts.join(", ")
}

const STANDINGS: [(Standing, &str); 4] = [
    (Standing::Valid, "valid"),
    (Standing::Invalid, "INVALID"),
    (Standing::Unproved, "cannot be proved"),
    (Standing::Uncovered, "not covered"),
];

fn shown<'a>(one: &'a Verified, options: &VerifyOptions) -> impl Iterator<Item = &'a Finding> {
    let verbose = options.verbose;
    one.report.findings.iter().filter(move |finding| verbose || finding.standing() != Standing::Valid)
}

fn add(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    text.write_fmt(arguments).expect("memory takes what is written");
}

fn as_json(verified: &[Verified], options: &VerifyOptions) -> Json {
    let trails: Vec<Json> = verified.iter().map(|one| trail_as_json(one, options)).collect();
    json!({ "trails": trails })
}

fn trail_as_json(one: &Verified, options: &VerifyOptions) -> Json {
    let Verified { target, chain, report } = one;
    let counts = |subject| {
        let count = |standing| report.count(subject, standing);
        json!({
            "valid": count(Standing::Valid),
            "invalid": count(Standing::Invalid),
            "unproved": count(Standing::Unproved),
            "uncovered": count(Standing::Uncovered),
        })
    };
    let file = |finding: &Finding| {
        json!({
            "kind": match finding.subject {
                Subject::Digest => "digest",
                Subject::LogFile => "log",
            },
            "bucket": finding.bucket,
            "key": finding.key,
            "standing": match finding.standing() {
                Standing::Valid => "valid",
                Standing::Invalid => "invalid",
                Standing::Unproved => "unproved",
                Standing::Uncovered => "uncovered",
            },
            "problem": finding.problem.as_ref().map(ToString::to_string),
        })
    };
    let gaps = report
        .gaps
        .iter()
        .map(|gap| json!({ "from": gap.from.iso_secs(), "to": gap.to.iso_secs(), "damage": !gap.is_known }));
    json!({
        "trail": arn(one),
        "region": chain.name.region.to_string(),
        "bucket": target.bucket,
        "root": chain.root,
        "valid": report.is_valid(),
        "conclusive": report.is_conclusive(),
        "digests": counts(Subject::Digest),
        "logFiles": counts(Subject::LogFile),
        "files": shown(one, options).map(file).collect::<Vec<_>>(),
        "gaps": gaps.collect::<Vec<_>>(),
        "cutOff": report.cut_off.map(|delivered| delivered.iso_secs()),
        "keys": report.keys,
    })
}
