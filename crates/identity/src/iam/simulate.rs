//! Trying policies out: the same evaluation as for real calls, over calls that are given.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use api::iam::{errors, types};
use api::{CallContext, ServiceError};
use base::Arn;

use super::Iam;
use super::paging::page;
use crate::policy::{
    Caller, Context, Decision, Document, Layer, Malformed, Match, Origin, Policies, PolicyKind, Position, Request,
    Source, TrustDecision, evaluate, evaluate_trust,
};
use crate::record::{Bounded as _, Group, Role, User};

/// The policies to try.
pub(crate) struct Given {
    /// Those of the user, group or role that is simulated.
    pub(crate) identity: Vec<Source>,
    /// Texts that come with the request.
    pub(crate) inputs: Vec<String>,
    /// The boundary of the user or role.
    pub(crate) boundary: Option<Source>,
    /// The text of another boundary, in place of that one; at most one.
    pub(crate) boundary_inputs: Option<Vec<String>>,
}

/// The calls to try: every action on every resource.
pub(crate) struct Calls {
    pub(crate) actions: Vec<String>,
    pub(crate) resources: Option<Vec<String>>,
    pub(crate) context: Option<Vec<types::ContextEntry>>,
    pub(crate) resource_policy: Option<String>,
    pub(crate) resource_owner: Option<String>,
    pub(crate) caller: Option<String>,
}

/// The policies of the user, group or role that an ARN names.
pub(crate) fn source(iam: &Iam, cx: &CallContext, arn: &str) -> Result<Policies, ServiceError> {
    let invalid = || {
        errors::invalid_input_exception(format!(
            "Invalid Entity Arn: {arn} does not clearly define entity type and name."
        ))
    };
    let parsed: Arn = arn.parse().map_err(|_| invalid())?;
    let (kind, path_and_name) = parsed.resource.split_once('/').ok_or_else(invalid)?;
    let name = path_and_name.rsplit('/').next().unwrap_or(path_and_name);
    if parsed.service != "iam" || parsed.account != cx.account().as_str() {
        return Err(invalid());
    }
    let known = &iam.authenticator;
    match kind {
        "user" => known.user_policies(cx.account(), &iam.find::<User>(cx, name)?.1.value),
        "group" => known.holder_policies(cx.account(), &*iam.find::<Group>(cx, name)?.1.value, None),
        "role" => {
            let role = iam.find::<Role>(cx, name)?.1.value;
            known.holder_policies(cx.account(), &*role, role.boundary())
        }
        _ => Err(invalid()),
    }
}

/// Combinations of action and resource that one call may ask about.
const RESULTS_MAX: usize = 10_000;

