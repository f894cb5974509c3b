//! `DescribeInstanceInformation`: the hosts, and whether their agents are there.

use api::ssm::errors;
use api::ssm::types::{
    DescribeInstanceInformationRequest, DescribeInstanceInformationResult, InstanceInformation, PingStatus,
    PlatformType, SourceType,
};
use api::{CallContext, ServiceError};
use base::{Scope, Timestamp};
use store::catalog::Key;

use crate::contacts::Ping;
use crate::instances;
use crate::paging;
use crate::record::{InstanceRecord, Origin};
use crate::service::{Parts, Ssm};

const PAGE: usize = 50;

/// Keys of filters; `PlatformTypes` is the older name.
const KEYS: &[&str] = &[
    "InstanceIds",
    "AgentVersion",
    "PingStatus",
    "PlatformTypes",
    "PlatformType",
    "ActivationIds",
    "IamRole",
    "ResourceType",
    "AssociationStatus",
    "SourceIds",
    "SourceTypes",
    "tag-key",
];

/// What starts the key of a filter for one tag.
const TAG: &str = "tag:";

pub(super) async fn describe_instance_information(
    ssm: &Ssm,
    cx: &CallContext,
    input: DescribeInstanceInformationRequest,
) -> Result<DescribeInstanceInformationResult, ServiceError> {
    let DescribeInstanceInformationRequest { instance_information_filter_list, filters, max_results, next_token } =
        input;
    let asked = format!("DescribeInstanceInformation {instance_information_filter_list:?} {filters:?}");
    let (old, new) = (instance_information_filter_list.unwrap_or_default(), filters.unwrap_or_default());
    if !old.is_empty() && !new.is_empty() {
        let message = "Filters and InstanceInformationFilterList cannot be given together.";
        return Err(ServiceError::validation(message));
    }
    let old = old.into_iter().map(|filter| (filter.key.as_str().to_owned(), filter.value_set));
    let filters: Vec<_> = old.chain(new.into_iter().map(|filter| (filter.key, filter.values))).collect();
    filters.iter().try_for_each(|(key, values)| check(key, values))?;
    let (parts, scope) = (&ssm.parts, cx.scope());
    let after = paging::read::<String>(next_token.as_deref(), &asked, cx.now)?;
    let limit = paging::limit(max_results, PAGE);
    let from = Key::regional(&scope.account, &scope.region, after.clone().unwrap_or_default());
    let mut list: Vec<InstanceInformation> = Vec::new();
    let mut next = None;
    for (id, found) in parts.catalog.page::<InstanceRecord>(&from, "", usize::MAX) {
        let record = found.read().value;
        if after.as_deref() == Some(id.as_str()) || record.deregistered.is_some() {
            continue;
        }
        let host = Host { parts, scope: &scope, id: &id, record: &record, now: cx.now };
        if !filters.iter().all(|(key, values)| host.passes(key, values)) {
            continue;
        }
        if list.len() == limit {
            next = list.last().and_then(|last| last.instance_id.clone());
            break;
        }
        list.push(host.shown());
    }
    let next_token = next.map(|place| paging::write(&asked, place, cx.now));
    Ok(DescribeInstanceInformationResult { instance_information_list: Some(list), next_token })
}

/// # Errors
/// `InvalidFilterKey`, `InvalidInstanceInformationFilterValue`
fn check(key: &str, values: &[String]) -> Result<(), ServiceError> {
    let is_tag = key.strip_prefix(TAG).is_some_and(|tag| !tag.is_empty());
    if !is_tag && !KEYS.contains(&key) {
        return Err(errors::invalid_filter_key(format!("The specified key {key} isn't valid.")));
    }
    let known: Vec<&str> = match key {
        "PingStatus" => PingStatus::ALL.iter().map(|known| known.as_str()).collect(),
        "PlatformType" | "PlatformTypes" => PlatformType::ALL.iter().map(|known| known.as_str()).collect(),
        "ResourceType" => vec!["ManagedInstance", "EC2Instance"],
        "SourceTypes" => SourceType::ALL.iter().map(|known| known.as_str()).collect(),
        _ => return Ok(()),
    };
    match values.iter().find(|value| !known.contains(&value.as_str())) {
        None => Ok(()),
        Some(value) => {
            let message = format!("The specified filter value {value} isn't valid.");
            Err(errors::invalid_instance_information_filter_value(message))
        }
    }
}

/// A host as it is described.
struct Host<'a> {
    parts: &'a Parts,
    scope: &'a Scope,
    id: &'a str,
    record: &'a InstanceRecord,
    now: Timestamp,
}

impl Host<'_> {
    fn passes(&self, key: &str, values: &[String]) -> bool {
        let tags = &self.record.tags;
        if let Some(tag) = key.strip_prefix(TAG) {
            return tags.get(tag).is_some_and(|value| values.contains(value));
        }
        if key == "tag-key" {
            return values.iter().any(|value| tags.contains_key(value));
        }
        let agent = &self.record.agent;
        let value = match key {
            "InstanceIds" => Some(self.id.to_owned()),
            "AgentVersion" => agent.agent_version.clone(),
            "PingStatus" => Some(self.ping().as_str().to_owned()),
            "PlatformType" | "PlatformTypes" => agent.platform_type.clone(),
            "ActivationIds" => self.activation().map(|(id, _, _)| id.to_owned()),
            "IamRole" => self.activation().map(|(_, role, _)| role.to_owned()),
            "ResourceType" => Some(instances::resource_type(self.id).as_str().to_owned()),
            "SourceIds" => agent.source_id.clone(),
            "SourceTypes" => agent.source_type.clone(),
            // No host has associations here.
            _ => None,
        };
        value.is_some_and(|value| values.contains(&value))
    }

    fn ping(&self) -> PingStatus {
        match Ping::of(self.last_contact(), self.now) {
            Ping::Online => PingStatus::Online,
            Ping::ConnectionLost => PingStatus::ConnectionLost,
            Ping::Inactive => PingStatus::Inactive,
        }
    }

    fn last_contact(&self) -> Timestamp {
        self.parts.contacts.last(self.scope, self.id, self.record)
    }

    fn activation(&self) -> Option<(&str, &str, Option<&str>)> {
        match &self.record.origin {
            Origin::Itself => None,
            Origin::Activation { activation_id, iam_role, name, .. } => {
                Some((activation_id, iam_role, name.as_deref()))
            }
        }
    }

    fn shown(&self) -> InstanceInformation {
        let agent = &self.record.agent;
        let activation = self.activation();
        InstanceInformation {
            instance_id: Some(self.id.to_owned()),
            ping_status: Some(self.ping()),
            last_ping_date_time: Some(self.last_contact()),
            agent_version: agent.agent_version.clone(),
            is_latest_version: None,
            platform_type: agent.platform_type.as_deref().and_then(|word| word.parse().ok()),
            platform_name: agent.platform_name.clone(),
            platform_version: agent.platform_version.clone(),
            activation_id: activation.map(|(id, _, _)| id.to_owned()),
            iam_role: activation.map(|(_, role, _)| role.to_owned()),
            registration_date: (!instances::is_ec2(self.id)).then_some(self.record.registered),
            resource_type: Some(instances::resource_type(self.id)),
            name: activation.and_then(|(_, _, name)| name).map(str::to_owned),
            ip_address: agent.ip_address.clone(),
            computer_name: agent.computer_name.clone(),
            association_status: None,
            last_association_execution_date: None,
            last_successful_association_execution_date: None,
            association_overview: None,
            source_id: agent.source_id.clone(),
            source_type: agent.source_type.as_deref().and_then(|word| word.parse().ok()),
        }
    }
}
