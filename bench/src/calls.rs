//! Signed write calls with their audit events, against a bare echo that hashes the body.

use std::path::Path;
use std::time::Duration;

use crate::Failure;
use crate::http_load;
use crate::server;
use crate::signed;
use crate::table::{Table, ms, quantile};

/// Connections that call at the same time.
pub const CONNECTIONS: usize = 16;
const TIME: Duration = Duration::from_secs(5);

/// A write that changes the catalog and leaves an event, and a read that leaves one. Each
/// connection changes a user of its own.
pub async fn measure(folder: &Path, table: &mut Table) -> Result<(), Failure> {
    let echo = server::echo().await?;
    let trailwatch = server::trailwatch(&folder.join("calls"), &[]).await?;
    create_users(&trailwatch.address).await?;
    let calls = [
        ("signed write call (iam:TagUser) with its event", writes(&trailwatch.address)),
        ("signed read call (sts:GetCallerIdentity) with its event", reads(&trailwatch.address)),
    ];
    for (what, requests) in &calls {
        http_load::run(&trailwatch.address, requests, Duration::from_secs(1)).await?;
        let limit = http_load::run(&echo.address, requests, TIME).await?;
        let mut ours = http_load::run(&trailwatch.address, requests, TIME).await?;
        table.row(
            &format!("{what}, {CONNECTIONS} connections"),
            format!("{:.0}/s, p50 {}", ours.per_second, ms(quantile(&mut ours.times_ms, 0.5))),
            format!("{:.0}/s (echo with SHA-256)", limit.per_second),
            format!("{:.2}", ours.per_second / limit.per_second),
        );
    }
    echo.stop().await?;
    trailwatch.stop().await
}

/// Makes the users that are changed.
pub async fn create_users(address: &str) -> Result<(), Failure> {
    let create = |user| format!("Action=CreateUser&Version=2010-05-08&UserName=user-{user}");
    let requests: Vec<_> = (0..CONNECTIONS).map(|user| signed::form(address, "iam", &create(user))).collect();
    http_load::run(address, &requests, Duration::ZERO).await.map(drop)
}

/// A write for each connection, each of a user of its own.
pub fn writes(address: &str) -> Vec<Vec<u8>> {
    let tag = |user| {
        format!("Action=TagUser&Version=2010-05-08&UserName=user-{user}&Tags.member.1.Key=k&Tags.member.1.Value=v")
    };
    (0..CONNECTIONS).map(|user| signed::form(address, "iam", &tag(user))).collect()
}

/// A read for each connection.
pub fn reads(address: &str) -> Vec<Vec<u8>> {
    let who = "Action=GetCallerIdentity&Version=2011-06-15";
    (0..CONNECTIONS).map(|_| signed::form(address, "sts", who)).collect()
}
