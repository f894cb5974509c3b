//! Which trails are seen where.

use serde_json::{Value, json};

use crate::test_world::World;

const ALL: &str = "arn:aws:cloudtrail:us-east-1:111122223333:trail/all";
const ONE: &str = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/one";

/// A trail of all regions homed in us-east-1, and one of eu-west-1 alone.
async fn two_trails() -> World {
    let world = World::new().await;
    let all = json!({"Name": "all", "S3BucketName": "acme-trail", "IsMultiRegionTrail": true});
    world.call_in("us-east-1", "CreateTrail", all).await.unwrap();
    world.ok("CreateTrail", json!({"Name": "one", "S3BucketName": "acme-trail"})).await;
    world
}

fn arns(answer: &Value, list: &str) -> Vec<String> {
    let trails = answer[list].as_array().unwrap();
    trails.iter().map(|trail| trail["TrailARN"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn trails_of_all_regions_have_shadows() {
    let world = two_trails().await;
    for (region, asked, seen) in [
        ("eu-west-1", json!({}), &[ALL, ONE][..]),
        ("eu-west-1", json!({"includeShadowTrails": false}), &[ONE]),
        ("us-east-1", json!({}), &[ALL]),
        ("ap-south-1", json!({}), &[ALL]),
        ("ap-south-1", json!({"includeShadowTrails": false}), &[]),
        ("ap-south-1", json!({"trailNameList": ["one", "all", "none"]}), &[ALL]),
        ("ap-south-1", json!({"trailNameList": [ONE]}), &[ONE]),
    ] {
        let described = world.call_in(region, "DescribeTrails", asked.clone()).await.unwrap();
        assert_eq!(arns(&described, "trailList"), seen, "{region} {asked}");
    }
    let listed = world.call_in("ap-south-1", "ListTrails", json!({})).await.unwrap();
    assert_eq!(arns(&listed, "Trails"), [ALL, ONE]);
    assert_eq!(listed["Trails"][0], json!({"TrailARN": ALL, "Name": "all", "HomeRegion": "us-east-1"}));
}

#[tokio::test]
async fn trails_are_read_where_they_are_seen_and_changed_at_home() {
    let world = two_trails().await;
    for name in ["all", ALL] {
        let read = world.ok("GetTrail", json!({"Name": name})).await;
        assert_eq!(read["Trail"]["HomeRegion"], "us-east-1");
        world.ok("GetTrailStatus", json!({"Name": name})).await;
        for operation in ["StartLogging", "StopLogging", "DeleteTrail", "UpdateTrail"] {
            assert_eq!(world.refused(operation, json!({"Name": name})).await.0, "InvalidHomeRegionException");
        }
        let put = json!({"TrailName": name, "EventSelectors": []});
        assert_eq!(world.refused("PutEventSelectors", put).await.0, "InvalidHomeRegionException");
    }
    let unknown = world.refused_in("ap-south-1", "GetTrail", json!({"Name": ONE})).await;
    assert_eq!(unknown.1, "Unknown trail: one for the user: 111122223333");
}

#[tokio::test]
async fn the_text_of_an_unknown_trail_depends_on_the_operation() {
    let world = World::new().await;
    let arn = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/ghost";
    for (operation, called) in
        [("GetTrail", "ghost"), ("GetTrailStatus", arn), ("UpdateTrail", arn), ("DeleteTrail", arn)]
    {
        for given in ["ghost", arn] {
            let text = format!("Unknown trail: {called} for the user: 111122223333");
            let refused = world.refused(operation, json!({"Name": given})).await;
            assert_eq!(refused, ("TrailNotFoundException".to_owned(), text), "{operation} {given}");
        }
    }
    for bad in ["arn:aws:s3:::bucket", "arn:aws:cloudtrail:eu-west-1:111122223333:channel/x"] {
        assert_eq!(world.refused("GetTrail", json!({"Name": bad})).await.0, "CloudTrailARNInvalidException");
    }
}

#[tokio::test]
async fn tags_are_set_by_arn() {
    let world = two_trails().await;
    world.ok("AddTags", json!({"ResourceId": ONE, "TagsList": [{"Key": "team", "Value": "a"}, {"Key": "x"}]})).await;
    world
        .ok("RemoveTags", json!({"ResourceId": ONE, "TagsList": [{"Key": "x", "Value": "other"}, {"Key": "y"}]}))
        .await;
    let listed = world.ok("ListTags", json!({"ResourceIdList": [ONE]})).await;
    let tags = json!([{"Key": "team", "Value": "a"}]);
    assert_eq!(listed["ResourceTagList"], json!([{"ResourceId": ONE, "TagsList": tags}]));
    for (resource, name) in [
        ("one", "CloudTrailARNInvalidException"),
        ("arn:aws:cloudtrail:eu-west-1:111122223333:trail/ghost", "ResourceNotFoundException"),
        ("arn:aws:cloudtrail:eu-west-1:111122223333:dashboard/x", "ResourceTypeNotSupportedException"),
        (ALL, "InvalidHomeRegionException"),
    ] {
        let refused = world.refused("AddTags", json!({"ResourceId": resource, "TagsList": []})).await;
        assert_eq!(refused.0, name, "{resource}");
    }
}
