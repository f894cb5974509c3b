//! Telling the server: that this machine is there, and what is installed on it.
//!
//! A collection that could not be told is replaced by the next one. What the server has acknowledged is
//! remembered by its hash, and told as that hash alone as long as it stays the same (I-1).

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base::{Clock, Entropy, Timestamp};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::gather::{self, Gathered};
use super::host::{Host, addresses};
use super::identity::{self, InstanceId, is_instance_id};
use super::instance::{self, AGENT, PLATFORM};
use super::item::{Content, Cut, Item, fit};
use super::request::{Form, first_call, write};
use super::settings::{Activation, InventorySettings};
use super::state::{self, Identity, State, Told};
use crate::client::{Client, JsonCall, Reply, TOO_LONG, judge_json};
use crate::delivery::wait_after;
use crate::run::pause;

/// The service of the signature's scope, and what operations are called in.
const SERVICE: &str = "ssm";
const TARGET: &str = "AmazonSSM";
/// How often this machine says that it is there (config.md §9.4).
const HEARTBEAT: Duration = Duration::from_secs(5 * 60);
/// What the server says when it has other content than the hash is of.
const MISMATCH: &str = "ItemContentMismatchException";
/// What it says to an instance that was deregistered.
const DEREGISTERED: &str = "InvalidInstanceId";
/// Codes that say what is wrong with an item itself (I-2).
const FINAL: [&str; 10] = [
    "CustomSchemaCountLimitExceededException",
    "InvalidInventoryItemContextException",
    "InvalidItemContentException",
    "InvalidTypeNameException",
    "ItemSizeLimitExceededException",
    "SubTypeCountLimitExceededException",
    "TotalSizeLimitExceededException",
    "UnsupportedInventorySchemaVersionException",
    "ValidationException",
    TOO_LONG,
];

/// The machine that inventory is of.
#[derive(Clone, Debug)]
pub struct Place {
    /// Where its files are: `/`.
    pub root: PathBuf,
    /// Folders where programs are looked for.
    pub search: Vec<PathBuf>,
    /// The folder for what is remembered.
    pub folder: PathBuf,
}

/// Collects and tells.
pub struct InventoryDelivery {
    settings: InventorySettings,
    place: Place,
    client: Client,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    state: State,
    heartbeat_at: Timestamp,
    collect_at: Timestamp,
    waiting: Option<Collected>,
    failures: u32,
    /// What was wrong the last time: it is logged once.
    known_troubles: BTreeSet<String>,
}

/// What was collected and is to be told.
struct Collected {
    at: Timestamp,
    contents: Vec<Content>,
    /// Types that were told before and that there is nothing of any more: they are told of once.
    gone: BTreeSet<String>,
}

/// Why something was not told.
#[derive(Debug, PartialEq, Eq)]
enum Untold {
    /// It can be told another time.
    Later(String),
    /// This instance is not wanted any more.
    Deregistered(String),
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// To go on at this time.
    At(Timestamp),
    /// Nothing more: the server does not want this instance.
    Never,
}

