//! Log groups: by name and by ARN, and what is described of them.

use std::sync::Arc;

use api::logs::{errors, types};
use api::{CallContext, ServiceError};
use base::time::DAY_MS;
use base::{Arn, Scope, Timestamp};
use store::catalog::{Catalog, Expect, Key, Record, Transaction};
use store::log_event::GroupId;

use crate::record::{LogGroupClass, LogGroupRecord};

/// What a group's ARN has before the name.
const RESOURCE: &str = "log-group:";

/// A group as it was when it was read.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    /// Whose it is.
    pub(crate) scope: Scope,
    /// Its name.
    pub(crate) name: String,
    /// Its record.
    pub(crate) record: Arc<LogGroupRecord>,
    /// The record's version.
    pub(crate) version: u64,
}

impl Group {
    /// Its number.
    pub(crate) fn id(&self) -> GroupId {
        self.record.id
    }

    /// The key of its record.
    pub(crate) fn key(&self) -> Key {
        key(&self.scope, &self.name)
    }

    /// Its ARN, without `:*` (logs.md LG-5).
    pub(crate) fn arn(&self) -> String {
        arn(&self.scope, &self.name)
    }

    /// What a record's `@log` is: `account:name`.
    pub(crate) fn log(&self) -> String {
        format!("{}:{}", self.scope.account, self.name)
    }

    /// The earliest time that it still has at `now` (logs.md RT-3).
    pub(crate) fn kept_from(&self, now: Timestamp) -> Timestamp {
        self.record.kept_from(now)
    }

    /// The key of something that belongs to this group and goes with it.
    pub(crate) fn belonging(&self, name: &str) -> Key {
        Key::regional(&self.scope.account, &self.scope.region, format!("{}{name}", belongings(self.id())))
    }

    /// What belongs to this group, of one kind, with the names after the group's number.
    pub(crate) fn list<R: Record>(
        &self,
        catalog: &Catalog,
        prefix: &str,
    ) -> Vec<(String, store::catalog::Versioned<R>)> {
        let start = belongings(self.id());
        let found =
            catalog.list_prefix::<R>(&self.scope.account, Some(&self.scope.region), &format!("{start}{prefix}"));
        found.into_iter().map(|(name, record)| (name[start.len()..].to_owned(), record)).collect()
    }

    /// Whether anything of one kind belongs to this group.
    pub(crate) fn has<R: Record>(&self, catalog: &Catalog) -> bool {
        !self.list::<R>(catalog, "").is_empty()
    }

    /// Makes a transaction rest on the group being as it was read.
    pub(crate) fn require(&self, transaction: &mut Transaction) {
        transaction.check::<LogGroupRecord>(self.key(), Expect::Version(self.version));
    }

    /// Replaces the group's record.
    pub(crate) fn update(&self, transaction: &mut Transaction, record: &LogGroupRecord) {
        transaction.update(self.key(), self.version, record);
    }

    /// Refuses what only groups of the class `STANDARD` can do (logs.md LG-7).
    ///
    /// # Errors
    /// What `refusal` makes of the words.
    pub(crate) fn require_standard(&self, what: &str, refusal: fn(String) -> ServiceError) -> Result<(), ServiceError> {
        match self.record.class {
            LogGroupClass::Standard => Ok(()),
            class => Err(refusal(format!("{what} is not supported for log groups of the class {}.", class.as_str()))),
        }
    }

    /// What DescribeLogGroups gives of it, but for `storedBytes` (logs.md LG-5).
    pub(crate) fn described(&self) -> types::LogGroup {
        let arn = self.arn();
        types::LogGroup {
            log_group_name: Some(self.name.clone()),
            creation_time: Some(self.record.created.millis()),
            retention_in_days: self.record.retention_days.and_then(|days| i32::try_from(days).ok()),
            metric_filter_count: i32::try_from(self.record.metric_filters).ok(),
            arn: Some(format!("{arn}:*")),
            stored_bytes: None,
            kms_key_id: self.record.kms_key_id.clone(),
            data_protection_status: None,
            inherited_properties: None,
            log_group_class: Some(self.record.class.api()),
            log_group_arn: Some(arn),
            deletion_protection_enabled: Some(self.record.deletion_protection),
            bearer_token_authentication_enabled: None,
        }
    }
}

/// How names of what belongs to a group start.
pub(crate) fn belongings(group: GroupId) -> String {
    format!("{:016x}:", group.0)
}

/// The key of a group's record.
pub(crate) fn key(scope: &Scope, name: &str) -> Key {
    Key::regional(&scope.account, &scope.region, name)
}

/// A group's ARN, without `:*`.
pub(crate) fn arn(scope: &Scope, name: &str) -> String {
    arn_of(scope, &format!("{RESOURCE}{name}"))
}

/// The ARN of something of Logs, by its tail (logs.md §1.6).
pub(crate) fn arn_of(scope: &Scope, resource: &str) -> String {
    format!("arn:{}:logs:{}:{}:{resource}", scope.region.partition().as_str(), scope.region, scope.account)
}

/// The group of this name.
///
/// # Errors
/// logs.md LG-4.
pub(crate) fn find(catalog: &Catalog, scope: &Scope, name: &str) -> Result<Group, ServiceError> {
    get(catalog, scope, name).ok_or_else(not_found)
}

