//! `GenerateCredentialReport`: has the account's credential report made, unless there is a recent one.

use api::iam::types::{self, ReportStateType};
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::iam::{Iam, credential_report};
use crate::record::CredentialReport;

pub(super) async fn generate_credential_report(
    iam: &Iam,
    cx: &CallContext,
    _input: Unit,
) -> Result<types::GenerateCredentialReportResponse, ServiceError> {
    let key = CredentialReport::key(cx.account());
    let found = iam.catalog.get::<CredentialReport>(&key);
    if found.as_ref().is_some_and(|found| found.value.is_good(cx.now)) {
        return Ok(types::GenerateCredentialReportResponse {
            state: Some(ReportStateType::Complete),
            description: None,
        });
    }
    let description = match found {
        Some(_) => "The last report is older than four hours. Starting a new report generation task",
        None => "No report exists. Starting a new report generation task",
    };
    // AWS says that it has started and then takes a while. Here the report is there with the answer, which says the same
    // so that callers go on as they are used to: they ask once more, and it is complete.
    let report = CredentialReport { made: cx.now.truncate_to_secs(), text: credential_report::written(iam, cx) };
    iam.change(|| {
        let mut transaction = Transaction::default();
        transaction.put(key.clone(), &report);
        Ok((transaction, ()))
    })
    .await?;
    let description = Some(description.to_owned());
    Ok(types::GenerateCredentialReportResponse { state: Some(ReportStateType::Started), description })
}
