//! Delivery policies: the phases, what is inherited, and what is refused.

use super::*;

fn delays(effective: &Effective) -> Vec<u64> {
    (1..).map_while(|attempts| effective.delay(attempts)).map(|delay| delay.as_secs()).collect()
}

#[test]
fn http_is_tried_four_times_twenty_seconds_apart() {
    assert_eq!(delays(&Effective::of(Protocol::Https, None, None)), [20, 20, 20]);
}

#[test]
fn queues_are_tried_for_23_days() {
    let delays = delays(&Effective::of(Protocol::Sqs, None, None));
    assert_eq!(delays.len(), 100_014 + 1);
    assert_eq!(delays[..5], [0, 0, 0, 1, 1]);
    assert_eq!((delays[5], delays[14], delays[15]), (1, 20, 20));
    assert_eq!(delays.iter().sum::<u64>() / 86_400, 23);
}

#[test]
fn people_are_tried_fifty_times_in_six_hours() {
    let delays = delays(&Effective::of(Protocol::Email, None, None));
    assert_eq!((delays.len(), delays[0], delays[2], delays[11], delays[49]), (50, 10, 10, 600, 600));
    assert!((6..=7).contains(&(delays.iter().sum::<u64>() / 3600)));
}

#[test]
fn the_four_phases_follow_one_another() {
    let policy = r#"{"healthyRetryPolicy":{"minDelayTarget":1,"maxDelayTarget":9,"numRetries":10,"numNoDelayRetries":1,
        "numMinDelayRetries":2,"numMaxDelayRetries":2,"backoffFunction":"linear"}}"#;
    let effective = Effective::of(Protocol::Http, None, Some(policy));
    assert_eq!(delays(&effective), [0, 1, 1, 1, 3, 5, 7, 9, 9, 9]);
    assert_eq!(effective.delay(11), None);
}

#[test]
fn backoff_functions_have_their_shapes() {
    for (function, expected) in [
        ("linear", [1, 6, 11, 16]),
        ("arithmetic", [1, 3, 8, 16]),
        ("exponential", [1, 3, 7, 16]),
        ("geometric", [1, 2, 6, 16]),
    ] {
        let policy = format!(
            r#"{{"healthyRetryPolicy":{{"minDelayTarget":1,"maxDelayTarget":16,"numRetries":4,"backoffFunction":"{function}"}}}}"#
        );
        assert_eq!(delays(&Effective::of(Protocol::Http, None, Some(&policy))), expected, "{function}");
    }
}

const TOPIC: &str = r#"{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":5,"maxDelayTarget":5,"numRetries":1},
    "defaultThrottlePolicy":{"maxReceivesPerSecond":7},"disableSubscriptionOverrides":false}}"#;

#[test]
fn a_subscription_inherits_what_it_does_not_say() {
    let own = r#"{"requestPolicy":{"headerContentType":"text/csv"}}"#;
    let effective = Effective::of(Protocol::Http, Some(TOPIC), Some(own));
    assert_eq!(delays(&effective), [5]);
    assert_eq!((effective.receives_per_second_max, effective.content_type.as_str()), (Some(7), "text/csv"));
    let own = r#"{"healthyRetryPolicy":{"minDelayTarget":2,"maxDelayTarget":2,"numRetries":2}}"#;
    assert_eq!(delays(&Effective::of(Protocol::Http, Some(TOPIC), Some(own))), [2, 2]);
    let fixed = TOPIC.replace("false", "true");
    assert_eq!(delays(&Effective::of(Protocol::Http, Some(&fixed), Some(own))), [5]);
    assert_eq!(delays(&Effective::of(Protocol::Email, Some(TOPIC), Some(own))).len(), 50);
}

#[test]
fn what_applies_is_shown_as_aws_does() {
    assert_eq!(
        Effective::topic_json(None),
        r#"{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"disableSubscriptionOverrides":false,"defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}}"#
    );
    let effective = Effective::of(Protocol::Http, Some(TOPIC), None);
    assert_eq!(Effective::of_target(Protocol::Http, Some(&effective.to_json())), effective);
    assert!(!effective.is_default(Protocol::Http));
    assert!(Effective::of(Protocol::Http, None, None).is_default(Protocol::Http));
}

#[test]
fn wrong_policies_are_refused_in_aws_words() {
    let retry = |members: &str| {
        format!(r#"{{"healthyRetryPolicy":{{"minDelayTarget":5,"maxDelayTarget":10,"numRetries":9{members}}}}}"#)
    };
    for (policy, problem) in [
        ("[]".to_owned(), "failed to parse JSON."),
        (
            r#"{"healthyRetryPolicy":{"minDelayTarget":5,"numRetries":1}}"#.to_owned(),
            "healthyRetryPolicy.maxDelayTarget must be specified",
        ),
        (
            r#"{"healthyRetryPolicy":{"minDelayTarget":5,"maxDelayTarget":3,"numRetries":1}}"#.to_owned(),
            "healthyRetryPolicy.maxDelayTarget must be greater than or equal to minDelayTarget",
        ),
        (
            r#"{"healthyRetryPolicy":{"minDelayTarget":0,"maxDelayTarget":3,"numRetries":1}}"#.to_owned(),
            "healthyRetryPolicy.minDelayTarget must be greater than or equal to 1",
        ),
        (
            r#"{"healthyRetryPolicy":{"minDelayTarget":1,"maxDelayTarget":1,"numRetries":101}}"#.to_owned(),
            "healthyRetryPolicy.numRetries must be less than or equal to 100",
        ),
        (
            retry(r#","numNoDelayRetries":5,"numMinDelayRetries":5"#),
            "healthyRetryPolicy.numRetries must be greater than or equal to total of numMinDelayRetries, \
             numNoDelayRetries and numMaxDelayRetries",
        ),
        (
            retry(r#","numNoDelayRetries":4294967295,"numMinDelayRetries":1"#),
            "healthyRetryPolicy.numRetries must be greater than or equal to total of numMinDelayRetries, \
             numNoDelayRetries and numMaxDelayRetries",
        ),
        (
            retry(r#","backoffFunction":"cubic""#),
            "healthyRetryPolicy.backoffFunction: the value [cubic] is not a valid backoff function",
        ),
        (
            r#"{"healthyRetryPolicy":{"minDelayTarget":60,"maxDelayTarget":60,"numRetries":61}}"#.to_owned(),
            "healthyRetryPolicy: the total of all delays must be less than or equal to 3600 seconds",
        ),
        (
            r#"{"throttlePolicy":{"maxReceivesPerSecond":0}}"#.to_owned(),
            "throttlePolicy.maxReceivesPerSecond must be >= 1",
        ),
        (
            r#"{"requestPolicy":{"headerContentType":"text/x"}}"#.to_owned(),
            "requestPolicy.headerContentType: the value \"text/x\" is not a supported content type",
        ),
        (r#"{"retry":{}}"#.to_owned(), "retry is not supported"),
    ] {
        let refused = DeliveryPolicy::parse(&policy, Level::Subscription).unwrap_err();
        assert_eq!(refused, format!("DeliveryPolicy: {problem}"), "{policy}");
    }
    let topic = r#"{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":1,"maxDelayTarget":1}}}"#;
    assert_eq!(
        DeliveryPolicy::parse(topic, Level::Topic).unwrap_err(),
        "DeliveryPolicy: http.defaultHealthyRetryPolicy.numRetries must be specified"
    );
}
