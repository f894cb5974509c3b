//! Users, groups, roles and policies, told as an IAM that is asked tells of its own.
//!
//! All of an account is read at once, from the answer of GetAccountAuthorizationDetails; who is in a group and who uses
//! a policy is looked up in it.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use base::Scope;
use config::Description;
use config::discovery::{Answer, Call, CallFailed, CallForm, Lister, Upstream, complete, resource_type};
use config::ports::PortError;
use serde_json::{Map, Value as Json, json};
use wire::value::Value;

use super::casing::Casing;
use super::{Listing, OwnServices, untold};

/// The members of the answer: users, groups, roles, policies, as their types are asked for.
const LISTS: [(&str, &str); 4] = [
    ("User", "UserDetailList"),
    ("Group", "GroupDetailList"),
    ("Role", "RoleDetailList"),
    ("LocalManagedPolicy", "Policies"),
];

impl OwnServices {
    /// All resources of one of IAM's types.
    pub(super) async fn of_iam(&self, scope: &Scope, resource_type_name: &str) -> Result<Listing, PortError> {
        let Some(of) = resource_type(resource_type_name) else { return Ok(Vec::new()) };
        let account = self.account(scope, resource_type_name).await?;
        let listing = Lister::new(&account, scope).list(of).await;
        if let Some(failure) = listing.end.err().or_else(|| listing.untold.into_iter().find_map(|one| one.failure)) {
            return Err(untold(&failure));
        }
        let mut resources = listing.resources;
        resources.iter_mut().for_each(|(_, description)| account.complete(description));
        Ok(resources)
    }

