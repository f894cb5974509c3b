//! Which operations take the members that name resources: what another member of that name says is nobody's.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::distil::entries;

/// Members that name resources, in lower case, beside those whose names end in `arn` and `arns`: what
/// `gateway::resources` has a template for.
const NAMES: &[&str] = &[
    "aliasname",
    "cacheclusterid",
    "cluster",
    "clusterid",
    "clusteridentifier",
    "clustername",
    "databasename",
    "dbclusteridentifier",
    "dbinstanceidentifier",
    "deliverystreamname",
    "destinationkeyid",
    "eventbusname",
    "filesystemid",
    "functionname",
    "globaltablename",
    "groupid",
    "identitypoolid",
    "imageid",
    "instanceid",
    "internetgatewayid",
    "keyid",
    "keyname",
    "layername",
    "name",
    "names",
    "networkinterfaceid",
    "path",
    "pipelinename",
    "projectname",
    "queuename",
    "queueurl",
    "repositoryname",
    "requestitems",
    "resource",
    "routetableid",
    "rule",
    "secretid",
    "securitygroupid",
    "snapshotid",
    "sourcekeyid",
    "sourcetablename",
    "stackname",
    "streamname",
    "subnetid",
    "tablename",
    "targetkeyid",
    "targettablename",
    "userpoolid",
    "volumeid",
    "vpcid",
];
/// Structures in lists and structures in those are looked into.
const DEPTH_MAX: usize = 3;

/// `Operation=Member+Member`, by the members' names on the wire and in models.
pub fn takes(model: &Value) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (operation, described) in entries(&model["operations"]) {
        let mut names = BTreeSet::new();
        if let Some(shape) = described["input"]["shape"].as_str() {
            collect(model, shape, 0, &mut names);
        }
        if !names.is_empty() {
            all.insert(format!("{operation}={}", names.into_iter().collect::<Vec<_>>().join("+")));
        }
    }
    all
}

fn collect(model: &Value, shape: &str, depth: usize, names: &mut BTreeSet<String>) {
    if depth == DEPTH_MAX {
        return;
    }
    for (name, member) in entries(&model["shapes"][shape]["members"]) {
        for name in [Some(name.as_str()), member["locationName"].as_str()].into_iter().flatten() {
            let name = name.to_ascii_lowercase();
            if name.ends_with("arn") || name.ends_with("arns") || NAMES.contains(&name.as_str()) {
                names.insert(name);
            }
        }
        let Some(target) = member["shape"].as_str() else { continue };
        let found = &model["shapes"][target];
        match found["type"].as_str() {
            Some("structure") if depth > 0 => collect(model, target, depth + 1, names),
            Some("list") if depth == 0 => {
                if let Some(element) = found["member"]["shape"].as_str() {
                    collect(model, element, depth + 1, names);
                }
            }
            _ => {}
        }
    }
}
