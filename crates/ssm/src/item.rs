//! What AWS Config is told of a host: its inventory, and how it complies (config.md §9.3).

use std::collections::BTreeMap;

use base::{Scope, Timestamp};
use serde_json::{Map, Value, json};

use crate::compliance::{self, Compliance};
use crate::content::{self, Entry};
use crate::instances;
use crate::inventory_types::{self, INSTANCE_INFORMATION, Teller};
use crate::ports::{Description, Observed};
use crate::record::InstanceRecord;
use crate::service::Parts;
use crate::view::View;

const INVENTORY: &str = "AWS::SSM::ManagedInstanceInventory";
const INSTANCE: &str = "AWS::EC2::Instance";

/// Types of compliance that Config has types for.
const COMPLIANCE: &[(&str, &str)] =
    &[("Association", "AWS::SSM::AssociationCompliance"), ("Patch", "AWS::SSM::PatchCompliance")];

/// Attributes of `AWS:InstanceInformation` that change while nothing of the host does.
const PASSING: &[&str] = &["AgentStatus", "InstanceStatus"];

/// All that Config is told of a host. What is not there (any more) is told as gone.
pub(crate) fn observed(
    parts: &Parts,
    scope: &Scope,
    id: &str,
    record: &InstanceRecord,
    now: Timestamp,
) -> Vec<Observed> {
    let view = View::new(parts, scope, id, record, now);
    let inventory = Observed {
        resource_type: INVENTORY,
        resource_id: id.to_owned(),
        description: inventory(&view, scope, parts.settings.items_hold_all_types),
    };
    let complies = COMPLIANCE.iter().map(|(compliance_type, resource_type)| {
        let found = compliance::find(&parts.catalog, scope, id, compliance_type);
        Observed {
            resource_type,
            resource_id: format!("{INVENTORY}/{id}"),
            description: found.map(|found| complying(id, compliance_type, &found)),
        }
    });
    std::iter::once(inventory).chain(complies).collect()
}

/// The inventory, once an agent has told some and until all of it is deleted (I-4, I-7).
fn inventory(view: &View<'_>, scope: &Scope, holds_all_types: bool) -> Option<Description> {
    let (id, record) = (view.id, view.record);
    let held: Vec<&String> = record.types.keys().filter(|name| is_held(name, holds_all_types)).collect();
    if held.is_empty() {
        return None;
    }
    // What the host is, every item says, whether the agent told it as inventory or of itself.
    let information = INSTANCE_INFORMATION.to_owned();
    let types: std::collections::BTreeSet<&String> = held.into_iter().chain([&information]).collect();
    let configuration: Map<String, Value> =
        types.into_iter().filter_map(|name| Some((name.clone(), part(view, name)?))).collect();
    let unmanaged = record.is_unmanaged().then(|| ("InstanceStatus".to_owned(), json!("Unmanaged")));
    Some(Description {
        arn: Some(arn(scope, &format!("managed-instance-inventory/{id}"))),
        availability_zone: None,
        tags: record.tags.clone(),
        associated_with: instances::is_ec2(id).then(|| (INSTANCE, id.to_owned())),
        configuration: Value::Object(configuration),
        supplementary: unmanaged.into_iter().collect(),
    })
}

fn is_held(type_name: &str, holds_all_types: bool) -> bool {
    match inventory_types::find(type_name) {
        Some(known) if known.teller == Teller::Agents => true,
        // Files are a type of Config's own (I-4).
        Some(known) => holds_all_types && known.name != "AWS:File",
        None => holds_all_types,
    }
}

/// A type of inventory in an item (I-5, I-6).
fn part(view: &View<'_>, type_name: &str) -> Option<Value> {
    let version = view.head(type_name)?.schema_version;
    let content = match type_name {
        INSTANCE_INFORMATION => {
            let mut entry = view.information().clone();
            entry.retain(|name, _| !PASSING.contains(&name.as_str()));
            json!({ view.id: entry })
        }
        told => {
            let mut entries: Vec<Entry> = view.told(told)?;
            content::sort(&mut entries);
            json!(entries)
        }
    };
    Some(json!({ "SchemaVersion": version, "Content": content }))
}

/// How a host complies.
fn complying(id: &str, compliance_type: &str, found: &Compliance) -> Description {
    let item = |item: &crate::record::ComplianceItem| {
        let mut told: BTreeMap<&str, Value> = BTreeMap::from([
            ("Id", json!(item.id)),
            ("Severity", json!(item.severity)),
            ("Status", json!(item.status)),
        ]);
        told.extend(item.title.as_ref().map(|title| ("Title", json!(title))));
        told.extend((!item.details.is_empty()).then(|| ("Details", json!(item.details))));
        json!(told)
    };
    let items: Vec<Value> = found.record.items.iter().map(item).collect();
    let configuration = json!({
        "AWS:ComplianceItem": { "SchemaVersion": "1.0", "Content": { compliance_type: items } },
        "AWS:ComplianceSummary": { "SchemaVersion": "1.0", "Content": { compliance_type: found.counts() } },
    });
    Description {
        arn: None,
        availability_zone: Some("Not Applicable"),
        tags: BTreeMap::new(),
        associated_with: Some((INVENTORY, id.to_owned())),
        configuration,
        supplementary: BTreeMap::new(),
    }
}

/// The ARN of something of Systems Manager.
pub(crate) fn arn(scope: &Scope, resource: &str) -> String {
    let Scope { account, region } = scope;
    format!("arn:{}:ssm:{region}:{account}:{resource}", region.partition().as_str())
}
