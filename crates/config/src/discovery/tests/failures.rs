//! What is made of what goes wrong: never an absence (D-2, D-3, D-4).

use serde_json::json;

use super::super::*;
use super::captured::*;

type Answered = Option<Result<Answer, CallFailed>>;

/// An answer to DescribeVpcs with one VPC, and the token of the next page.
fn page(id: &str, next: &str) -> Answered {
    Some(Ok(document("DescribeVpcs", json!({"vpcSet": {"item": {"vpcId": id}}, "nextToken": next}))))
}

async fn vpcs(answer: impl Fn(&[String]) -> Answered + Send + Sync + 'static) -> (Listing, usize) {
    let (moto, scope) = (Moto::with(move |_, texts| answer(texts)), scope());
    let listing = Lister::new(&moto, &scope).list(of("AWS::EC2::VPC")).await;
    let asked = moto.asked.lock().unwrap().len();
    (listing, asked)
}

fn ids(listing: &Listing) -> Vec<&str> {
    listing.resources.iter().map(|(id, _)| id.as_str()).collect()
}

fn said(texts: &[String], text: &str) -> bool {
    texts.iter().any(|found| found == text)
}

#[tokio::test]
async fn pages_are_read_to_the_end() {
    let (listing, asked) = vpcs(|texts| {
        assert!(said(texts, "1000"), "{texts:?}");
        match () {
            () if said(texts, "second") => page("vpc-2", "third"),
            () if said(texts, "third") => page("vpc-3", ""),
            () => page("vpc-1", "second"),
        }
    })
    .await;
    assert_eq!((ids(&listing), asked, listing.is_whole()), (vec!["vpc-1", "vpc-2", "vpc-3"], 3, true));
}

#[tokio::test]
async fn a_listing_that_breaks_off_says_so() {
    let (listing, _) = vpcs(|texts| match said(texts, "second") {
        true => Some(Err(refused(503, "ServiceUnavailable"))),
        false => page("vpc-1", "second"),
    })
    .await;
    assert_eq!((ids(&listing), listing.is_whole()), (vec!["vpc-1"], false));
    assert_eq!(listing.end, Err(refused(503, "ServiceUnavailable")));
}

#[tokio::test]
async fn pages_that_go_in_circles_end() {
    let (listing, asked) = vpcs(|_| page("vpc-1", "again")).await;
    assert_eq!((listing.is_whole(), asked), (false, 2));
}

#[tokio::test]
async fn what_is_below_others_is_listed_for_each_or_not_at_all() {
    let moto = Moto::with(|operation, texts| match operation {
        "ListClusters" => Some(Ok(Answer::Json(json!({"clusterArns": ["c-1", "c-2"]})))),
        "ListServices" if said(texts, "c-1") => Some(Ok(Answer::Json(json!({"serviceArns": ["s-1"]})))),
        "ListServices" => Some(Err(refused(400, "ThrottlingException"))),
        "DescribeServices" if said(texts, "c-1") && said(texts, "s-1") => {
            Some(Ok(Answer::Json(json!({"services": [{"serviceArn": "s-1", "serviceName": "n"}]}))))
        }
        _ => None,
    });
    let scope = scope();
    let listing = Lister::new(&moto, &scope).list(of("AWS::ECS::Service")).await;
    assert_eq!((ids(&listing), listing.end.is_err()), (vec!["s-1"], true));
}

async fn buckets(answer: impl Fn(&str, &[String]) -> Answered + Send + Sync + 'static) -> Listing {
    let (moto, scope) = (Moto::with(answer), scope());
    Lister::new(&moto, &scope).list(of("AWS::S3::Bucket")).await
}

#[tokio::test]
async fn a_resource_of_which_something_cannot_be_read_is_untold_and_not_gone() {
    let denied = || refused(403, "AccessDenied");
    let listing = buckets(move |operation, texts| {
        (operation == "GetBucketPolicy" && said(texts, "acme-full")).then(|| Err(denied()))
    })
    .await;
    assert_eq!((ids(&listing), listing.end.is_ok(), listing.is_whole()), (vec!["acme-plain"], true, false));
    let untold = Untold { key: "acme-full".to_owned(), failure: Some(denied()) };
    assert_eq!((listing.untold, listing.gone), (vec![untold], vec![]));
}

