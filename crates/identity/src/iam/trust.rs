//! Trust policies: their principals must exist, and are remembered by unique id.

use std::collections::BTreeMap;

use api::iam::errors;
use api::{CallContext, ServiceError};
use base::{AccountId, Arn};

use super::Iam;
use super::inline::checked;
use crate::policy::PolicyKind;
use crate::record::{Holder, PolicyText, Role, User, key};

/// The most characters of a trust policy, blanks not counted (default quota).
pub(crate) const TRUST_CHARS_MAX: usize = 2048;

impl Iam {
    /// Checks a trust policy and finds the unique ids of the principals it names.
    ///
    /// Principals of this account must exist. Those of other accounts are looked up too, but
    /// need not be there: their account may be on another server. (AWS refuses them.)
    pub(crate) fn trust(
        &self,
        cx: &CallContext,
        document: &str,
    ) -> Result<(PolicyText, BTreeMap<String, String>), ServiceError> {
        let text = checked(document, PolicyKind::Trust)?;
        if text.counted_len() > TRUST_CHARS_MAX {
            let message = format!("Cannot exceed quota for ACLSizePerRole: {TRUST_CHARS_MAX}");
            return Err(errors::limit_exceeded_exception(message));
        }
        let parsed = text.document(PolicyKind::Trust).expect("the document was just checked");
        let mut bound = BTreeMap::new();
        for element in parsed.statements.iter().filter_map(|statement| statement.principal.as_ref()) {
            for principal in &element.aws {
                let id = self.bind(cx.account(), principal).ok_or_else(|| invalid("AWS", principal))?;
                if let Some(id) = id {
                    bound.insert(principal.clone(), id);
                }
            }
            if let Some(service) = element.services.iter().find(|service| !is_service(service)) {
                return Err(invalid("SERVICE", service));
            }
        }
        Ok((text, bound))
    }

    /// The unique id that a principal stands for, if it is of that kind and here; `None`
    /// when it is no principal.
    fn bind(&self, account: &AccountId, principal: &str) -> Option<Option<String>> {
        let is_account = |text: &str| text.parse::<AccountId>().is_ok();
        let is_unique_id = ["AIDA", "AROA"].iter().any(|prefix| principal.starts_with(prefix));
        if principal == "*" || is_account(principal) || is_unique_id {
            return Some(None);
        }
        let arn: Arn = principal.parse().ok()?;
        let owner: AccountId = arn.account.parse().ok()?;
        if arn.resource.contains(['*', '?']) || !arn.region.is_empty() {
            return None;
        }
        match (arn.service.as_str(), arn.resource.split_once('/')) {
            ("iam", None) if arn.resource == "root" => Some(None),
            ("iam", Some(("user", name))) => self.bind_holder::<User>(account, &owner, name),
            ("iam", Some(("role", name))) => self.bind_holder::<Role>(account, &owner, name),
            ("sts", Some(("assumed-role" | "federated-user", _))) => Some(None),
            _ => None,
        }
    }

    fn bind_holder<H: Holder>(
        &self,
        account: &AccountId,
        owner: &AccountId,
        path_and_name: &str,
    ) -> Option<Option<String>> {
        let name = path_and_name.rsplit('/').next().unwrap_or(path_and_name);
        let found = self.catalog.get::<H>(&key(owner, name)).map(|found| found.value);
        let found = found.filter(|found| format!("{}{}", found.path(), found.name()) == format!("/{path_and_name}"));
        match found {
            Some(found) => Some(Some(found.id().to_owned())),
            None if account == owner => None,
            None => Some(None),
        }
    }
}

fn is_service(name: &str) -> bool {
    let labels_hold = |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    name.contains('.') && name.split('.').all(labels_hold)
}

fn invalid(kind: &str, principal: &str) -> ServiceError {
    errors::malformed_policy_document_exception(format!("Invalid principal in policy: \"{kind}\":\"{principal}\""))
}
