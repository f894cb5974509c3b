//! Permissions boundaries of users and roles.

use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use super::Iam;
use super::attached::not_attachable;
use super::change::touch;
use super::find::Found;
use crate::record::{Bounded, PolicyRef};

impl Iam {
    /// The boundary that an ARN names, kept from being deleted by the transaction.
    pub(crate) fn boundary(
        &self,
        cx: &CallContext,
        arn: Option<&str>,
        transaction: &mut Transaction,
    ) -> Result<Option<PolicyRef>, ServiceError> {
        let Some(arn) = arn else { return Ok(None) };
        let found = self.policy(cx, arn)?.ok_or_else(|| not_attachable("Scope ARN:", arn))?;
        let reference = found.reference();
        if let Found::Own(key, found) = found {
            touch(transaction, key, &found);
        }
        Ok(Some(reference))
    }

    /// Sets the boundary.
    pub(crate) async fn put_boundary<B: Bounded>(
        &self,
        cx: &CallContext,
        name: &str,
        arn: &str,
    ) -> Result<(), ServiceError> {
        self.edit(cx, name, |record: &mut B, transaction| {
            let boundary = self.boundary(cx, Some(arn), transaction)?;
            record.set_boundary(boundary);
            Ok(())
        })
        .await
    }

    /// Removes the boundary; that there is none is no error (documented).
    pub(crate) async fn delete_boundary<B: Bounded>(&self, cx: &CallContext, name: &str) -> Result<(), ServiceError> {
        self.edit(cx, name, |record: &mut B, _| {
            record.set_boundary(None);
            Ok(())
        })
        .await
    }
}