/// Evaluates all calls and gives a page of the results.
pub(crate) fn simulate(
    cx: &CallContext,
    given: Given,
    calls: &Calls,
    marker: Option<&str>,
    max_items: Option<i32>,
) -> Result<types::SimulatePolicyResponse, ServiceError> {
    let trial = Trial::new(cx, given, calls)?;
    let everything = vec!["*".to_owned()];
    let resources = calls.resources.as_ref().filter(|resources| !resources.is_empty()).unwrap_or(&everything);
    if calls.actions.len().saturating_mul(resources.len()) > RESULTS_MAX {
        let message = format!("At most {RESULTS_MAX} combinations of actions and resources are simulated in a call.");
        return Err(errors::invalid_input_exception(message));
    }
    let mut results = Vec::new();
    for action in &calls.actions {
        for resource in resources {
            results.push((format!("{:08}", results.len()), trial.run(action, resource)));
        }
    }
    let page = page(results, marker, max_items)?;
    Ok(types::SimulatePolicyResponse {
        evaluation_results: Some(page.items),
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}

struct Trial {
    policies: Policies,
    context: Context,
    missing: Vec<String>,
    resource: Option<ResourceSide>,
}

/// A resource's policy and whom it is asked about.
struct ResourceSide {
    document: Document,
    caller: Caller,
    same_account: bool,
}

impl Trial {
    fn new(cx: &CallContext, given: Given, calls: &Calls) -> Result<Self, ServiceError> {
        let mut identity = given.identity;
        identity.extend(parse_all(&given.inputs, "PolicyInputList")?);
        let boundary = match &given.boundary_inputs {
            Some(inputs) if inputs.len() > 1 => {
                let message = "Only one permissions boundary policy can be given.";
                return Err(errors::invalid_input_exception(message));
            }
            Some(inputs) => parse_all(inputs, "PermissionsBoundaryPolicyInputList")?.into_iter().next(),
            None => given.boundary,
        };
        let context = context(cx, calls);
        let resource = resource_side(cx, calls)?;
        let documents = identity.iter().chain(&boundary).map(|source| source.document.as_ref());
        let documents = documents.chain(resource.as_ref().map(|side| &side.document));
        let keys: BTreeSet<&str> = documents.flat_map(Document::condition_keys).collect();
        let missing = keys.into_iter().filter(|key| context.get(key).is_none()).map(str::to_owned).collect();
        Ok(Self { policies: Policies { identity, boundary, ..Policies::default() }, context, missing, resource })
    }

    fn run(&self, action: &str, resource: &str) -> types::EvaluationResult {
        let request = Request { action, resource, context: &self.context };
        let own = evaluate(&self.policies, &request);
        let bounded = self.policies.boundary.is_some().then(|| types::PermissionsBoundaryDecisionDetail {
            allowed_by_permissions_boundary: Some(match &own {
                Decision::ImplicitDeny(layer) => *layer != Layer::Boundary && self.boundary_allows(&request),
                Decision::ExplicitDeny(found) => found.layer != Layer::Boundary && self.boundary_allows(&request),
                Decision::Allow(_) => true,
            }),
        });
        let trust = self
            .resource
            .as_ref()
            .map(|side| (evaluate_trust(&side.document, &side.caller, &BTreeMap::new(), &request), side.same_account));
        types::EvaluationResult {
            eval_action_name: action.to_owned(),
            eval_resource_name: Some(resource.to_owned()),
            eval_decision: combined(&own, trust),
            matched_statements: Some(matched(&own)),
            missing_context_values: Some(self.missing.clone()),
            organizations_decision_detail: None,
            permissions_boundary_decision_detail: bounded,
            eval_decision_details: None,
            resource_specific_results: None,
        }
    }

    fn boundary_allows(&self, request: &Request<'_>) -> bool {
        let alone = Policies { root: true, boundary: self.policies.boundary.clone(), ..Policies::default() };
        evaluate(&alone, request).is_allowed()
    }
}

/// In one account either side's word is enough, unless the resource hands the decision to
/// the account; across accounts it takes both. A denial anywhere wins.
fn combined(own: &Decision, trust: Option<(TrustDecision, bool)>) -> types::PolicyEvaluationDecisionType {
    use types::PolicyEvaluationDecisionType::{Allowed, ExplicitDeny, ImplicitDeny};
    let allowed = match (own, trust) {
        (Decision::ExplicitDeny(_), _) | (_, Some((TrustDecision::Denied, _))) => return ExplicitDeny,
        (_, Some((TrustDecision::Direct, true))) => true,
        (_, Some((TrustDecision::Silent, false))) => false,
        (own, _) => own.is_allowed(),
    };
    if allowed { Allowed } else { ImplicitDeny }
}

fn matched(decision: &Decision) -> Vec<types::Statement> {
    match decision {
        Decision::Allow(found) => found.iter().map(statement).collect(),
        Decision::ExplicitDeny(found) => vec![statement(found)],
        Decision::ImplicitDeny(_) => Vec::new(),
    }
}

fn statement(found: &Match) -> types::Statement {
    let position =
        |at: Position| types::Position { line: i32::try_from(at.line).ok(), column: i32::try_from(at.column).ok() };
    types::Statement {
        source_policy_id: Some(found.policy.clone()),
        source_policy_type: Some(match found.origin {
            Origin::User => types::PolicySourceType::User,
            Origin::Group => types::PolicySourceType::Group,
            Origin::Role => types::PolicySourceType::Role,
            Origin::AwsManaged => types::PolicySourceType::AwsManaged,
            Origin::OwnManaged => types::PolicySourceType::UserManaged,
            Origin::Given => types::PolicySourceType::None,
        }),
        start_position: Some(position(found.place.0)),
        end_position: Some(position(found.place.1)),
    }
}

fn parse_all(texts: &[String], list: &str) -> Result<Vec<Source>, ServiceError> {
    let parse = |(at, text): (usize, &String)| match Document::parse(text, PolicyKind::Inline) {
        Ok(document) => {
            Ok(Source { name: format!("{list}.{}", at + 1), origin: Origin::Given, document: Arc::new(document) })
        }
        Err(Malformed(message)) => {
            let message = format!("Invalid Policy Document at {list}.member.{}: {message}", at + 1);
            Err(errors::invalid_input_exception(message))
        }
    };
    texts.iter().enumerate().map(parse).collect()
}

/// The keys that are given; time is always known.
fn context(cx: &CallContext, calls: &Calls) -> Context {
    let mut context = Context::default();
    context.set("aws:CurrentTime", cx.now.iso_secs());
    context.set("aws:EpochTime", cx.now.secs().to_string());
    if let Some(caller) = &calls.caller {
        context.set("aws:PrincipalArn", caller.as_str());
        if let Ok(arn) = caller.parse::<Arn>()
            && let Some(name) = arn.resource.strip_prefix("user/")
        {
            context.set("aws:username", name.rsplit('/').next().unwrap_or(name));
        }
    }
    for entry in calls.context.iter().flatten() {
        if let (Some(name), Some(values)) = (&entry.context_key_name, &entry.context_key_values) {
            context.set_all(name, values.clone());
        }
    }
    context
}

fn resource_side(cx: &CallContext, calls: &Calls) -> Result<Option<ResourceSide>, ServiceError> {
    let Some(text) = &calls.resource_policy else { return Ok(None) };
    let Some(caller) = &calls.caller else {
        let message = "CallerArn is required when ResourcePolicy is given.";
        return Err(errors::invalid_input_exception(message));
    };
    let document = Document::parse(text, PolicyKind::Resource).map_err(|Malformed(message)| {
        errors::invalid_input_exception(format!("Invalid Policy Document at ResourcePolicy: {message}"))
    })?;
    let account_of = |arn: &str| arn.parse::<Arn>().ok().map(|arn| arn.account);
    let account = account_of(caller).unwrap_or_else(|| cx.account().to_string());
    let owner = match &calls.resource_owner {
        Some(owner) => account_of(owner).unwrap_or_else(|| owner.clone()),
        None => account.clone(),
    };
    let caller = Caller::Account { account: account.clone(), arns: vec![caller.clone()], ids: Vec::new() };
    Ok(Some(ResourceSide { document, caller, same_account: owner == account }))
}
