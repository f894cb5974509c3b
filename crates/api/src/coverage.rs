//! The page that says which operations are built, `docs/coverage.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use wire::schema::Service;

use crate::SERVICES;

/// What a service says of its operations: its schema, and the names of the built ones,
/// each with its accepted but ignored members (as [`crate::Service::implemented`] gives them).
pub type Implemented = (&'static Service, Vec<(&'static str, &'static [&'static str])>);

/// Numbers of operations by state.
#[derive(Clone, Copy, Default)]
struct Counts {
    all: usize,
    implemented: usize,
    partial: usize,
}

/// The whole page, in Markdown. It covers every operation of every service of
/// [`SERVICES`]; a service that `implemented` does not name is absent as a whole.
pub fn page(implemented: &[Implemented]) -> String {
    let services: Vec<_> = SERVICES.iter().map(|service| (*service, built(service, implemented))).collect();
    let counts: Vec<_> = services.iter().map(|(service, built)| count(service, built)).collect();
    let total = counts.iter().fold(Counts::default(), |total, counts| Counts {
        all: total.all + counts.all,
        implemented: total.implemented + counts.implemented,
        partial: total.partial + counts.partial,
    });
    let mut page = String::from(HEAD);
    for ((service, _), counts) in services.iter().zip(&counts) {
        summary_row(&mut page, &format!("[{name}](#{name})", name = service.name), *counts);
    }
    summary_row(&mut page, "**all**", total);
    for (service, built) in &services {
        section(&mut page, service, built);
    }
    page
}

const HEAD: &str = "\
# Coverage

This page is generated from the services themselves; do not edit it.

- **implemented**: the operation does what AWS's does, with all its input. Accounts are in no organization: operations on \
  organizations answer as AWS's do to such accounts.
- **partial**: the operation works, but the members named are accepted and have no effect.
- **absent**: the operation is known, its calls are recorded (those of the data plane aside), and it answers `NotImplementedException`.

| Service | Operations | Implemented | Partial | Absent |
|---|---:|---:|---:|---:|
";

type Built = BTreeMap<&'static str, &'static [&'static str]>;

fn built(service: &Service, implemented: &[Implemented]) -> Built {
    let own = implemented.iter().filter(|(other, _)| other.name == service.name);
    own.flat_map(|(_, operations)| operations.iter().copied()).collect()
}

fn count(service: &Service, built: &Built) -> Counts {
    let mut counts = Counts { all: service.operations.len(), ..Counts::default() };
    for operation in service.operations {
        match built.get(operation.name) {
            Some([]) => counts.implemented += 1,
            Some(_) => counts.partial += 1,
            None => {}
        }
    }
    counts
}

fn summary_row(page: &mut String, name: &str, Counts { all, implemented, partial }: Counts) {
    let absent = all - implemented - partial;
    writeln!(page, "| {name} | {all} | {implemented} | {partial} | {absent} |").expect("a string takes all text");
}

fn section(page: &mut String, service: &Service, built: &Built) {
    let head = format!("\n## {}\n\n| Operation | State | Ignored members |\n|---|---|---|\n", service.name);
    page.push_str(&head);
    for operation in service.operations {
        let (state, ignored) = match built.get(operation.name) {
            Some([]) => ("implemented", String::new()),
            Some(ignored) => ("partial", ignored.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
            None => ("absent", String::new()),
        };
        let row = format!("| `{}` | {state} | {ignored}", operation.name);
        page.push_str(row.trim_end());
        page.push_str(" |\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cloudtrail_data, sts};

    fn sample() -> String {
        page(&[(&sts::SERVICE, vec![("AssumeRole", &["SourceIdentity", "Tags"]), ("GetCallerIdentity", &[])])])
    }

    fn lines_of<'a>(page: &'a str, heading: &str) -> Vec<&'a str> {
        let lines = page.lines().skip_while(|line| *line != heading).skip(1);
        lines.take_while(|line| !line.starts_with("## ")).filter(|line| line.starts_with("| `")).collect()
    }

    #[test]
    fn a_row_says_the_state_and_the_ignored_members() {
        let page = sample();
        let rows = lines_of(&page, "## sts");
        assert!(rows.contains(&"| `AssumeRole` | partial | `SourceIdentity`, `Tags` |"), "{rows:#?}");
        assert!(rows.contains(&"| `GetCallerIdentity` | implemented | |"), "{rows:#?}");
        assert!(rows.contains(&"| `GetSessionToken` | absent | |"), "{rows:#?}");
    }

    #[test]
    fn every_operation_of_every_service_has_a_row() {
        let page = sample();
        for service in SERVICES {
            let rows = lines_of(&page, &format!("## {}", service.name));
            assert_eq!(rows.len(), service.operations.len(), "{}", service.name);
        }
        assert_eq!(lines_of(&page, "## cloudtrail-data"), ["| `PutAuditEvents` | absent | |"]);
    }

    #[test]
    fn the_counts_stand_at_the_top() {
        let page = sample();
        let all: usize = SERVICES.iter().map(|service| service.operations.len()).sum();
        let absent_of_sts = sts::SERVICE.operations.len() - 2;
        assert!(page.contains(&format!("| [sts](#sts) | {} | 1 | 1 | {absent_of_sts} |\n", absent_of_sts + 2)));
        assert!(page.contains("| [cloudtrail-data](#cloudtrail-data) | 1 | 0 | 0 | 1 |\n"));
        assert!(page.contains(&format!("| **all** | {all} | 1 | 1 | {} |\n", all - 2)));
        assert_eq!(cloudtrail_data::SERVICE.operations.len(), 1);
    }
}
