//! The rules of policy documents, in the order in which IAM checks them, and its words.
//!
//! The order and the texts are as observed in AWS and recorded in public test suites.

use super::condition::{Network, Operator, date};
use super::document::{Malformed, PolicyKind, RawDocument, RawStatement, SYNTAX};
use super::principal::PrincipalElement;
use super::strict_json::Json;

const LEGACY: &str = "The policy failed legacy parsing";
const ELEMENTS: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];
const IAM_RESOURCES: [&str; 13] = [
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
];

pub(super) fn check(document: &RawDocument, kind: PolicyKind) -> Result<(), Malformed> {
    ensure(
        document.version.as_deref().is_none_or(|version| version == "2008-10-17" || version == "2012-10-17"),
        SYNTAX,
    )?;
    document.statements.iter().try_for_each(|statement| ensure(syntax_holds(statement, kind), SYNTAX))?;
    if kind == PolicyKind::Managed {
        let version = document.version.as_deref();
        ensure(version == Some("2012-10-17"), "Policy document must be version 2012-10-17 or greater.")?;
    }
    for statement in &document.statements {
        ensure(legacy_parses(statement), LEGACY)?;
    }
    let mut sids: Vec<&str> = document.statements.iter().filter_map(sid).filter(|sid| !sid.is_empty()).collect();
    let number = sids.len();
    sids.sort_unstable();
    sids.dedup();
    ensure(sids.len() == number, "Statement IDs (SID) in a single policy must be unique.")?;
    document.statements.iter().try_for_each(|statement| match kind {
        PolicyKind::Managed | PolicyKind::Inline => identity_rules(statement),
        PolicyKind::Trust => trust_rules(statement),
        PolicyKind::Resource => resource_rules(statement),
    })?;
    document.statements.iter().try_for_each(action_rules)
}

fn ensure(holds: bool, otherwise: &str) -> Result<(), Malformed> {
    if holds { Ok(()) } else { Err(Malformed(otherwise.to_owned())) }
}

fn sid(statement: &RawStatement) -> Option<&str> {
    statement.get("Sid")?.as_text()
}

fn syntax_holds(statement: &RawStatement, kind: PolicyKind) -> bool {
    let has = |name: &str| statement.get(name).is_some();
    let texts = |name: &str| statement.get(name).is_none_or(|value| value.texts().is_some());
    statement.members.iter().all(|(name, _)| ELEMENTS.contains(&name.as_str()))
        && !(has("Resource") && has("NotResource"))
        && !(has("Action") && has("NotAction"))
        && !(has("Principal") && has("NotPrincipal"))
        && ["Action", "NotAction", "Resource", "NotResource"].into_iter().all(texts)
        && statement.get("Sid").is_none_or(|sid| sid_holds(sid, kind))
        && statement
            .get("Effect")
            .and_then(Json::as_text)
            .is_some_and(|effect| effect.eq_ignore_ascii_case("Allow") || effect.eq_ignore_ascii_case("Deny"))
        && statement.get("Condition").is_none_or(condition_holds)
        && [("Principal", false), ("NotPrincipal", true)].into_iter().all(|(name, inverted)| {
            statement.get(name).is_none_or(|value| PrincipalElement::parse(inverted, value).is_some())
        })
}

