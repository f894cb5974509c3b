//! `PutConformancePack`

use std::collections::BTreeSet;

use api::config::errors;
use api::config::types::{PutConformancePackRequest, PutConformancePackResponse};
use api::{CallContext, ServiceError};
use base::id;
use store::catalog::Transaction;

use crate::change::change;
use crate::conformance::pack::{self, PackRecord, PackState, PackTemplateRecord};
use crate::conformance::{PACKS_MAX, template};
use crate::service::Config;
use crate::{names, recorder, tags};

/// Bytes of a template in a bucket (config.md §8.2).
const TEMPLATE_BYTES_MAX: u64 = 300 << 10;

/// Puts a pack, or says anew what it holds; its rules follow (config.md §8.2). Its tags are those it was made with.
pub async fn put_conformance_pack(
    config: &Config,
    cx: &CallContext,
    input: PutConformancePackRequest,
) -> Result<PutConformancePackResponse, ServiceError> {
    let (parts, scope) = (&config.parts, cx.scope());
    let text = template_text(config, cx, &input).await?;
    template::parse(&text)
        .map_err(|error| errors::conformance_pack_template_validation_exception(error.to_string()))?;
    let given = input.conformance_pack_input_parameters.unwrap_or_default();
    let inputs: Vec<_> = given.into_iter().map(|given| (given.parameter_name, given.parameter_value)).collect();
    let mut named = BTreeSet::new();
    if let Some((name, _)) = inputs.iter().find(|(name, _)| !named.insert(name)) {
        let message = format!("The input parameter {name} is given twice.");
        return Err(errors::invalid_parameter_value_exception(message));
    }
    let tags = tags::with(Vec::new(), &input.tags.unwrap_or_default())?;
    let new_id = names::unique(&*parts.entropy, 9);
    let new_stack_id = id::uuid(&*parts.entropy).to_string();
    let name = input.conformance_pack_name;
    let arn = change(&parts.catalog, || {
        let found = pack::find(&parts.catalog, &scope, &name);
        let before = found.as_ref().map(|found| &found.value);
        match before {
            Some(before) if before.is_busy() => return Err(busy(&name)),
            None if pack::all(&parts.catalog, &scope).len() >= PACKS_MAX => return Err(too_many(&name)),
            _ => {}
        }
        let record = PackRecord {
            name: name.clone(),
            id: before.map_or_else(|| new_id.clone(), |before| before.id.clone()),
            stack_id: before.map_or_else(|| new_stack_id.clone(), |before| before.stack_id.clone()),
            inputs: inputs.clone(),
            delivery_bucket: input.delivery_s3_bucket.clone(),
            delivery_prefix: input.delivery_s3_key_prefix.clone(),
            tags: before.map_or_else(|| tags.clone(), |before| before.tags.clone()),
            state: PackState::Creating,
            rules: before.map(|before| before.rules.clone()).unwrap_or_default(),
            requested: cx.now,
            completed: None,
        };
        let mut transaction = Transaction::default();
        let key = pack::key(&scope, &name);
        match found {
            Some(found) => transaction.update(key.clone(), found.version, &record),
            None => transaction.create(key.clone(), &record),
        };
        transaction.put(key, &PackTemplateRecord { text: text.clone() });
        Ok((transaction, record.arn(&scope)))
    })
    .await?;
    parts.signals.packs.notify_one();
    Ok(PutConformancePackResponse { conformance_pack_arn: Some(arn) })
}

/// The text of the template.
///
/// # Errors
/// `InvalidParameterValueException` unless there is one source that can be read.
async fn template_text(
    config: &Config,
    cx: &CallContext,
    input: &PutConformancePackRequest,
) -> Result<String, ServiceError> {
    let invalid = |message: String| errors::invalid_parameter_value_exception(message);
    match (&input.template_body, &input.template_s3_uri, &input.template_ssm_document_details) {
        (Some(body), None, None) => Ok(body.clone()),
        (None, Some(uri), None) => read_template(config, cx, uri).await,
        (None, None, Some(_)) => Err(invalid(
            "TemplateSSMDocumentDetails is not supported: this server has no documents. Give the template as TemplateBody or TemplateS3Uri.".to_owned(),
        )),
        (None, None, None) => Err(invalid(
            "A template is missing: specify TemplateBody, TemplateS3Uri or TemplateSSMDocumentDetails.".to_owned(),
        )),
        _ => Err(invalid(
            "Specify only one of TemplateBody, TemplateS3Uri and TemplateSSMDocumentDetails.".to_owned(),
        )),
    }
}

/// Reads a template as the recorder's role, or as Config where the bucket's policy lets that in.
async fn read_template(config: &Config, cx: &CallContext, uri: &str) -> Result<String, ServiceError> {
    let unreadable = |why: &str| {
        let message = format!("The template at {uri} cannot be read: {why}");
        errors::invalid_parameter_value_exception(message)
    };
    let place = uri.strip_prefix("s3://").and_then(|place| place.split_once('/'));
    let (bucket, key) = place
        .filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty())
        .ok_or_else(|| unreadable("it is not of the form s3://bucket/key."))?;
    let scope = cx.scope();
    let recorder = recorder::find(&config.parts.catalog, &scope);
    let recorder =
        recorder.ok_or_else(|| unreadable("there is no configuration recorder as whose role it is read."))?;
    let sender = recorder.value.sender(&scope);
    let read = config.parts.outlets.buckets.read(&sender, bucket, key, TEMPLATE_BYTES_MAX).await;
    let bytes = read.map_err(|error| unreadable(&error.to_string()))?;
    String::from_utf8(bytes).map_err(|_| unreadable("it is not text in UTF-8."))
}

pub(super) fn busy(name: &str) -> ServiceError {
    let message = format!("Conformance pack {name} is being created, updated or deleted. Try again when that is done.");
    errors::resource_in_use_exception(message)
}

fn too_many(name: &str) -> ServiceError {
    let message = format!(
        "Failed to put conformance pack '{name}' because the account already contains {PACKS_MAX} conformance packs."
    );
    errors::max_number_of_conformance_packs_exceeded_exception(message)
}
