//! What each IAM operation acts on, for the policy engine.

use api::{Authorization, CallContext, Principal};
use wire::schema::Operation;
use wire::value::Value;

use super::Iam;
use super::shapes::arn;
use crate::record::{AccessKey, Bounded, Group, Holder, Owner, Policy, PolicyRef, Role, Tag, User, key};

impl Iam {
    pub(super) fn authorization_of(
        &self,
        cx: &CallContext,
        operation: &'static Operation,
        input: Option<&Value>,
    ) -> Authorization {
        let mut wanted = Authorization::any(&api::iam::SERVICE, operation.name);
        let input = Input(input);
        wanted.resources = vec![self.resource(cx, operation.name, input)];
        wanted.resources.extend(self.destination(cx, operation.name, input));
        let conditions = &mut wanted.conditions;
        if let Some(arn) = input.text("PolicyArn").filter(|_| is_attachment(operation.name)) {
            conditions.push(("iam:PolicyARN".to_owned(), vec![self.policy_meant(cx, arn)]));
        }
        let boundary = input.text("PermissionsBoundary").map(|arn| self.policy_meant(cx, arn));
        if let Some(boundary) = boundary.or_else(|| self.present_boundary(cx, input)) {
            conditions.push(("iam:PermissionsBoundary".to_owned(), vec![boundary]));
        }
        request_tags(input, conditions);
        for Tag { key, value } in self.present_tags(cx, input) {
            conditions.push((format!("aws:ResourceTag/{key}"), vec![value.clone()]));
            conditions.push((format!("iam:ResourceTag/{key}"), vec![value]));
        }
        wanted
    }

    fn resource(&self, cx: &CallContext, operation: &str, input: Input<'_>) -> String {
        let iam = |resource: String| cx.arn_of("iam", "", resource).to_string();
        let listed = |kind: &str| iam(format!("{kind}{}", input.text("PathPrefix").unwrap_or("/")));
        match operation {
            "ListUsers" => listed("user"),
            "ListGroups" => listed("group"),
            "ListRoles" => listed("role"),
            "ListPolicies" => listed("policy"),
            "CreatePolicy" => {
                let (path, name) = (input.text("Path").unwrap_or("/"), input.text("PolicyName").unwrap_or_default());
                iam(format!("policy{path}{name}"))
            }
            "SimulatePrincipalPolicy" => {
                input.text("PolicySourceArn").map_or_else(|| "*".to_owned(), |arn| self.holder_meant(cx, arn))
            }
            "GetAccessKeyLastUsed" => self.owner_of_key(cx, input).unwrap_or_else(|| "*".to_owned()),
            "CreateVirtualMFADevice" => {
                let (path, name) =
                    (input.text("Path").unwrap_or("/"), input.text("VirtualMFADeviceName").unwrap_or_default());
                iam(format!("mfa{path}{name}"))
            }
            "DeleteVirtualMFADevice" | "TagMFADevice" | "UntagMFADevice" | "ListMFADeviceTags" => {
                input.text("SerialNumber").unwrap_or("*").to_owned()
            }
            "GetAccountAuthorizationDetails"
            | "GetAccountSummary"
            | "GetAccountPasswordPolicy"
            | "UpdateAccountPasswordPolicy"
            | "DeleteAccountPasswordPolicy"
            | "GenerateCredentialReport"
            | "GetCredentialReport"
            | "ListVirtualMFADevices"
            | "ListAccountAliases"
            | "CreateAccountAlias"
            | "DeleteAccountAlias"
            | "SimulateCustomPolicy" => "*".to_owned(),
            _ => self.named(cx, operation, input).unwrap_or_else(|| "*".to_owned()),
        }
    }

    /// The group before the user: membership is a matter of the group.
    fn named(&self, cx: &CallContext, operation: &str, input: Input<'_>) -> Option<String> {
        let path = input.text("Path");
        if let Some(name) = input.text("GroupName") {
            return Some(self.holder::<Group>(cx, name, path));
        }
        if let Some(name) = input.text("RoleName") {
            return Some(self.holder::<Role>(cx, name, path));
        }
        if let Some(name) = input.text("UserName") {
            return Some(self.holder::<User>(cx, name, path));
        }
        if let Some(arn) = input.text("PolicyArn") {
            return Some(self.policy_meant(cx, arn));
        }
        let takes_callers_name =
            operation.ends_with("AccessKey") || operation.ends_with("LoginProfile") || CALLERS_OWN.contains(&operation);
        match &cx.principal {
            Principal::User { .. } | Principal::Root { .. } if takes_callers_name => {
                cx.principal.arn(cx.partition).map(|arn| arn.to_string())
            }
            _ => None,
        }
    }

    /// The ARN of the policy that an ARN resolves to, so that what is authorized is what is
    /// touched, whatever spelling the request has; the ARN itself when there is none.
    fn policy_meant(&self, cx: &CallContext, arn: &str) -> String {
        let found = PolicyRef::from_arn(arn, cx.account()).and_then(|policy| self.arn_of_ref(cx, &policy));
        found.map_or_else(|| arn.to_owned(), |(_, arn)| arn)
    }

    /// The same for a user, group or role.
    fn holder_meant(&self, cx: &CallContext, arn: &str) -> String {
        let resource = arn.split(':').nth(5).unwrap_or_default();
        let name = resource.rsplit('/').next().unwrap_or_default();
        match resource.split('/').next() {
            Some("user") => self.holder::<User>(cx, name, None),
            Some("group") => self.holder::<Group>(cx, name, None),
            Some("role") => self.holder::<Role>(cx, name, None),
            _ => arn.to_owned(),
        }
    }

