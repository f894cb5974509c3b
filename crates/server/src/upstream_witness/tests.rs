//! What is told of calls of the server's own services.

use super::*;

fn told_of(service: &str, outcome: &CallOutcome<'_>) -> Option<(String, String)> {
    error(&classify::told(service, "Anything"), outcome)
}

fn resource(resource_type: &'static str, arn: &str) -> CalledResource {
    CalledResource { resource_type, arn: arn.to_owned() }
}

#[test]
fn failures_are_told_by_code_and_message() {
    let refused =
        |status| CallOutcome::Refused { status, code: "InvalidInstanceID.NotFound", message: "no", request_id: None };
    let cause = || "refused".to_owned();
    let text = |code: &str, message: &str| Some((code.to_owned(), message.to_owned()));
    for (outcome, expected) in [
        (CallOutcome::Done { request_id: None }, None),
        (refused(400), text("Client.InvalidInstanceID.NotFound", "no")),
        (CallOutcome::Unreached { cause: cause() }, text(NO_ANSWER, "The upstream could not be reached: refused")),
        (
            CallOutcome::Unanswered { cause: cause() },
            text(NO_ANSWER, "The upstream did not answer, and may have carried the call out: refused"),
        ),
    ] {
        assert_eq!(told_of("ec2", &outcome), expected);
    }
}

#[test]
fn calls_that_were_not_made_count_for_no_upstream() {
    assert_eq!(counted(&CallOutcome::NotMade), None);
    assert_eq!(counted(&CallOutcome::Unreached { cause: String::new() }), Some(UpstreamOutcome::NoAnswer));
    let refused = CallOutcome::Refused { status: 503, code: "", message: "", request_id: None };
    assert_eq!(counted(&refused), Some(UpstreamOutcome::Answered(503)));
}

#[test]
fn calls_of_the_data_plane_name_the_resource_that_trails_select() {
    let mut on_behalf = OnBehalf::new("111122223333".parse().unwrap(), "sns.amazonaws.com");
    assert_eq!(resources(classify::Class::Management, &on_behalf), None);
    let class = classify::Class::Data("AWS::SQS::Queue");
    assert_eq!(resources(class, &on_behalf), Some(json!([{"type": "AWS::SQS::Queue"}])));
    on_behalf.resource = Some(resource("AWS::SQS::Queue", "arn:aws:sqs:eu-west-1:444455556666:q"));
    let expected = json!([{"accountId": "444455556666", "type": "AWS::SQS::Queue", "ARN": "arn:aws:sqs:eu-west-1:444455556666:q"}]);
    assert_eq!(resources(class, &on_behalf), Some(expected));
}

#[test]
fn resources_are_found_by_the_end_of_their_arn() {
    for (arn, expected) in [
        ("arn:aws:ec2:eu-west-1:111122223333:instance/i-1", "i-1"),
        ("arn:aws:sqs:eu-west-1:111122223333:q", "q"),
        ("arn:aws:lambda:eu-west-1:111122223333:function:f", "f"),
    ] {
        assert_eq!(name(&resource("", arn)), expected);
    }
}
