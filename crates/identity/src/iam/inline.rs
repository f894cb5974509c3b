//! Policies inside users, groups and roles.

use api::iam::errors;
use api::{CallContext, ServiceError};

use super::Iam;
use super::paging::{Page, page};
use super::shapes::encoded;
use crate::policy::{Malformed, PolicyKind};
use crate::record::{Holder, PolicyText};

/// A document that has been checked, or AWS's refusal.
pub(crate) fn checked(document: &str, kind: PolicyKind) -> Result<PolicyText, ServiceError> {
    let text = PolicyText::from(document.to_owned());
    match text.document(kind) {
        Ok(_) => Ok(text),
        Err(Malformed(message)) => Err(errors::malformed_policy_document_exception(message)),
    }
}

impl Iam {
    /// Adds or replaces an inline policy.
    pub(crate) async fn put_inline<H: Holder>(
        &self,
        cx: &CallContext,
        name: &str,
        policy_name: &str,
        document: &str,
    ) -> Result<(), ServiceError> {
        let text = checked(document, PolicyKind::Inline)?;
        self.edit(cx, name, |record: &mut H, _| {
            let holder = record.name().to_owned();
            let inline = &mut record.permissions_mut().inline;
            inline.insert(policy_name.to_owned(), text.clone());
            let total: usize = inline.values().map(PolicyText::counted_len).sum();
            if total > H::INLINE_BYTES_MAX {
                return Err(errors::limit_exceeded_exception(format!(
                    "Maximum policy size of {} bytes exceeded for {} {holder}",
                    H::INLINE_BYTES_MAX,
                    H::NOUN
                )));
            }
            Ok(())
        })
        .await
    }

    /// Removes an inline policy.
    pub(crate) async fn delete_inline<H: Holder>(
        &self,
        cx: &CallContext,
        name: &str,
        policy_name: &str,
    ) -> Result<(), ServiceError> {
        self.edit(cx, name, |record: &mut H, _| match record.permissions_mut().inline.remove(policy_name) {
            Some(_) => Ok(()),
            None => Err(not_found::<H>(policy_name)),
        })
        .await
    }

    /// The holder's name and an inline policy, encoded for the answer.
    pub(crate) fn get_inline<H: Holder>(
        &self,
        cx: &CallContext,
        name: &str,
        policy_name: &str,
    ) -> Result<(String, String), ServiceError> {
        let (_, record) = self.find::<H>(cx, name)?;
        let text = record.value.permissions().inline.get(policy_name).ok_or_else(|| not_found::<H>(policy_name))?;
        Ok((record.value.name().to_owned(), encoded(text.text())))
    }

    /// A page of the names of inline policies.
    pub(crate) fn list_inline<H: Holder>(
        &self,
        cx: &CallContext,
        name: &str,
        marker: Option<&str>,
        max_items: Option<i32>,
    ) -> Result<Page<String>, ServiceError> {
        let (_, record) = self.find::<H>(cx, name)?;
        let names = record.value.permissions().inline.keys();
        page(names.map(|name| (name.clone(), name.clone())).collect(), marker, max_items)
    }
}

fn not_found<H: Holder>(policy_name: &str) -> ServiceError {
    errors::no_such_entity_exception(format!("The {} policy with name {policy_name} cannot be found.", H::NOUN))
}