/// Ids of statements about resources are the service's own matter: SNS's default policy has
/// underscores in its.
fn sid_holds(sid: &Json, kind: PolicyKind) -> bool {
    sid.as_text().is_some_and(|sid| kind == PolicyKind::Resource || sid.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn condition_holds(condition: &Json) -> bool {
    let Json::Object(operators) = condition else { return false };
    operators.iter().all(|(operator, keys)| {
        let Json::Object(keys) = keys else { return false };
        keys.iter().all(|(_, values)| values.scalars().is_some())
            && (keys.is_empty() || operator.parse::<Operator>().is_ok())
    })
}

fn legacy_parses(statement: &RawStatement) -> bool {
    let effect = statement.get("Effect").and_then(Json::as_text);
    matches!(effect, Some("Allow" | "Deny")) && resources_parse(statement) && condition_values_parse(statement)
}

fn resources_parse(statement: &RawStatement) -> bool {
    let resources = resources(statement);
    // What is wrong in another way is reported by its own rule.
    if resources.iter().any(|resource| resource_problem(resource).is_some()) {
        return true;
    }
    resources.iter().all(|resource| {
        resource == "*"
            || ((resource.matches(':').count() >= 5 || !resource.contains("::"))
                && resource.split(':').nth(2).is_some_and(|service| !service.is_empty()))
    })
}

fn condition_values_parse(statement: &RawStatement) -> bool {
    let Some(Json::Object(operators)) = statement.get("Condition") else { return true };
    operators.iter().all(|(operator, keys)| {
        let Json::Object(keys) = keys else { return false };
        let name = operator.rsplit(':').next().unwrap_or(operator);
        let holds = |value: &String| {
            if name.starts_with("Date") {
                date(value).is_some()
            } else if name.starts_with("IpAddress") || name.starts_with("NotIpAddress") {
                Network::parse(value).is_some() || value.contains("${")
            } else {
                true
            }
        };
        keys.iter().all(|(_, values)| values.scalars().is_some_and(|values| values.iter().all(holds)))
    })
}

fn identity_rules(statement: &RawStatement) -> Result<(), Malformed> {
    acts_on_something(statement)?;
    ensure(!names_principal(statement), "Policy document should not specify a principal.")?;
    resource_forms(statement)
}

fn resource_rules(statement: &RawStatement) -> Result<(), Malformed> {
    acts_on_something(statement)?;
    ensure(names_principal(statement), "Missing required field Principal")?;
    resource_forms(statement)
}

fn acts_on_something(statement: &RawStatement) -> Result<(), Malformed> {
    let has_some = |name: &str| statement.get(name).and_then(Json::texts).is_some_and(|texts| !texts.is_empty());
    ensure(has_some("Action") || has_some("NotAction"), "Policy statement must contain actions.")?;
    ensure(has_some("Resource") || has_some("NotResource"), "Policy statement must contain resources.")
}

fn names_principal(statement: &RawStatement) -> bool {
    statement.get("Principal").is_some() || statement.get("NotPrincipal").is_some()
}

fn resource_forms(statement: &RawStatement) -> Result<(), Malformed> {
    let mut resources = resources(statement);
    resources.sort_by(|a, b| b.cmp(a));
    match resources.iter().find_map(|resource| resource_problem(resource)) {
        Some(problem) => Err(Malformed(problem)),
        None => Ok(()),
    }
}

fn trust_rules(statement: &RawStatement) -> Result<(), Malformed> {
    ensure(statement.get("Resource").is_none(), "Has prohibited field Resource")?;
    ensure(statement.get("NotResource").is_none(), "Has prohibited field NotResource")?;
    ensure(names_principal(statement), "Missing required field Principal")?;
    let actions = [statement.get("Action"), statement.get("NotAction")].into_iter().flatten().filter_map(Json::texts);
    let actions: Vec<String> = actions.flatten().collect();
    ensure(!actions.is_empty(), "Missing required field Action")?;
    let of_sts = |action: &String| action == "*" || action.to_ascii_lowercase().starts_with("sts:");
    ensure(actions.iter().all(of_sts), "AssumeRole policy may only specify STS AssumeRole actions.")
}

fn action_rules(statement: &RawStatement) -> Result<(), Malformed> {
    let elements = [statement.get("Action"), statement.get("NotAction")];
    for action in elements.into_iter().flatten().filter_map(Json::texts).flatten() {
        let (vendor, rest) = match action.split_once(':') {
            Some((vendor, rest)) => (vendor, Some(rest)),
            None => (action.as_str(), None),
        };
        if vendor != "*" && rest.is_none() {
            return Err(Malformed(
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.".to_owned(),
            ));
        }
        ensure(rest.is_none_or(|rest| !rest.contains(':')), "Actions/Condition can contain only one colon.")?;
        let plain = vendor.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.');
        if vendor != "*" && (!plain || vendor.is_empty()) {
            return Err(Malformed(format!("Vendor {vendor} is not valid")));
        }
    }
    Ok(())
}

fn resources(statement: &RawStatement) -> Vec<String> {
    let elements = [statement.get("Resource"), statement.get("NotResource")];
    elements.into_iter().flatten().filter_map(Json::texts).flatten().collect()
}

fn resource_problem(resource: &str) -> Option<String> {
    if resource == "*" {
        return None;
    }
    let Some((_, rest)) = resource.split_once(':') else {
        return Some(format!("Resource {resource} must be in ARN format or \"*\"."));
    };
    let (partition, rest) = match rest.split_once(':') {
        Some((partition, rest)) => (partition, Some(rest)),
        None => (rest, None),
    };
    if !resource.starts_with("arn:") {
        return Some(format!("Resource {resource} must be in ARN format or \"*\"."));
    }
    if !["aws", "aws-cn", "aws-us-gov", "*"].contains(&partition) {
        return Some(bad_partition(partition, rest.unwrap_or_default()));
    }
    let Some(rest) = rest else {
        return Some("Resource vendor must be fully qualified and cannot contain regexes.".to_owned());
    };
    let (service, rest) = rest.split_once(':').unwrap_or((rest, ""));
    match service {
        "iam" if !rest.starts_with(':') => Some(format!("IAM resource {resource} cannot contain region information.")),
        "s3" if !rest.is_empty() && rest != "*" && !rest.starts_with(':') => {
            Some(format!("Resource {resource} can not contain region information."))
        }
        "iam" => {
            let path = rest.splitn(3, ':').nth(2).unwrap_or_default();
            let known = path.starts_with('*')
                || path.starts_with("${")
                || path == "root"
                || IAM_RESOURCES.iter().any(|start| path.starts_with(start));
            (!known)
                .then(|| format!("IAM resource path must either be \"*\" or start with {}.", IAM_RESOURCES.join(", ")))
        }
        _ => None,
    }
}

fn bad_partition(partition: &str, rest: &str) -> String {
    let mut fields: Vec<&str> = rest.splitn(4, ':').collect();
    if fields == [""] {
        fields.clear();
    }
    while fields.len() < 4 {
        fields.push("*");
    }
    format!("Partition \"{partition}\" is not valid for resource \"arn:{partition}:{}\".", fields.join(":"))
}
