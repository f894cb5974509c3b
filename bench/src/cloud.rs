//! An EC2 that is nothing but large: instances and volumes by the thousand, one security group, all of it made up when
//! it is asked for.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::Router;
use axum::extract::State;
use axum::routing::any;
use tokio::net::TcpListener;

use crate::Failure;

/// Resources of a page, as EC2 gives at most.
const PAGE: usize = 1_000;
/// The security group.
pub const GROUP: &str = "sg-00000000000000001";

/// A server within this process, until the process ends.
pub struct Cloud {
    /// `127.0.0.1:PORT`
    pub address: String,
    state: Arc<Stock>,
}

struct Stock {
    instances: usize,
    /// The first so many instances are in the group.
    in_group: usize,
    volumes: AtomicUsize,
    is_open: AtomicBool,
}

impl Cloud {
    /// Serves so many instances on a free port; the first of them are in the group, which is open.
    pub async fn start(instances: usize, in_group: usize) -> Result<Self, Failure> {
        let state = Stock { instances, in_group, volumes: AtomicUsize::new(0), is_open: AtomicBool::new(true) };
        let state = Arc::new(state);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let app = Router::new().fallback(any(answer)).with_state(state.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self { address, state })
    }

    /// From now on there are so many volumes.
    pub fn make_volumes(&self, count: usize) {
        self.state.volumes.store(count, Ordering::Relaxed);
    }
}

/// The form of a request for a page of instances.
pub fn page_of_instances(number: usize) -> String {
    format!("Action=DescribeInstances&Version=2016-11-15&NextToken={}", number * PAGE)
}

/// How many pages so many instances have.
pub fn pages(instances: usize) -> usize {
    instances.div_ceil(PAGE)
}

async fn answer(State(stock): State<Arc<Stock>>, body: String) -> ([(&'static str, &'static str); 1], String) {
    let form: HashMap<&str, &str> = body.split('&').filter_map(|pair| pair.split_once('=')).collect();
    let action = form.get("Action").copied().unwrap_or_default();
    let wanted = form.iter().find(|(name, _)| name.ends_with("Id.1")).map(|(_, id)| *id);
    let first = form.get("NextToken").and_then(|token| token.parse().ok()).unwrap_or(0);
    let inner = match action {
        "DescribeInstances" => {
            let all = page(wanted, first, stock.instances, |number| instance(&stock, number));
            format!(
                "<reservationSet><item><reservationId>r-1</reservationId><ownerId>000000000000</ownerId><instancesSet>{}</instancesSet></item></reservationSet>{}",
                all.0, all.1
            )
        }
        "DescribeVolumes" => {
            let all = page(wanted, first, stock.volumes.load(Ordering::Relaxed), volume);
            format!("<volumeSet>{}</volumeSet>{}", all.0, all.1)
        }
        "DescribeSecurityGroups" => format!("<securityGroupInfo>{}</securityGroupInfo>", group(&stock)),
        "RevokeSecurityGroupIngress" => {
            stock.is_open.store(false, Ordering::Relaxed);
            "<return>true</return>".to_owned()
        }
        _ => String::new(),
    };
    let answer = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><{action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId>{inner}</{action}Response>"#
    );
    ([("content-type", "text/xml;charset=UTF-8")], answer)
}

/// The resources of a page, and the token of the next; the one that is asked for by its id alone.
fn page(wanted: Option<&str>, first: usize, count: usize, make: impl Fn(usize) -> String) -> (String, String) {
    let numbers = match wanted.and_then(|id| usize::from_str_radix(id.rsplit('-').next()?, 16).ok()) {
        Some(number) => number..(number + 1).min(count),
        None => first..(first + PAGE).min(count),
    };
    let end = numbers.end;
    let all: String = numbers.map(make).collect();
    let is_more = wanted.is_none() && end < count;
    (all, if is_more { format!("<nextToken>{end}</nextToken>") } else { String::new() })
}

fn instance(stock: &Stock, number: usize) -> String {
    let groups = if number < stock.in_group {
        format!("<item><groupId>{GROUP}</groupId><groupName>web</groupName></item>")
    } else {
        String::new()
    };
    let mut text = String::with_capacity(2_500);
    let kind = ["small", "medium", "large"][number % 3];
    let tokens = ["required", "optional"][number % 2];
    write!(
        text,
        "<item><instanceId>i-{number:017x}</instanceId><imageId>ami-0123456789abcdef0</imageId><instanceState><code>16</code><name>running</name></instanceState><privateDnsName>ip-10-0-{}-{}.ec2.internal</privateDnsName><dnsName/><keyName>operators</keyName><amiLaunchIndex>0</amiLaunchIndex><productCodes/><instanceType>t3.{kind}</instanceType><launchTime>2026-03-01T08:00:00.000Z</launchTime><placement><availabilityZone>us-east-1a</availabilityZone><groupName/><tenancy>default</tenancy></placement><monitoring><state>disabled</state></monitoring><subnetId>subnet-{:017x}</subnetId><vpcId>vpc-00000000000000001</vpcId><privateIpAddress>10.0.{}.{}</privateIpAddress><sourceDestCheck>true</sourceDestCheck><groupSet>{groups}</groupSet><architecture>x86_64</architecture><rootDeviceType>ebs</rootDeviceType><rootDeviceName>/dev/xvda</rootDeviceName><blockDeviceMapping><item><deviceName>/dev/xvda</deviceName><ebs><volumeId>vol-{number:017x}</volumeId><status>attached</status><attachTime>2026-03-01T08:00:01.000Z</attachTime><deleteOnTermination>true</deleteOnTermination></ebs></item></blockDeviceMapping><virtualizationType>hvm</virtualizationType><tagSet><item><key>Name</key><value>web-{number}</value></item><item><key>team</key><value>shop</value></item></tagSet><hypervisor>xen</hypervisor><networkInterfaceSet/><ebsOptimized>false</ebsOptimized><metadataOptions><state>applied</state><httpTokens>{tokens}</httpTokens><httpPutResponseHopLimit>2</httpPutResponseHopLimit><httpEndpoint>enabled</httpEndpoint></metadataOptions></item>",
        number / 250 % 250,
        number % 250,
        number % 20,
        number / 250 % 250,
        number % 250,
    )
    .expect("text takes all");
    text
}

fn volume(number: usize) -> String {
    let is_encrypted = number.is_multiple_of(3);
    format!(
        "<item><volumeId>vol-{number:017x}</volumeId><size>{}</size><snapshotId/><availabilityZone>us-east-1a</availabilityZone><status>available</status><createTime>2026-03-01T08:00:00.000Z</createTime><attachmentSet/><volumeType>gp3</volumeType><iops>3000</iops><encrypted>{is_encrypted}</encrypted><multiAttachEnabled>false</multiAttachEnabled><tagSet><item><key>team</key><value>shop</value></item></tagSet></item>",
        8 + number % 100,
    )
}

fn group(stock: &Stock) -> String {
    let port = |port: u16| {
        format!(
            "<item><ipProtocol>tcp</ipProtocol><fromPort>{port}</fromPort><toPort>{port}</toPort><groups/><ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges><ipv6Ranges/><prefixListIds/></item>"
        )
    };
    let ports = if stock.is_open.load(Ordering::Relaxed) { port(22) + &port(443) } else { port(443) };
    format!(
        "<item><ownerId>000000000000</ownerId><groupId>{GROUP}</groupId><groupName>web</groupName><groupDescription>the web servers</groupDescription><vpcId>vpc-00000000000000001</vpcId><ipPermissions>{ports}</ipPermissions><ipPermissionsEgress/></item>"
    )
}