    /// Where a rename or move would put a user or group: that too must be allowed.
    fn destination(&self, cx: &CallContext, operation: &str, input: Input<'_>) -> Option<String> {
        let given =
            (input.text("NewPath"), input.text(if operation == "UpdateUser" { "NewUserName" } else { "NewGroupName" }));
        if !matches!(operation, "UpdateUser" | "UpdateGroup") || given == (None, None) {
            return None;
        }
        let (kind, name) = match operation {
            "UpdateUser" => ("user", input.text("UserName")?),
            _ => ("group", input.text("GroupName")?),
        };
        let record = key(cx.account(), name);
        let (path, name) = match kind {
            "user" => {
                let found = self.catalog.get::<User>(&record)?.value;
                (found.path().to_owned(), found.name().to_owned())
            }
            _ => {
                let found = self.catalog.get::<Group>(&record)?.value;
                (found.path().to_owned(), found.name().to_owned())
            }
        };
        let (path, name) = (given.0.unwrap_or(&path), given.1.unwrap_or(&name));
        Some(cx.arn_of("iam", "", format!("{kind}{path}{name}")).to_string())
    }

    /// The ARN with the path that the record has, or else the one that the request gives.
    fn holder<H: Holder>(&self, cx: &CallContext, name: &str, path: Option<&str>) -> String {
        match self.catalog.get::<H>(&key(cx.account(), name)) {
            Some(found) if path.is_none() => arn(cx, found.value.as_ref()),
            _ => cx.arn_of("iam", "", format!("{}{}{name}", H::NOUN, path.unwrap_or("/"))).to_string(),
        }
    }

    fn owner_of_key(&self, cx: &CallContext, input: Input<'_>) -> Option<String> {
        let id = input.text("AccessKeyId")?;
        let found = self.catalog.get::<AccessKey>(&store::catalog::Key::global(cx.account(), id))?;
        match &found.value.owner {
            Owner::User(name) => Some(self.holder::<User>(cx, name, None)),
            Owner::Root => None,
        }
    }

    /// The boundary of the user or role that is acted on, for `iam:PermissionsBoundary`.
    fn present_boundary(&self, cx: &CallContext, input: Input<'_>) -> Option<String> {
        let account = cx.account();
        let boundary = match (input.text("UserName"), input.text("RoleName")) {
            (Some(name), _) => self.catalog.get::<User>(&key(account, name))?.value.boundary().cloned(),
            (_, Some(name)) => self.catalog.get::<Role>(&key(account, name))?.value.boundary().cloned(),
            _ => None,
        }?;
        self.arn_of_ref(cx, &boundary).map(|(_, arn)| arn)
    }

    fn present_tags(&self, cx: &CallContext, input: Input<'_>) -> Vec<Tag> {
        let account = cx.account();
        let tags = if let Some(name) = input.text("UserName") {
            self.catalog.get::<User>(&key(account, name)).map(|found| found.value.tags.clone())
        } else if let Some(name) = input.text("RoleName") {
            self.catalog.get::<Role>(&key(account, name)).map(|found| found.value.tags.clone())
        } else if let Some(serial_number) = input.text("SerialNumber") {
            self.mfa_device(cx, serial_number).ok().map(|(_, found)| found.value.tags.clone())
        } else if let Some(PolicyRef::Account(name)) =
            input.text("PolicyArn").and_then(|arn| PolicyRef::from_arn(arn, account))
        {
            self.catalog.get::<Policy>(&key(account, &name)).map(|found| found.value.tags.clone())
        } else {
            None
        };
        tags.unwrap_or_default()
    }
}

/// Input that may be absent and is not yet validated.
#[derive(Clone, Copy)]
struct Input<'a>(Option<&'a Value>);

impl<'a> Input<'a> {
    fn text(self, name: &str) -> Option<&'a str> {
        self.0?.get(name)?.as_str()
    }

    fn list(self, name: &str) -> &'a [Value] {
        self.0.and_then(|input| input.get(name)?.as_list()).unwrap_or_default()
    }
}

/// Operations that mean the caller when they name nobody.
const CALLERS_OWN: &[&str] =
    &["ChangePassword", "DeactivateMFADevice", "GetMFADevice", "GetUser", "ListAccessKeys", "ListMFADevices"];

fn is_attachment(operation: &str) -> bool {
    operation.ends_with("Policy") && (operation.starts_with("Attach") || operation.starts_with("Detach"))
}

/// `aws:RequestTag/…` and `aws:TagKeys`.
fn request_tags(input: Input<'_>, conditions: &mut Vec<(String, Vec<String>)>) {
    let text = |value: &Value, name: &str| Some(value.get(name)?.as_str()?.to_owned());
    let mut keys: Vec<String> =
        input.list("TagKeys").iter().filter_map(|key| key.as_str().map(str::to_owned)).collect();
    for tag in input.list("Tags") {
        let Some(key) = text(tag, "Key") else { continue };
        if let Some(value) = text(tag, "Value") {
            conditions.push((format!("aws:RequestTag/{key}"), vec![value]));
        }
        keys.push(key);
    }
    if !keys.is_empty() {
        conditions.push(("aws:TagKeys".to_owned(), keys));
    }
}