impl InventoryDelivery {
    /// A delivery that begins at once; it remembers in `place.folder`.
    ///
    /// # Errors
    /// What is remembered cannot be read.
    pub fn open(
        settings: InventorySettings,
        place: Place,
        client: Client,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> std::io::Result<Self> {
        let (state, now) = (state::load(&place.folder)?, clock.now());
        let (heartbeat_at, collect_at, known_troubles) = (now, now, BTreeSet::new());
        let (waiting, failures) = (None, 0);
        Ok(Self {
            settings,
            place,
            client,
            clock,
            entropy,
            state,
            heartbeat_at,
            collect_at,
            waiting,
            failures,
            known_troubles,
        })
    }

    /// Collects and tells until told to stop. What was not told by then, the next start collects anew.
    pub async fn run(mut self, stop: CancellationToken) {
        loop {
            let now = self.clock.now();
            let next = tokio::select! {
                () = stop.cancelled() => return,
                next = self.step(now) => next,
            };
            let Next::At(next) = next else { return };
            let now = self.clock.now();
            tokio::select! {
                () = stop.cancelled() => return,
                () = pause(now, next) => {}
            }
        }
    }

    /// Does what is due at `now`.
    pub(super) async fn step(&mut self, now: Timestamp) -> Next {
        match self.tell_all(now).await {
            Ok(()) => {
                if std::mem::take(&mut self.failures) > 0 {
                    tracing::info!("the server takes inventory again");
                }
                Next::At(self.heartbeat_at.min(self.collect_at))
            }
            Err(Untold::Later(reason)) => {
                let wait = wait_after(self.failures, &*self.entropy);
                self.failures = self.failures.saturating_add(1);
                let (endpoint, wait_s) = (self.client.endpoint(), wait.as_secs_f64());
                tracing::warn!(%endpoint, %reason, wait_s, "the server did not take inventory: the newest is told later");
                Next::At(now.plus(wait))
            }
            Err(Untold::Deregistered(said)) => {
                tracing::error!(%said, "the server does not want this instance: inventory ends until the agent is started again");
                Next::Never
            }
        }
    }

    async fn tell_all(&mut self, now: Timestamp) -> Result<(), Untold> {
        let host = self.host_without_programs();
        let id = self.identify(&host).await?;
        if now >= self.heartbeat_at {
            self.heartbeat(&id, host).await?;
            self.heartbeat_at = now.plus(HEARTBEAT);
        }
        if now >= self.collect_at {
            self.collect_at = now.plus(self.settings.period);
            let gathered = self.gather(&id).await;
            self.waiting = Some(self.collected(now, gathered, &id));
        }
        match self.waiting.take() {
            None => Ok(()),
            Some(collected) => {
                let told = self.put(&id, &collected).await;
                if told.is_err() {
                    self.waiting = Some(collected);
                }
                told
            }
        }
    }

    fn host_without_programs(&self) -> Host {
        let Place { root, search, .. } = self.place.clone();
        Host { root, search, said: Vec::new(), addresses: addresses().unwrap_or_default() }
    }

    /// Which instance this machine is; it registers where it is told to and has not yet.
    async fn identify(&mut self, host: &Host) -> Result<InstanceId, Untold> {
        if let Some(id) = &self.settings.instance_id {
            return Ok(id.clone());
        }
        let fingerprint = identity::fingerprint(host);
        let activation = self.settings.activation.clone();
        let activation_id = activation.as_ref().map(|activation| activation.id.clone());
        if let Some(known) = &self.state.identity
            && (&known.fingerprint, &known.activation) == (&fingerprint, &activation_id)
        {
            return Ok(known.instance_id.clone());
        }
        let instance_id = match activation {
            Some(activation) => self.register(&activation, fingerprint.as_deref()).await?,
            None => match &fingerprint {
                Some(fingerprint) => identity::of_fingerprint(fingerprint),
                None => identity::random(&*self.entropy),
            },
        };
        tracing::info!(%instance_id, "this machine is a managed instance");
        self.state.identity =
            Some(Identity { instance_id: instance_id.clone(), fingerprint, activation: activation_id });
        self.save().await;
        Ok(instance_id)
    }

    async fn register(&mut self, activation: &Activation, fingerprint: Option<&str>) -> Result<InstanceId, Untold> {
        let mut input = json!({ "ActivationId": activation.id, "ActivationCode": activation.code });
        if let Some(fingerprint) = fingerprint {
            input["Fingerprint"] = fingerprint.into();
        }
        let call = call("RegisterManagedInstance", input.to_string().into());
        let reply = match self.client.call_unsigned(&call).await {
            Ok((status, body)) => judge_json(status, &body),
            Err(reason) => Reply::Later(reason),
        };
        match reply {
            Reply::Done(answer) => match answer["InstanceId"].as_str().filter(|id| is_instance_id(id)) {
                Some(id) => Ok(InstanceId(id.to_owned())),
                None => Err(Untold::Later("RegisterManagedInstance: the answer has no instance".to_owned())),
            },
            Reply::Refused { said, .. } | Reply::Later(said) => {
                Err(Untold::Later(format!("RegisterManagedInstance: {said}")))
            }
        }
    }

    async fn heartbeat(&mut self, id: &InstanceId, host: Host) -> Result<(), Untold> {
        let found = tokio::task::spawn_blocking(move || instance::collect(&host));
        let found = found.await.expect("reading files does not panic");
        let mut input = json!({
            "InstanceId": id,
            "AgentName": AGENT,
            "AgentVersion": env!("CARGO_PKG_VERSION"),
            "AgentStatus": "Active",
            "PlatformType": PLATFORM,
        });
        let known = [
            ("PlatformName", found.platform_name),
            ("PlatformVersion", found.platform_version),
            ("IPAddress", found.ip_address),
            ("ComputerName", found.computer_name),
        ];
        for (name, value) in known.into_iter().filter(|(_, value)| !value.is_empty()) {
            input[name] = Value::String(value);
        }
        match self.call("UpdateInstanceInformation", input.to_string().into()).await {
            Reply::Done(_) => Ok(()),
            Reply::Refused { code, said, .. } if code == DEREGISTERED => Err(Untold::Deregistered(said)),
            Reply::Refused { said, .. } | Reply::Later(said) => {
                Err(Untold::Later(format!("UpdateInstanceInformation: {said}")))
            }
        }
    }

    async fn gather(&self, id: &InstanceId) -> Gathered {
        let (settings, id, Place { root, search, .. }) = (self.settings.clone(), id.clone(), self.place.clone());
        let host = gather::ask(&settings, root, search).await;
        let done = tokio::task::spawn_blocking(move || gather::collect(&host, &settings, &id));
        done.await.expect("collecting does not panic")
    }

    /// What is to be told: what was found, and that what was told before and is nowhere now is not there.
    fn collected(&mut self, at: Timestamp, gathered: Gathered, id: &InstanceId) -> Collected {
        if self.state.told_of.as_ref() != Some(id) {
            self.state.told.clear();
            self.state.told_of = Some(id.clone());
        }
        let found: BTreeSet<&str> = gathered.items.iter().map(|item| &*item.type_name).collect();
        let is_gone = |name: &str| !found.contains(name) && !gathered.is_unknown(name);
        let gone = self.state.told.iter().filter(|(name, _)| is_gone(name));
        let gone: Vec<Item> = gone.map(|(name, told)| Item::new(name, &told.schema_version, Vec::new())).collect();
        let gone_names = gone.iter().map(|item| item.type_name.clone()).collect();
        let mut troubles = BTreeSet::new();
        for unknown in &gathered.unknown {
            troubles
                .insert(format!("{} cannot be collected, what was told of it stays: {}", unknown.what, unknown.why));
        }
        let contents: Vec<Content> = gathered.items.into_iter().chain(gone).map(fit).collect();
        for Content { type_name, cut: Cut { entries, summaries }, .. } in &contents {
            if (*entries, *summaries) != (0, 0) {
                troubles.insert(format!(
                    "{type_name} is larger than inventory takes: {entries} entries are left out, {summaries} have no summary"
                ));
            }
        }
        troubles.difference(&self.known_troubles).for_each(|trouble| tracing::error!(%trouble, "INVENTORY INCOMPLETE"));
        self.known_troubles = troubles;
        Collected { at, contents, gone: gone_names }
    }

    /// Tells everything, in as few calls as there can be.
    async fn put(&mut self, id: &InstanceId, collected: &Collected) -> Result<(), Untold> {
        let form = |content: &Content| match self.state.told.get(&content.type_name) {
            Some(told) if told.hash == content.hash && told.schema_version == content.schema_version => Form::Hash,
            _ => Form::Whole,
        };
        let mut open: Vec<(&Content, Form)> =
            collected.contents.iter().map(|content| (content, form(content))).collect();
        let mut is_one_by_one = false;
        while !open.is_empty() {
            let count = if is_one_by_one { 1 } else { first_call(&open) };
            let input = write(id, collected.at, &open[..count]);
            match self.call("PutInventory", input).await {
                Reply::Done(_) => {
                    let whole = open[..count].iter().filter(|(_, form)| *form == Form::Whole).count();
                    tracing::debug!(types = count, whole, "told inventory");
                    open.drain(..count).for_each(|(content, _)| self.remember(content, &collected.gone));
                    self.save().await;
                }
                Reply::Refused { code, .. }
                    if code == MISMATCH && open[..count].iter().any(|(_, form)| *form == Form::Hash) =>
                {
                    open[..count].iter_mut().for_each(|(_, form)| *form = Form::Whole);
                }
                Reply::Refused { code, said, .. } if code == DEREGISTERED => return Err(Untold::Deregistered(said)),
                Reply::Refused { code, said, answer } if FINAL.contains(&&*code) || code == MISMATCH => {
                    let named = answer["TypeName"].as_str();
                    let named = open[..count].iter().position(|(content, _)| Some(&*content.type_name) == named);
                    match named.or((count == 1).then_some(0)) {
                        Some(at) => {
                            let (content, _) = open.remove(at);
                            let (type_name, bytes) = (&content.type_name, content.json.len());
                            tracing::error!(type_name, bytes, %said, "INVENTORY LOST: the server refused a type for good");
                            self.state.told.remove(type_name);
                        }
                        // It is one of these, and the others are not to suffer for it.
                        None => is_one_by_one = true,
                    }
                }
                Reply::Refused { said, .. } | Reply::Later(said) => {
                    return Err(Untold::Later(format!("PutInventory: {said}")));
                }
            }
        }
        Ok(())
    }

    fn remember(&mut self, content: &Content, gone: &BTreeSet<String>) {
        let Content { type_name, schema_version, hash, .. } = content;
        if gone.contains(type_name) {
            self.state.told.remove(type_name);
            return;
        }
        let told = Told { schema_version: schema_version.clone(), hash: hash.clone() };
        self.state.told.insert(type_name.clone(), told);
    }

    async fn save(&self) {
        let (folder, state) = (self.place.folder.clone(), self.state.clone());
        let saved = tokio::task::spawn_blocking(move || state::save(&folder, &state));
        if let Err(error) = saved.await.expect("writing a file does not panic") {
            tracing::error!(%error, "what was told of inventory cannot be written: it is told again after a restart");
        }
    }

    async fn call(&mut self, operation: &str, input: Vec<u8>) -> Reply {
        // Collecting takes its time, and a signature is to be fresh.
        let now = self.clock.now();
        match self.client.call(&call(operation, input), now).await {
            Ok((status, body)) => judge_json(status, &body),
            Err(reason) => Reply::Later(reason),
        }
    }
}

fn call(operation: &str, input: Vec<u8>) -> JsonCall {
    JsonCall { service: SERVICE, target: format!("{TARGET}.{operation}"), body: input.into() }
}

#[cfg(test)]
mod tests;