    /// All of IAM in the account; of policies their tags too where they are what is asked for.
    async fn account(&self, scope: &Scope, resource_type_name: &str) -> Result<Account, PortError> {
        let iam = &*self.iam;
        let filter = LISTS.iter().map(|(kind, _)| Value::String((*kind).to_owned())).collect();
        let mut lists: BTreeMap<&str, Vec<Json>> = BTreeMap::new();
        let mut marker: Option<Value> = None;
        loop {
            let mut asked = vec![("Filter", Value::List(Vec::clone(&filter))), ("MaxItems", Value::Integer(1000))];
            asked.extend(marker.take().map(|marker| ("Marker", marker)));
            let answer = self.call(iam, scope, "GetAccountAuthorizationDetails", asked).await?;
            for (_, list) in LISTS {
                let found = answer.get(list).and_then(Value::as_list).unwrap_or_default();
                lists.entry(list).or_default().extend(found.iter().map(|found| Casing::Same.json(found)));
            }
            marker = answer.get("Marker").cloned();
            if marker.is_none() {
                break;
            }
        }
        if resource_type_name == POLICY {
            for policy in lists.entry("Policies").or_default() {
                let arn = Value::String(text(policy, "Arn").to_owned());
                let tags =
                    self.all_pages(iam, scope, ("ListPolicyTags", "Tags", "Marker"), &[("PolicyArn", arn)]).await;
                match tags {
                    Ok(tags) => policy["Tags"] = tags.iter().map(|tag| Casing::Same.json(tag)).collect(),
                    // It went meanwhile, which the next look tells.
                    Err(error) if error.code == "NoSuchEntity" => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(Account::new(lists))
    }
}

pub(super) const USER: &str = "AWS::IAM::User";
pub(super) const GROUP: &str = "AWS::IAM::Group";
pub(super) const ROLE: &str = "AWS::IAM::Role";
pub(super) const POLICY: &str = "AWS::IAM::Policy";

/// IAM of one account as something that can be asked.
#[derive(Default)]
struct Account {
    lists: BTreeMap<&'static str, Vec<Json>>,
    /// The users of each group, by its name.
    members: HashMap<String, Vec<Json>>,
    /// Whom each policy is attached to, by its ARN: the member of the answer that tells it, and who.
    attached: HashMap<String, BTreeMap<&'static str, Vec<Json>>>,
    /// The ids of groups and policies, by type and name.
    ids: HashMap<(&'static str, String), String>,
    /// Where policies are in their list, by ARN.
    policies: HashMap<String, usize>,
}

impl Account {
    fn new(lists: BTreeMap<&'static str, Vec<Json>>) -> Self {
        let mut account = Self::default();
        for (list, kind, told_as) in [
            ("UserDetailList", "User", "PolicyUsers"),
            ("GroupDetailList", "Group", "PolicyGroups"),
            ("RoleDetailList", "Role", "PolicyRoles"),
        ] {
            for holder in lists.get(list).into_iter().flatten() {
                for policy in elements(holder, "AttachedManagedPolicies") {
                    let users = account.attached.entry(text(policy, "PolicyArn").to_owned()).or_default();
                    users.entry(told_as).or_default().push(named(holder, kind));
                }
                for group in elements(holder, "GroupList").filter_map(Json::as_str) {
                    account.members.entry(group.to_owned()).or_default().push(named(holder, kind));
                }
            }
        }
        for (list, resource_type, kind) in [("GroupDetailList", GROUP, "Group"), ("Policies", POLICY, "Policy")] {
            for one in lists.get(list).into_iter().flatten() {
                let (name, id) = (text(one, &format!("{kind}Name")), text(one, &format!("{kind}Id")));
                account.ids.insert((resource_type, name.to_owned()), id.to_owned());
            }
        }
        let policies = lists.get("Policies").into_iter().flatten().enumerate();
        account.policies = policies.map(|(at, policy)| (text(policy, "Arn").to_owned(), at)).collect();
        Self { lists, ..account }
    }

    /// Gives groups and policies that are named their ids.
    fn complete(&self, description: &mut Description) {
        complete(&mut description.relationships, |of, name| {
            let of = if of == POLICY { POLICY } else { GROUP };
            self.ids.get(&(of, name.to_owned())).cloned()
        });
    }
}

#[async_trait]
impl Upstream for Account {
    fn serves(&self, _: &str) -> bool {
        true
    }

    async fn call(&self, _: &Scope, call: &Call) -> Result<Answer, CallFailed> {
        let given: HashMap<&str, &str> = match &call.form {
            CallForm::Query { parameters, .. } => parameters.iter().map(|(name, value)| (&**name, &**value)).collect(),
            _ => HashMap::new(),
        };
        let asked = |name: &str| given.get(name).copied().unwrap_or_default();
        let answer = match call.operation {
            "GetAccountAuthorizationDetails" => {
                let wanted = LISTS.iter().filter(|(kind, _)| *kind == asked("Filter.member.1"));
                Json::Object(wanted.map(|(_, list)| ((*list).to_owned(), json!(self.lists.get(list)))).collect())
            }
            "GetGroup" => json!({"Users": self.members.get(asked("GroupName")).map(Vec::as_slice).unwrap_or_default()}),
            "GetPolicy" => {
                let at = self.policies.get(asked("PolicyArn")).ok_or_else(gone)?;
                json!({"Policy": self.lists["Policies"][*at]})
            }
            "ListEntitiesForPolicy" => json!(self.attached.get(asked("PolicyArn")).cloned().unwrap_or_default()),
            other => return Err(CallFailed::Unanswered(format!("{other} is not asked of the server's own IAM"))),
        };
        Ok(Answer::Json(answer))
    }
}

/// The name and the id of a user, group or role.
fn named(holder: &Json, kind: &str) -> Json {
    let names = [format!("{kind}Name"), format!("{kind}Id")];
    Json::Object(names.into_iter().map(|name| (name.clone(), holder[&name].clone())).collect::<Map<_, _>>())
}

fn elements<'a>(value: &'a Json, list: &str) -> impl Iterator<Item = &'a Json> {
    value.get(list).and_then(Json::as_array).into_iter().flatten()
}

fn text<'a>(value: &'a Json, member: &str) -> &'a str {
    value.get(member).and_then(Json::as_str).unwrap_or_default()
}

