//! Measures one file of log events: `log_file FOLDER [MEGABYTES [CORPUS]]`.
//!
//! The corpus is a folder of logs, a system each, of which lines are drawn with fresh times, ids and addresses.
//! Without MEGABYTES, or with 0, each line is taken once as it is.
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use std::path::Path;
use std::time::{Duration, Instant};

use store::log_event::measure::{Line, LogFile};

const CORPUS: &str = "../shared/data/loghub";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("usage: log_file FOLDER [MEGABYTES [CORPUS]]")?;
    let megabytes: usize = arguments.next().map_or(Ok(0), |number| number.parse())?;
    let corpus = arguments.next().unwrap_or_else(|| CORPUS.to_owned());
    let Ok(systems) = read_corpus(Path::new(&corpus)) else {
        println!("skipped: there is no corpus at {corpus}");
        return Ok(());
    };
    let lines: Box<dyn Iterator<Item = Line>> = match megabytes {
        0 => Box::new(as_they_are(&systems)),
        megabytes => Box::new(fresh(&systems, megabytes << 20)),
    };
    let begun = Instant::now();
    let file = LogFile::write(Path::new(&folder), lines)?;
    let (index, columns) = file.parts();
    let share = |bytes: u64| bytes as f64 / file.message_bytes as f64;
    println!("written        {:.1} MB/s", file.message_bytes as f64 / 1e6 / begun.elapsed().as_secs_f64());
    println!("messages       {} bytes in {} pages", file.message_bytes, file.pages());
    println!("file / raw     {:.4}", share(file.bytes));
    println!("index / raw    {:.4}", share(index));
    for (name, bytes) in ["group", "stream", "time", "ingested", "position", "message"].iter().zip(columns) {
        println!("{name:<8} / raw {:.4}", share(bytes));
    }
    println!("memory         {} bytes", file.memory_bytes());
    for literal in NEEDLES {
        let (pages, found) = file.find(literal)?;
        let took = best(|| file.find(literal))?;
        println!("find {literal:?}: {found} in {pages} of {} pages, {:.2} ms", file.pages(), took.as_secs_f64() * 1e3);
    }
    for word in ["INFO", "error", "the"] {
        let scan = best(|| file.find_everywhere(word))?;
        let least = best(|| file.unpack_and_count(word))?;
        let ratio = least.as_secs_f64() / scan.as_secs_f64();
        println!("scan {word:?}: {:.1} ms, {ratio:.2} of unpacking and counting", scan.as_secs_f64() * 1e3);
    }
    Ok(())
}

/// The best of five.
fn best<T, E>(work: impl Fn() -> Result<T, E>) -> Result<Duration, E> {
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let begun = Instant::now();
        work()?;
        best = best.min(begun.elapsed());
    }
    Ok(best)
}

/// Planted once among the fresh lines.
const RARE: &str = "req-5c1f7a90-4d2e-4b8a";
const NEEDLES: [&str; 9] = [
    RARE,
    "no such text at all",
    "blk_7128370237687728475",
    "7128370237",
    "203.0.113.77",
    "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    "CriticalPaymentFailure",
    "user=zarathustra",
    "48213",
];

type Systems = Vec<Vec<String>>;

fn read_corpus(folder: &Path) -> std::io::Result<Systems> {
    let mut files: Vec<_> = std::fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    files.sort_by_key(std::fs::DirEntry::file_name);
    let read = |file: &std::fs::DirEntry| {
        let bytes = std::fs::read(file.path())?;
        Ok(String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect())
    };
    files.iter().map(read).collect()
}

fn as_they_are(systems: &Systems) -> impl Iterator<Item = Line> {
    systems.iter().enumerate().flat_map(|(system, lines)| {
        lines.iter().enumerate().map(move |(at, line)| (system as u64, time(at as u64), line.clone()))
    })
}

fn fresh(systems: &Systems, bytes: usize) -> impl Iterator<Item = Line> {
    let each = bytes / systems.len();
    systems.iter().enumerate().flat_map(move |(system, lines)| {
        let (mut written, mut number) = (0, 0);
        std::iter::from_fn(move || {
            if written >= each {
                return None;
            }
            number += 1;
            // In the order of the system's own lines, with some left out, so that no two rounds are alike.
            let round = number / lines.len() as u64;
            let at = (number + mix(number) % 7) % lines.len() as u64;
            let mut line = freshen(&lines[at as usize], round, time(number));
            if system == 3 && number == 9_000 {
                line.push_str(RARE);
            }
            written += line.len();
            Some((system as u64, time(number), line))
        })
    })
}

fn time(number: u64) -> i64 {
    1_700_000_000_000 + (number * 37 + mix(number) % 37) as i64
}

fn mix(number: u64) -> u64 {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93) >> 16
}

/// The line with other digits: clock times go on with the row's time; parts of addresses and ids are others in every
/// round, the same for the same in one round, as a block's id is on all lines about it.
fn freshen(line: &str, round: u64, time: i64) -> String {
    let seconds = time / 1000;
    let clock = [seconds / 3600 % 24, seconds / 60 % 60, seconds % 60].map(|part| format!("{part:02}"));
    let mut out = String::with_capacity(line.len());
    let mut colons = 0;
    let is_id = |c: char| c.is_ascii_alphanumeric();
    let mut rest = line;
    while let Some(start) = rest.find(is_id) {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let (token, after) = from.split_at(from.find(|c| !is_id(c)).unwrap_or(from.len()));
        let digits = token.bytes().filter(u8::is_ascii_digit).count();
        let in_clock = token.len() == 2 && digits == 2 && (after.starts_with(':') || before == ":");
        if in_clock && colons < 3 {
            out.push_str(&clock[colons]);
            colons += 1;
        } else if digits * 4 >= token.len() && token.len() >= 3 {
            let mut seed = token.bytes().fold(round, |seed, byte| mix(seed ^ u64::from(byte)));
            for byte in token.chars() {
                seed = mix(seed ^ 0x5bd1);
                out.push(match byte {
                    '0'..='9' => char::from(b'0' + (seed % 10) as u8),
                    'a'..='f' => char::from(b'a' + (seed % 6) as u8),
                    other => other,
                });
            }
        } else {
            out.push_str(token);
        }
        rest = after;
    }
    out.push_str(rest);
    out
}
