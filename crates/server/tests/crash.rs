//! `kill -9` at random moments under load, over and over: no acknowledged write is lost, no event doubled.
//!
//! Eight writers change IAM over HTTP while the clock is moved so that flushes and merges run.
//! After each kill the server starts on the same folder, and what it then shows is compared
//! with what it had acknowledged. `CRASH_ROUNDS` sets the number of rounds (default 200),
//! `CRASH_SEED` repeats the random choices of an earlier run.

#[path = "crash/http.rs"]
mod http;
#[path = "crash/model.rs"]
mod model;
#[path = "crash/process.rs"]
mod process;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base::{Clock, Entropy, OsEntropy, SeededEntropy, SystemClock, Timestamp};

use crate::http::Client;
use crate::model::{Model, Op};
use crate::process::Server;

const WRITERS: usize = 8;
const ROUND_MS_MIN: u64 = 100;
const ROUND_MS_MAX: u64 = 400;
/// So many rounds share an account, which holds 5,000 users at most.
const ROUNDS_PER_ACCOUNT: u64 = 5;
/// The clock moves this far at most over a whole run, so that no event expires.
const CLOCK_DAYS_MAX: u64 = 80;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_write_is_lost_and_no_event_doubled_by_kill_9() {
    let rounds = number_from_environment("CRASH_ROUNDS").unwrap_or(200);
    let seed = number_from_environment("CRASH_SEED").unwrap_or_else(|| Random(&OsEntropy).next());
    eprintln!("crash: {rounds} rounds, CRASH_SEED={seed}");
    let entropy = SeededEntropy::new(seed);
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let model = Arc::new(Mutex::new(Model::default()));
    let mut server = Server::start(folder.path());

    let began = Instant::now();
    for round in 0..rounds {
        if round.is_multiple_of(ROUNDS_PER_ACCOUNT) {
            prepare(&server, &model, round).await;
        }
        let from = move_clock_on(&server, &model, Random(&entropy).below(CLOCK_DAYS_MAX * 86_400 / rounds / 2)).await;
        let load_ms = ROUND_MS_MIN + Random(&entropy).below(ROUND_MS_MAX - ROUND_MS_MIN);
        run_load_and_kill(&mut server, &model, round, Duration::from_millis(load_ms), Random(&entropy).next()).await;
        server = Server::start(folder.path());
        check_round(&server, &model, round, from, Random(&entropy).below(2) == 0).await;
    }
    check_everything(&server, &model, rounds).await;
    let model = model.lock().expect("no holder of this lock can panic");
    eprintln!(
        "crash: {} acknowledged writes over {rounds} kills in {:.0?}, {} more seen that were cut off in flight",
        model.acknowledged(),
        began.elapsed(),
        model.seen() - model.acknowledged(),
    );
    assert!(model.acknowledged() > rounds as usize, "the load was too light to prove anything");
    assert!(server.table_files() > 0, "no flush ever ran, so none was interrupted");
}

/// Makes the user of each writer, whose tag it sets over and over.
async fn prepare(server: &Server, model: &Mutex<Model>, round: u64) {
    let mut client = Client::connect(server.address, account_of(round)).await.expect("the server accepts connections");
    for writer in 0..WRITERS {
        let op = Op::Create { name: writer_name(round, writer), path: "/writers/".to_owned() };
        let request_id = client.write(&op).await.expect("an idle server answers").expect("a new user can be made");
        model.lock().expect("no holder of this lock can panic").acknowledge(&op, request_id);
    }
}

/// Moves the clock past everything that was, and `secs` more; gives the whole second it then reads.
async fn move_clock_on(server: &Server, model: &Mutex<Model>, secs: u64) -> Timestamp {
    let mut client = Client::connect(server.address, account_of(0)).await.expect("the server accepts connections");
    let now = client.clock().await.expect("the clock can be read");
    let latest = model.lock().expect("no holder of this lock can panic").latest.max(now);
    let goal = latest.truncate_to_secs().plus(Duration::from_secs(2 + secs));
    client.set_clock(goal).await.expect("the clock can be moved on");
    model.lock().expect("no holder of this lock can panic").latest = goal;
    goal
}

/// Moves the clock to where it was before the kill, if the start set it back; gives the time it reads.
async fn catch_up(client: &mut Client, model: &Mutex<Model>) -> Timestamp {
    let now = client.clock().await.expect("the clock can be read");
    let latest = model.lock().expect("no holder of this lock can panic").latest;
    match now < latest {
        true => client.set_clock(latest).await.expect("the clock can be moved on"),
        false => now,
    }
}

/// Lets all writers write, and the clock run, for as long as told; then kills the server under them.
async fn run_load_and_kill(server: &mut Server, model: &Arc<Mutex<Model>>, round: u64, time: Duration, seed: u64) {
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let entropy = SeededEntropy::new(seed.wrapping_add(writer as u64));
        tasks.spawn(write_until_cut_off(server.address, model.clone(), round, writer, entropy));
    }
    tasks.spawn(move_clock_until_cut_off(server.address, model.clone(), SeededEntropy::new(!seed)));
    if let Ok(ended) = tokio::time::timeout(time, tasks.join_next()).await {
        ended.expect("there are tasks").expect("a writer does not panic");
        panic!("the server closed a connection before it was killed:\n{}", server.log());
    }
    server.kill();
    while let Some(ended) = tasks.join_next().await {
        ended.expect("a writer does not panic");
    }
}