fn gone() -> CallFailed {
    CallFailed::Refused { status: 404, code: "NoSuchEntity".to_owned(), message: String::new() }
}

#[cfg(test)]
mod tests {
    use config::item::Relationship;

    use super::*;

    fn account() -> Account {
        let read = json!([{"PolicyName": "read", "PolicyArn": "arn:aws:iam::111122223333:policy/read"}]);
        let user = json!({"UserName": "anna", "UserId": "AIDA1", "Arn": "arn:aws:iam::111122223333:user/anna",
            "Path": "/", "CreateDate": "2026-07-04T09:30:00.000Z", "GroupList": ["ops"], "Tags": [],
            "AttachedManagedPolicies": [{"PolicyName": "ReadOnlyAccess",
                "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]});
        let group = json!({"GroupName": "ops", "GroupId": "AGPA1", "Arn": "arn:aws:iam::111122223333:group/ops",
            "Path": "/", "CreateDate": "2026-07-04T09:30:00.000Z", "GroupPolicyList": [],
            "AttachedManagedPolicies": read});
        let policy = json!({"PolicyName": "read", "PolicyId": "ANPA1", "Path": "/", "AttachmentCount": 1,
            "Arn": "arn:aws:iam::111122223333:policy/read", "Tags": [{"Key": "team", "Value": "red"}],
            "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": "%7B%7D"}]});
        Account::new(BTreeMap::from([
            ("UserDetailList", vec![user]),
            ("GroupDetailList", vec![group]),
            ("Policies", vec![policy]),
        ]))
    }

    async fn described(resource_type_name: &str) -> (String, Description) {
        let scope = Scope { account: "111122223333".parse().unwrap(), region: "eu-west-1".parse().unwrap() };
        let account = account();
        let listing = Lister::new(&account, &scope).list(resource_type(resource_type_name).unwrap()).await;
        assert!(listing.is_whole(), "{listing:?}");
        let (id, mut description) = listing.resources.into_iter().next().unwrap();
        account.complete(&mut description);
        (id, description)
    }

    fn related(resource_type: &str, id: &str, name: &str, how: &str) -> Relationship {
        Relationship {
            resource_type: resource_type.to_owned(),
            resource_id: Some(id.to_owned()),
            resource_name: Some(name.to_owned()),
            name: how.to_owned(),
        }
    }

    #[tokio::test]
    async fn who_belongs_to_whom_is_told_by_id_and_name() {
        let (id, user) = described(USER).await;
        assert_eq!((&*id, user.aws_region.as_str(), user.resource_name.as_deref()), ("AIDA1", "global", Some("anna")));
        // AWS's own policies are no resources.
        assert_eq!(user.relationships, [related(GROUP, "AGPA1", "ops", "Is attached to Group")]);
        let (_, group) = described(GROUP).await;
        let expected = [
            related(POLICY, "ANPA1", "read", "Is attached to CustomerManagedPolicy"),
            related(USER, "AIDA1", "anna", "Contains User"),
        ];
        assert_eq!(group.relationships, expected);
        let (_, policy) = described(POLICY).await;
        assert_eq!(policy.relationships, [related(GROUP, "AGPA1", "ops", "Is attached to Group")]);
        assert_eq!(policy.tags["team"], "red");
    }

    #[tokio::test]
    async fn documents_and_lists_are_in_the_configuration() {
        let (_, policy) = described(POLICY).await;
        assert_eq!(policy.configuration["policyVersionList"][0]["document"], "%7B%7D");
        assert_eq!(policy.configuration["attachmentCount"], 1);
        let (_, user) = described(USER).await;
        let expected = json!({
            "path": "/", "userName": "anna", "userId": "AIDA1", "arn": "arn:aws:iam::111122223333:user/anna",
            "createDate": "2026-07-04T09:30:00.000Z", "groupList": ["ops"], "tags": [], "userPolicyList": [],
            "attachedManagedPolicies": [{"policyName": "ReadOnlyAccess",
                "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}],
            "permissionsBoundary": null,
        });
        assert_eq!(user.configuration, expected);
    }
}
