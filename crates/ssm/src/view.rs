//! A host as questions see it: its types of inventory, each unpacked when it is asked for, and those that the service
//! itself tells.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

use base::{Scope, Timestamp};
use store::catalog::Catalog;

use crate::contacts::Ping;
use crate::content::Entry;
use crate::instances;
use crate::inventory_types::{INSTANCE_INFORMATION, TAG};
use crate::record::{ContentRecord, InstanceRecord, TypeHead};
use crate::service::Parts;

/// A host at a time.
pub(crate) struct View<'a> {
    pub(crate) id: &'a str,
    pub(crate) record: &'a InstanceRecord,
    pub(crate) last_contact: Timestamp,
    catalog: &'a Catalog,
    scope: &'a Scope,
    now: Timestamp,
    read: RefCell<HashMap<String, Option<Arc<Vec<Entry>>>>>,
    information: OnceCell<Entry>,
    /// How many bytes were unpacked.
    unpacked_bytes: Cell<usize>,
}

impl<'a> View<'a> {
    pub(crate) fn new(
        parts: &'a Parts,
        scope: &'a Scope,
        id: &'a str,
        record: &'a InstanceRecord,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            record,
            last_contact: parts.contacts.last(scope, id, record),
            catalog: &parts.catalog,
            scope,
            now,
            read: RefCell::default(),
            information: OnceCell::new(),
            unpacked_bytes: Cell::new(0),
        }
    }

    /// Whether the host has a type. What it is, the service knows of each.
    pub(crate) fn has(&self, type_name: &str) -> bool {
        match type_name {
            INSTANCE_INFORMATION => true,
            TAG => !self.record.tags.is_empty(),
            told => self.record.types.contains_key(told),
        }
    }

    /// The entries of a type; `None` where the host does not have it.
    pub(crate) fn entries(&self, type_name: &str) -> Option<Arc<Vec<Entry>>> {
        if let Some(read) = self.read.borrow().get(type_name) {
            return read.clone();
        }
        let entries = match type_name {
            INSTANCE_INFORMATION => Some(vec![self.information().clone()]),
            TAG => self.has(TAG).then(|| self.tags()),
            told => self.told(told),
        };
        let entries = entries.map(Arc::new);
        self.read.borrow_mut().insert(type_name.to_owned(), entries.clone());
        entries
    }

    /// What is known of a type: for what the service tells, what it would have been told as.
    pub(crate) fn head(&self, type_name: &str) -> Option<TypeHead> {
        let own = || TypeHead {
            schema_version: "1.0".to_owned(),
            capture_time: self.last_contact.iso_secs(),
            content_hash: None,
            context: std::collections::BTreeMap::new(),
            bytes: 0,
            received: self.last_contact,
        };
        match self.record.head(type_name) {
            Some(head) => Some(head.clone()),
            None => self.has(type_name).then(own),
        }
    }

    /// How many bytes of inventory were unpacked for what was asked so far.
    pub(crate) fn unpacked_bytes(&self) -> usize {
        self.unpacked_bytes.get()
    }

    /// What the agent told of a type.
    pub(crate) fn told(&self, type_name: &str) -> Option<Vec<Entry>> {
        let head = self.record.head(type_name)?;
        let found = self.catalog.get::<ContentRecord>(&instances::part_key(self.scope, self.id, type_name))?;
        self.unpacked_bytes.set(self.unpacked_bytes.get() + head.bytes);
        Some(found.value.0.entries())
    }

    /// `AWS:InstanceInformation`: what the agent told of that type, where it did, over what it said when it was heard of,
    /// and whether it is there.
    pub(crate) fn information(&self) -> &Entry {
        self.information.get_or_init(|| {
            let mut entry = self.description();
            entry.extend(self.told(INSTANCE_INFORMATION).into_iter().flatten().next().unwrap_or_default());
            entry.insert("InstanceId".to_owned(), self.id.to_owned());
            entry.insert("InstanceStatus".to_owned(), self.status().to_owned());
            entry
        })
    }

    /// What the agent said when it was heard of.
    fn description(&self) -> Entry {
        let agent = &self.record.agent;
        let said = [
            ("AgentStatus", &agent.agent_status),
            ("AgentType", &agent.agent_name),
            ("AgentVersion", &agent.agent_version),
            ("ComputerName", &agent.computer_name),
            ("IpAddress", &agent.ip_address),
            ("PlatformName", &agent.platform_name),
            ("PlatformType", &agent.platform_type),
            ("PlatformVersion", &agent.platform_version),
        ];
        let said = said.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)));
        let resource_type = instances::resource_type(self.id).as_str();
        said.chain([("ResourceType".to_owned(), resource_type.to_owned())]).collect()
    }

    /// The words of AWS.
    fn status(&self) -> &'static str {
        match Ping::of(self.last_contact, self.now) {
            _ if self.record.deregistered.is_some() => "Terminated",
            Ping::Online => "Active",
            Ping::ConnectionLost | Ping::Inactive => "ConnectionLost",
        }
    }

    fn tags(&self) -> Vec<Entry> {
        let entry = |(key, value): (&String, &String)| {
            [("Key".to_owned(), key.clone()), ("Value".to_owned(), value.clone())].into()
        };
        self.record.tags.iter().map(entry).collect()
    }
}