#[tokio::test]
async fn a_resource_that_goes_while_it_is_read_is_gone() {
    let listing = buckets(|operation, texts| {
        (operation == "GetBucketVersioning" && said(texts, "acme-full")).then(|| Err(refused(404, "NoSuchBucket")))
    })
    .await;
    assert_eq!((ids(&listing), listing.is_whole()), (vec!["acme-plain"], true));
    assert_eq!(listing.gone, ["acme-full"]);
}

#[tokio::test]
async fn what_an_upstream_does_not_have_is_as_if_it_were_not_set() {
    let unset = ["GetBucketAccelerateConfiguration", "GetBucketLogging", "GetBucketRequestPayment", "GetBucketTagging"];
    let listing =
        buckets(move |operation, _| unset.contains(&operation).then(|| Err(refused(501, "NotImplemented")))).await;
    assert!(listing.is_whole());
    for (id, bucket) in &listing.resources {
        assert_eq!(bucket.supplementary["BucketAccelerateConfiguration"], json!({"status": null}), "{id}");
        assert_eq!(bucket.supplementary["IsRequesterPaysEnabled"], json!(false), "{id}");
        assert!(bucket.tags.is_empty() && !bucket.supplementary.contains_key("BucketTaggingConfiguration"), "{id}");
    }
}

#[tokio::test]
async fn buckets_of_other_regions_are_told_there() {
    let (moto, mut scope) = (Moto::new(), scope());
    assert_eq!(ids(&Lister::new(&moto, &scope).list(of("AWS::S3::Bucket")).await), ["acme-plain", "acme-full"]);
    assert!(matches!(
        Lister::new(&moto, &scope).look(of("AWS::S3::Bucket"), "acme-elsewhere").await,
        Ok(Looked::Elsewhere)
    ));
    // Nothing but their region is asked of them.
    let (moto, region) = (Moto::new(), "ap-south-1".parse().unwrap());
    scope.region = region;
    let listing = Lister::new(&moto, &scope).list(of("AWS::S3::Bucket")).await;
    assert!(listing.is_whole() && listing.resources.is_empty());
    assert_eq!(moto.asked.into_inner().unwrap().iter().filter(|name| **name != "GetBucketLocation").count(), 1);
}

/// An S3 of one region lists all buckets, and tells of those of its own.
#[tokio::test]
async fn a_bucket_that_an_upstream_sends_elsewhere_for_is_of_another_region() {
    for failure in [refused(301, "MovedPermanently"), refused(400, "AuthorizationHeaderMalformed")] {
        let listing = buckets(move |operation, texts| {
            (operation == "GetBucketLocation" && said(texts, "acme-full")).then(|| Err(failure.clone()))
        })
        .await;
        assert_eq!((ids(&listing), listing.is_whole()), (vec!["acme-plain"], true));
    }
}

#[tokio::test]
async fn an_operation_that_is_not_there_is_told_from_one_that_fails() {
    for (status, code, is_unsupported, is_denied) in [
        (400, "InvalidAction", true, false),
        (400, "UnknownOperationException", true, false),
        (501, "NotImplemented", true, false),
        (404, "Not Found", true, false),
        (503, "SlowDown", false, false),
        (400, "ThrottlingException", false, false),
        (403, "AccessDenied", false, true),
        (400, "AccessDeniedException", false, true),
    ] {
        let failure = refused(status, code);
        assert_eq!((failure.is_unsupported(), failure.is_denied()), (is_unsupported, is_denied), "{code}");
    }
    let silent = CallFailed::Unanswered("connection refused".to_owned());
    assert!(!silent.is_unsupported() && !silent.is_denied());
}

#[tokio::test]
async fn a_terminated_instance_is_gone_though_it_is_listed() {
    let (moto, scope) = (Moto::new(), scope());
    let lister = Lister::new(&moto, &scope);
    let listing = lister.list(of("AWS::EC2::Instance")).await;
    assert_eq!((listing.gone.len(), listing.is_whole()), (1, true));
    assert!(!ids(&listing).contains(&listing.gone[0].as_str()));
    assert!(matches!(lister.look(of("AWS::EC2::Instance"), &listing.gone[0]).await, Ok(Looked::Gone)));
}

