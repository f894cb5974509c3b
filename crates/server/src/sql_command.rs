//! `trailwatch sql`: SQL over a running server, or over the data of a stopped one.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base::time::parse_duration;
use base::{Clock as _, SimulatedClock, SystemClock};
use clap::Args;
use logs::Directory;
use query::output::Output;
use query::{Engine, Reach, Sql, SqlQuery};
use store::{Store, StoreOptions};

use crate::own_service::SIGNING_NAME;
use crate::page_client::{Page, ServerOptions};
use crate::run::{Failure, tables};
use crate::saved_clock;
use crate::sql_pages::{self, Asked, FormatName};

/// Shown after the options.
pub const EXAMPLES: &str = "Examples:\n  trailwatch sql --dev \"SHOW TABLES\"\n  \
    trailwatch sql --dev \"SELECT log_group, count(*) FROM log_events GROUP BY log_group\"\n  \
    trailwatch sql --data ./trailwatch-data --format csv \"SELECT * FROM trail_events\"";

/// Options of `trailwatch sql`.
#[derive(Args)]
pub struct SqlOptions {
    /// The statement, or - to read it from standard input
    sql: String,

    /// How rows are written
    #[arg(long, value_enum, default_value_t)]
    format: FormatName,

    /// Data folder of a server that is not running: it is read without one, with the rows of all accounts
    #[arg(long, value_name = "DIR", conflicts_with_all = ["endpoint", "dev", "ca_bundle"])]
    data: Option<PathBuf>,

    /// Memory that the statement may take, such as 512MB [default: 256MB]
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    memory: Option<usize>,

    /// How long the statement may run, such as 10m [default: 60s]
    #[arg(long, value_name = "TIME", value_parser = parse_timeout)]
    timeout: Option<Duration>,

    /// Show messages of log events as they are stored, in spite of data protection; needs logs:Unmask on *
    #[arg(long)]
    unmask: bool,

    #[command(flatten)]
    server: ServerOptions,
}

/// Runs the statement and prints what comes of it.
///
/// # Errors
/// When the server cannot be reached or refuses, the folder cannot be opened, or the statement
/// cannot be run.
pub async fn run(options: SqlOptions) -> Result<(), Failure> {
    let sql = match options.sql.as_str() {
        "-" => io::read_to_string(io::stdin()).map_err(|error| format!("cannot read standard input: {error}"))?,
        sql => sql.to_owned(),
    };
    let timeout_ms = options.timeout.map(|timeout| u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX));
    let asked = Asked { sql, format: options.format, memory_bytes: options.memory, timeout_ms, unmask: options.unmask };
    match &options.data {
        Some(data) => over_folder(data, &asked).await,
        None => {
            let page = Page { path: sql_pages::PATH, signing_name: SIGNING_NAME };
            let text = options.server.fetch(page, &serde_json::to_value(&asked)?).await?;
            print(&text).map(|_| ())
        }
    }
}

/// Reads the folder as a server would that is started on it, and stops.
async fn over_folder(data: &Path, asked: &Asked) -> Result<(), Failure> {
    if !data.join("catalog.db").is_file() {
        return Err(format!("{} is not the data folder of a server", data.display()).into());
    }
    let clock = Arc::new(SimulatedClock::new(SystemClock.now()));
    let store = Store::open(StoreOptions::new(data, clock.clone())).await?;
    saved_clock::restore(store.catalog(), &clock);
    config::keep_items(&store);
    let tables = tables(&store, Arc::new(Directory::new(store.catalog().clone())));
    let sql = Sql::new(Arc::new(Engine::new(data.join(SPILL_FOLDER))), tables);
    let outcome = match asked.query(Reach::Everyone, clock.now()) {
        Ok(query) => print_rows(&sql, query, asked.format).await,
        Err(refused) => Err(refused.into()),
    };
    drop(sql);
    outcome.and(store.close().await.map_err(Failure::from))
}

/// The folder, in a data folder, that queries spill to.
pub const SPILL_FOLDER: &str = "spill";

async fn print_rows(sql: &Sql, query: SqlQuery, format: FormatName) -> Result<(), Failure> {
    let mut rows = sql.run(query).await?;
    let mut output = Output::new(format.format(), rows.schema().clone());
    let mut out = Vec::new();
    while let Some(batch) = rows.next().await? {
        output.rows(&batch, &mut out)?;
        if !print(&out)? {
            return Ok(());
        }
        out.clear();
    }
    output.finish(&mut out);
    print(&out).map(|_| ())
}

/// Writes to standard output; tells whether anybody still reads.
fn print(text: &[u8]) -> Result<bool, Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text).and_then(|()| out.flush()) {
        // Whoever reads may have seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        written => Ok(written.map(|()| true)?),
    }
}

fn parse_timeout(text: &str) -> Result<Duration, String> {
    parse_duration(text).ok_or_else(|| "write it like 90s, 10m or 1h".to_owned())
}

/// Bytes: a number alone, or with KB, MB or GB, which are powers of 1024.
fn parse_size(text: &str) -> Result<usize, String> {
    let lower = text.to_ascii_lowercase();
    let (number, shift) = [("gb", 30), ("gib", 30), ("mb", 20), ("mib", 20), ("kb", 10), ("kib", 10)]
        .iter()
        .find_map(|(unit, shift)| Some((lower.strip_suffix(unit)?, *shift)))
        .unwrap_or((&lower, 0));
    let bytes = number.trim().parse::<usize>().ok().and_then(|number| number.checked_mul(1 << shift));
    bytes.filter(|bytes| *bytes > 0).ok_or_else(|| "write it like 512MB or 1GB".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_bytes_or_have_a_unit() {
        for (text, bytes) in [("1048576", 1 << 20), ("512MB", 512 << 20), ("1 GiB", 1 << 30), ("8kb", 8 << 10)] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for text in ["", "MB", "-1", "0", "1.5GB", "99999999999GB"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }
}