/// The group of this name, if there is one.
pub(crate) fn get(catalog: &Catalog, scope: &Scope, name: &str) -> Option<Group> {
    let found = catalog.get::<LogGroupRecord>(&key(scope, name))?;
    Some(Group { scope: scope.clone(), name: name.to_owned(), record: found.value, version: found.version })
}

/// All groups of an account in a region whose names start with `prefix`, by name.
pub(crate) fn list(catalog: &Catalog, scope: &Scope, prefix: &str) -> Vec<Group> {
    let found = catalog.list_prefix::<LogGroupRecord>(&scope.account, Some(&scope.region), prefix);
    let group = |(name, found): (String, store::catalog::Versioned<LogGroupRecord>)| Group {
        scope: scope.clone(),
        name,
        record: found.value,
        version: found.version,
    };
    found.into_iter().map(group).collect()
}

/// Groups that are read from the catalog at once.
const READ_AT_ONCE: usize = 64;

/// As [`list`], from the group after the one of the name `after` on. The catalog is read as far as somebody goes on.
pub(crate) fn walk<'a>(
    catalog: &'a Catalog,
    scope: &'a Scope,
    prefix: &'a str,
    after: Option<String>,
) -> impl Iterator<Item = Group> + 'a {
    let mut place = Some(after);
    let chunks = std::iter::from_fn(move || {
        let after = place.take()?;
        let (account, region) = (&scope.account, Some(&scope.region));
        let found = catalog.list_after::<LogGroupRecord>(account, region, prefix, after.as_deref(), READ_AT_ONCE);
        place = found.last().filter(|_| found.len() == READ_AT_ONCE).map(|(name, _)| Some(name.clone()));
        Some(found)
    });
    chunks.flatten().map(|(name, found)| Group {
        scope: scope.clone(),
        name,
        record: found.value,
        version: found.version,
    })
}

/// logs.md LG-4.
pub(crate) fn not_found() -> ServiceError {
    errors::resource_not_found_exception("The specified log group does not exist.")
}

/// The group that an identifier names: a name, or an ARN without `:*` (logs.md W-7).
///
/// # Errors
/// logs.md LG-4, also for groups of other accounts and regions; `InvalidParameterException` for an ARN of
/// something else.
pub(crate) fn identified(catalog: &Catalog, cx: &CallContext, identifier: &str) -> Result<Group, ServiceError> {
    find(catalog, &cx.scope(), name_of(cx, identifier)?)
}

/// The name that an identifier holds.
///
/// # Errors
/// As [`identified`].
pub(crate) fn name_of<'a>(cx: &CallContext, identifier: &'a str) -> Result<&'a str, ServiceError> {
    if !identifier.contains(':') {
        return Ok(identifier);
    }
    let invalid = || errors::invalid_parameter_exception(format!("The identifier {identifier} names no log group."));
    let parsed: Arn = identifier.parse().map_err(|_| invalid())?;
    if parsed.service != "logs" || !parsed.resource.starts_with(RESOURCE) {
        return Err(invalid());
    }
    let scope = cx.scope();
    let prefix = arn(&scope, "");
    // Each group has one ARN, so what is authorized is what is touched.
    match identifier.strip_prefix(prefix.as_str()) {
        Some(name) if !name.is_empty() && !name.contains(':') => Ok(name),
        Some(_) => Err(invalid()),
        None => Err(not_found()),
    }
}

/// The group of a call that takes a name or an identifier, exactly one of them (logs.md W-7).
///
/// # Errors
/// logs.md W-7; as [`identified`].
pub(crate) fn named(
    catalog: &Catalog,
    cx: &CallContext,
    name: Option<&str>,
    identifier: Option<&str>,
) -> Result<Group, ServiceError> {
    match (name, identifier) {
        (Some(name), None) => find(catalog, &cx.scope(), name),
        (None, Some(identifier)) => identified(catalog, cx, identifier),
        (Some(_), Some(_)) => {
            let message = "LogGroup name and LogGroup ARN are mutually exclusive parameters.";
            Err(errors::validation_exception(message))
        }
        (None, None) => {
            let message = "Either logGroupName or logGroupIdentifier must be specified.";
            Err(errors::invalid_parameter_exception(message))
        }
    }
}

impl LogGroupRecord {
    /// The earliest time that is still kept at `now` (logs.md RT-3).
    pub fn kept_from(&self, now: Timestamp) -> Timestamp {
        match self.retention_days {
            // Events have no times before the epoch (logs.md PE-1).
            None => Timestamp::from_millis(0),
            Some(days) => now.plus_millis(-DAY_MS * i64::from(days)).max(Timestamp::from_millis(0)),
        }
    }
}

impl LogGroupClass {
    /// As the API spells it.
    pub fn as_str(self) -> &'static str {
        self.api().as_str()
    }

    /// As the API's type has it.
    pub fn api(self) -> types::LogGroupClass {
        match self {
            Self::Standard => types::LogGroupClass::Standard,
            Self::InfrequentAccess => types::LogGroupClass::InfrequentAccess,
            Self::Delivery => types::LogGroupClass::Delivery,
        }
    }

    /// Of the API's type.
    pub fn of(class: types::LogGroupClass) -> Self {
        match class {
            types::LogGroupClass::Standard => Self::Standard,
            types::LogGroupClass::InfrequentAccess => Self::InfrequentAccess,
            types::LogGroupClass::Delivery => Self::Delivery,
        }
    }
}