#[tokio::test]
async fn a_resource_that_is_not_there_is_gone_by_the_answer_to_a_question_for_it() {
    for (name, key) in [
        ("IAM::User", "nobody"),
        ("S3::Bucket", "acme-gone"),
        ("Lambda::Function", "nothing"),
        ("DynamoDB::Table", "nothing"),
        ("RDS::DBInstance", "nothing"),
        ("CloudFormation::Stack", "nothing"),
        // The answer is a list that lacks it.
        ("EC2::Volume", "vol-00000000"),
        ("AutoScaling::AutoScalingGroup", "nothing"),
    ] {
        let (moto, scope) = (Moto::new(), scope());
        let looked = Lister::new(&moto, &scope).look(of(&format!("AWS::{name}")), key).await;
        assert!(matches!(looked, Ok(Looked::Gone)), "{name}: {looked:?}");
    }
}

#[tokio::test]
async fn a_question_that_fails_tells_nothing() {
    let failure = || refused(500, "InternalError");
    for (name, key, fails) in [
        ("IAM::User", "nobody", "GetAccountAuthorizationDetails"),
        ("IAM::User", "nobody", "GetUser"),
        ("S3::Bucket", "acme-full", "GetBucketAcl"),
        ("EC2::Volume", "vol-00000000", "DescribeVolumes"),
        ("DynamoDB::Table", "orders", "DescribeTable"),
        ("Lambda::Function", "full", "GetFunctionConfiguration"),
    ] {
        let (moto, scope) = (Moto::with(move |operation, _| (operation == fails).then(|| Err(failure()))), scope());
        let looked = Lister::new(&moto, &scope).look(of(&format!("AWS::{name}")), key).await;
        assert_eq!(looked.err(), Some(failure()), "{name}");
    }
}

/// A list may be older than the answer to a question.
#[tokio::test]
async fn what_a_list_lacks_and_a_question_finds_is_neither_there_nor_gone() {
    let moto = Moto::with(|operation, _| {
        (operation == "GetUser")
            .then(|| Ok(document("GetUser", json!({"GetUserResult": {"User": {"UserName": "new"}}}))))
    });
    let scope = scope();
    let looked = Lister::new(&moto, &scope).look(of("AWS::IAM::User"), "new").await;
    assert!(matches!(looked, Err(CallFailed::Unanswered(_))), "{looked:?}");
}

#[tokio::test]
async fn a_stack_on_its_way_is_not_told_of() {
    let stack = |status: &str| {
        let stack = json!({"StackId": "arn:s", "StackName": "s", "StackStatus": status});
        document("DescribeStacks", json!({"DescribeStacksResult": {"Stacks": {"member": stack}}}))
    };
    for (status, told, gone, untold) in
        [("UPDATE_COMPLETE", 1, 0, 0), ("UPDATE_IN_PROGRESS", 0, 0, 1), ("DELETE_COMPLETE", 0, 1, 0)]
    {
        let moto = Moto::with(move |operation, _| match operation {
            "DescribeStacks" => Some(Ok(stack(status))),
            _ => Some(Ok(document("ListStackResources", json!({"ListStackResourcesResult": {}})))),
        });
        let scope = scope();
        let listing = Lister::new(&moto, &scope).list(of("AWS::CloudFormation::Stack")).await;
        let counts = (listing.resources.len(), listing.gone.len(), listing.untold.len());
        assert_eq!(counts, (told, gone, untold), "{status}");
        assert_eq!(listing.is_whole(), untold == 0);
    }
}

/// A moto server gives all databases one id.
#[tokio::test]
async fn two_resources_with_one_id_are_not_taken_for_one() {
    let (moto, scope) = (Moto::new(), scope());
    let listing = Lister::new(&moto, &scope).list(of("AWS::RDS::DBInstance")).await;
    assert_eq!((listing.resources.len(), listing.untold.len(), listing.is_whole()), (1, 1, false));
}

#[tokio::test]
async fn an_answer_that_is_none_is_no_empty_list() {
    for answer in [Answer::Json(json!("no")), Answer::Json(json!({"TableNames": 5})), Answer::Json(json!([]))] {
        let moto = Moto::with(move |_, _| Some(Ok(answer.clone())));
        let scope = scope();
        let listing = Lister::new(&moto, &scope).list(of("AWS::DynamoDB::Table")).await;
        assert!(!listing.is_whole(), "{listing:?}");
    }
}
