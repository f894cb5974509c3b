//! `GetCredentialReport`: hands out the account's credential report.
//!
//! `ReportInProgress` does not happen: a report is there as soon as it is asked for.

use api::iam::{errors, types};
use api::{CallContext, ServiceError, Unit};
use wire::value::Blob;

use crate::iam::Iam;
use crate::record::CredentialReport;

/// AWS answers without a text here (observed).
const NOT_PRESENT: &str =
    "The credential report does not exist. To generate a credential report, use GenerateCredentialReport.";

pub(super) async fn get_credential_report(
    iam: &Iam,
    cx: &CallContext,
    _input: Unit,
) -> Result<types::GetCredentialReportResponse, ServiceError> {
    let found = iam.catalog.get::<CredentialReport>(&CredentialReport::key(cx.account()));
    let report = found.ok_or_else(|| errors::credential_report_not_present_exception(NOT_PRESENT))?.value;
    if !report.is_good(cx.now) {
        let message = "The most recent credential report has expired. To generate a new credential report, use \
                       GenerateCredentialReport.";
        return Err(errors::credential_report_expired_exception(message));
    }
    Ok(types::GetCredentialReportResponse {
        content: Some(Blob(report.text.clone().into_bytes())),
        report_format: Some(types::ReportFormatType::TextCsv),
        generated_time: Some(report.made),
    })
}