/// Writes one change after the other until the connection breaks.
async fn write_until_cut_off(
    address: SocketAddr,
    model: Arc<Mutex<Model>>,
    round: u64,
    writer: usize,
    entropy: SeededEntropy,
) {
    let Ok(mut client) = Client::connect(address, account_of(round)).await else { return };
    for count in 0.. {
        let op = next_op(&model, round, writer, count, &Random(&entropy));
        model.lock().expect("no holder of this lock can panic").attempt(&op);
        let Ok(answer) = client.write(&op).await else { return };
        let request_id = answer.unwrap_or_else(|refusal| panic!("{op:?} was refused: {refusal}"));
        model.lock().expect("no holder of this lock can panic").acknowledge(&op, request_id);
    }
}

/// Moves the clock on, so that flushes and merges fall due, until the connection breaks.
async fn move_clock_until_cut_off(address: SocketAddr, model: Arc<Mutex<Model>>, entropy: SeededEntropy) {
    let Ok(mut client) = Client::connect(address, account_of(0)).await else { return };
    loop {
        let step = Duration::from_millis(5_000 + Random(&entropy).below(60_000));
        let goal = {
            let mut model = model.lock().expect("no holder of this lock can panic");
            // Noted before it is sent: the move may happen though its answer is cut off.
            model.latest = model.latest.plus(step);
            model.latest
        };
        if client.set_clock(goal).await.is_err() {
            return;
        }
    }
}

fn next_op(model: &Mutex<Model>, round: u64, writer: usize, count: u64, random: &Random) -> Op {
    let name = |count: u64| format!("u-{round}-{writer}-{count}");
    match random.below(8) {
        0..4 => Op::Create { name: name(count), path: path_of(round) },
        4 => {
            let model = model.lock().expect("no holder of this lock can panic");
            match (0..count).map(name).find(|name| model.is_present(name)) {
                Some(name) => Op::Delete { name },
                None => Op::Create { name: name(count), path: path_of(round) },
            }
        }
        _ => Op::Tag { name: writer_name(round, writer), value: format!("{round}-{count}") },
    }
}

/// Compares what the server shows of one round with what it acknowledged.
async fn check_round(server: &Server, model: &Mutex<Model>, round: u64, from: Timestamp, by_attribute: bool) {
    let mut client = Client::connect(server.address, account_of(round)).await.expect("the server accepts connections");
    let to = catch_up(&mut client, model).await;
    let found = client.events(from, to, by_attribute).await.expect("look-ups are answered");
    let users = client.users(&path_of(round)).await.expect("the users can be listed");
    let mut tags = BTreeMap::new();
    for writer in 0..WRITERS {
        let tag = client.tag(&writer_name(round, writer)).await.expect("a writer's user is there");
        tags.insert(writer_name(round, writer), tag);
    }
    let mut model = model.lock().expect("no holder of this lock can panic");
    model.check_events(&found, from).unwrap_or_else(|wrong| panic!("after kill {round}: {wrong}\n{}", server.log()));
    model
        .check_users(&format!("u-{round}-"), &users)
        .unwrap_or_else(|wrong| panic!("after kill {round}: {wrong}\n{}", server.log()));
    model.check_tags(&tags).unwrap_or_else(|wrong| panic!("after kill {round}: {wrong}\n{}", server.log()));
}

/// Compares everything that was ever acknowledged with what is there in the end.
async fn check_everything(server: &Server, model: &Mutex<Model>, rounds: u64) {
    let (mut found, mut users) = (Vec::new(), Vec::new());
    for round in (0..rounds).step_by(ROUNDS_PER_ACCOUNT as usize) {
        let account = account_of(round);
        let mut client = Client::connect(server.address, account).await.expect("the server accepts connections");
        let to = catch_up(&mut client, model).await;
        found.extend(client.events(Timestamp::MIN, to, true).await.expect("look-ups are answered"));
        users.extend(client.users("/r").await.expect("the users can be listed"));
    }
    let mut model = model.lock().expect("no holder of this lock can panic");
    model.check_events(&found, Timestamp::MIN).unwrap_or_else(|wrong| panic!("in the end: {wrong}"));
    model.check_users("u-", &users).unwrap_or_else(|wrong| panic!("in the end: {wrong}"));
}

fn writer_name(round: u64, writer: usize) -> String {
    format!("writer-{}-{writer}", account_of(round))
}

/// The account that a round's writers work in.
fn account_of(round: u64) -> String {
    format!("{:012}", 300_000_000_000 + round / ROUNDS_PER_ACCOUNT)
}

fn path_of(round: u64) -> String {
    format!("/r{round}/")
}

fn number_from_environment(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a number, not '{text}'")))
}

/// Random numbers from a source of bytes.
struct Random<'a>(&'a dyn Entropy);

impl Random<'_> {
    fn next(&self) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    /// A number under `bound`, or 0 when that is 0.
    fn below(&self, bound: u64) -> u64 {
        self.next().checked_rem(bound).unwrap_or(0)
    }
}

/// The machine's time, which signatures go by.
fn machine_now() -> Timestamp {
    SystemClock.now()
}
