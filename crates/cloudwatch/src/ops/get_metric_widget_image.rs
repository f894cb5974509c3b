//! `GetMetricWidgetImage`: metrics as a picture (cloudwatch.md §5.1).

use api::cloudwatch::types::{GetMetricWidgetImageInput, GetMetricWidgetImageOutput};
use api::{Answer, CallContext, RawBody, ServiceError};
use wire::value::{Blob, Value};

use crate::CloudWatch;
use crate::query::{self, Outcome, Plan, RunError};
use crate::validation::store_error;
use crate::widget::{self, Widget};

/// The picture as a member of the answer.
const PNG: &str = "png";
/// The picture as the answer's body. Also the body's media type.
const IMAGE_PNG: &str = "image/png";

pub(super) async fn get_metric_widget_image(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    input: GetMetricWidgetImageInput,
) -> Result<GetMetricWidgetImageOutput, ServiceError> {
    check(&input)?;
    let widget = Widget::parse(&input.metric_widget, cx.now, &cx.region).map_err(invalid)?;
    let plan = query::parse(&widget.queries()).and_then(Plan::new).map_err(invalid)?;
    let outcome = read(cloudwatch, cx, &widget, &plan).await?;
    let graph = widget.graph(&plan, outcome);
    // Drawing takes some milliseconds, during which other calls go on.
    let image = tokio::task::spawn_blocking(move || graph::png(&graph)).await.map_err(|error| {
        let request_id = &cx.request_id;
        tracing::error!(request_id, error = &error as &dyn std::error::Error, "drawing a graph failed");
        ServiceError::internal()
    })?;
    Ok(GetMetricWidgetImageOutput { metric_widget_image: Some(Blob(image)) })
}

/// The operation has no errors of its own in the model, so that what is wrong with the input is a
/// broken constraint (cloudwatch.md §1.2).
fn check(input: &GetMetricWidgetImageInput) -> Result<(), ServiceError> {
    let broken = |value: &str, member: &str, constraint: String| {
        ServiceError::validation(format!(
            "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {constraint}"
        ))
    };
    if input.metric_widget.len() > widget::BYTES_MAX {
        // The value itself would make the answer as long as the request.
        let constraint = format!("Member must have length less than or equal to {}", widget::BYTES_MAX);
        return Err(broken("…", "metricWidget", constraint));
    }
    match input.output_format.as_deref() {
        None | Some(PNG | IMAGE_PNG) => Ok(()),
        Some(other) => {
            Err(broken(other, "outputFormat", format!("Member must satisfy enum value set: [{PNG}, {IMAGE_PNG}]")))
        }
    }
}

async fn read(
    cloudwatch: &CloudWatch,
    cx: &CallContext,
    widget: &Widget,
    plan: &Plan,
) -> Result<Outcome, ServiceError> {
    let window = widget.window(cx.now);
    query::run(&cloudwatch.parts.metrics, &cloudwatch.parts.catalog, &cx.scope(), plan, &window, widget.utc_offset_secs)
        .await
        .map_err(|error| match error {
            RunError::Invalid(error) => invalid(error),
            RunError::Store(error) => store_error(cx, "reading metric data", &error),
        })
}

fn invalid(error: impl std::fmt::Display) -> ServiceError {
    ServiceError::validation(error.to_string())
}

/// The answer in the form that the input asks for: for `image/png` the body is the picture itself.
pub fn framed(input_format: Option<&str>, answer: Answer) -> Answer {
    match (input_format, answer.output.get("MetricWidgetImage")) {
        (Some(IMAGE_PNG), Some(Value::Blob(image))) => {
            let body = RawBody { media_type: IMAGE_PNG, bytes: image.clone() };
            Answer { raw: Some(body), ..answer }
        }
        _ => answer,
    }
}
