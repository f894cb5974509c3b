//! `lambda`: the function is invoked without waiting for its result.

use base::Arn;
use outbound::{CalledResource, Function, UpstreamCall};
use serde_json::json;

use super::{Attempt, Courier, Failure, on_behalf};
use crate::deliver::parcel::Parcel;
use crate::envelope::{Post, lambda_event};
use crate::record::Target;

impl Courier {
    pub(super) async fn invoke(&self, parcel: &Parcel, target: &Target, post: &Post<'_>) -> Attempt {
        let arn: Arn =
            target.endpoint.parse().map_err(|error: base::arn::InvalidArn| Failure::Permanent(error.to_string()))?;
        let signature = parcel.signed(post, &self.parts.signer).await?;
        let form = Function::named(&target.endpoint).invoked(lambda_event(post, &signature).to_string())?;
        let function = CalledResource { resource_type: "AWS::Lambda::Function", arn: target.endpoint.clone() };
        let told = json!({ "functionName": target.endpoint, "invocationType": "Event" });
        let on_behalf = on_behalf(parcel, target, function, told);
        let call = UpstreamCall { service: "lambda", region: arn.region, form, on_behalf };
        Ok(self.parts.outlets.upstreams.call_for_effect(call).await?)
    }
}
