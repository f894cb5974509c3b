//! What processors make of messages, as a table; and what configurations are refused.

use serde_json::{Value, json};

use super::{Context, Processor, Transformer};

const CONTEXT: Context<'static> =
    Context { group: "/app/web", stream: "host-1", account: "111122223333", region: "eu-west-1" };

fn processors(config: &Value) -> Vec<Processor> {
    serde_json::from_value(config.clone()).unwrap()
}

fn apply(config: &Value, message: &str) -> Result<Value, String> {
    let transformer = Transformer::new(&processors(config)).unwrap_or_else(|error| panic!("{config}: {error}"));
    transformer.apply(message, &CONTEXT).map(|json| serde_json::from_str(&json).unwrap())
}

fn check(config: Value, message: &str, expected: Value) {
    assert_eq!(apply(&config, message), Ok(expected), "{config}");
}

/// What a mutator makes of JSON.
fn mutated(mutator: Value, message: Value, expected: Value) {
    check(json!([{"parseJSON": {}}, mutator]), &message.to_string(), expected);
}

#[test]
fn json_is_parsed_into_the_root_or_a_destination() {
    check(json!([{"parseJSON": {}}]), r#"{"a":{"b":1}}"#, json!({"a": {"b": 1}}));
    check(json!([{"parseJSON": {"source": "@message", "destination": "n.m"}}]), "[1]", json!({"n": {"m": [1]}}));
    check(
        json!([{"parseJSON": {}}, {"parseJSON": {"source": "inner"}}]),
        r#"{"inner":"{\"x\":1}"}"#,
        json!({"inner": "{\"x\":1}", "x": 1}),
    );
    assert_eq!(apply(&json!([{"parseJSON": {}}]), "plain"), Err("The source of parseJSON is not JSON.".to_owned()));
    assert_eq!(apply(&json!([{"parseJSON": {}}]), "[1]"), Err("The source of parseJSON is no JSON object.".to_owned()));
    let missing = apply(&json!([{"parseJSON": {}}, {"parseJSON": {"source": "x"}}]), "{}");
    assert_eq!(missing, Err("The field x is missing.".to_owned()));
}

#[test]
fn grok_names_what_patterns_match() {
    check(
        json!([{"grok": {"match": "%{NUMBER:version} %{HOSTNAME:hostname} %{NOTSPACE:status} %{QUOTEDSTRING:logMsg}"}}]),
        r#"293750 server-01.internal-network.local OK "[Thread-000] token generated""#,
        json!({
            "version": "293750",
            "hostname": "server-01.internal-network.local",
            "status": "OK",
            "logMsg": "[Thread-000] token generated",
        }),
    );
    check(
        json!([{"grok": {"match": r"%{IP:net.client}:%{POSINT:net.port} \[%{HTTPDATE:at}\] %{GREEDYDATA}"}}]),
        "10.0.0.1:443 [03/Aug/2023:12:34:56 +0000] rest",
        json!({"net": {"client": "10.0.0.1", "port": "443"}, "at": "03/Aug/2023:12:34:56 +0000"}),
    );
    check(
        json!([{"parseJSON": {}}, {"grok": {"source": "m", "match": "%{LOGLEVEL:level}: %{UUID:id}"}}]),
        r#"{"m":"ERROR: 8f507cfc-0000-4697-b07a-ac58fc914c95"}"#,
        json!({
            "m": "ERROR: 8f507cfc-0000-4697-b07a-ac58fc914c95",
            "level": "ERROR",
            "id": "8f507cfc-0000-4697-b07a-ac58fc914c95",
        }),
    );
    let no_match = apply(&json!([{"grok": {"match": "%{IP:ip}"}}]), "none");
    assert_eq!(no_match, Err("The source of grok does not match.".to_owned()));
}

#[test]
fn grok_knows_formats_of_logs() {
    check(
        json!([{"grok": {"match": "%{APACHE_ACCESS_LOG}"}}]),
        r#"127.0.0.1 - - [03/Aug/2023:12:34:56 +0000] "GET /page.html HTTP/1.1" 200 1234"#,
        json!({
            "request": "/page.html", "http_method": "GET", "status_code": 200, "http_version": "1.1",
            "response_size": 1234, "remote_host": "127.0.0.1", "timestamp": "2023-08-03T12:34:56Z",
        }),
    );
    check(
        json!([{"grok": {"match": "%{NGINX_ACCESS_LOG}%{GREEDYDATA:rest}"}}]),
        r#"192.168.1.100 - Foo [03/Aug/2023:14:34:56 +0200] "GET /a HTTP/1.1" 200 42 "-" "Mozilla/5.0 (X)" 0.5"#,
        json!({
            "request": "/a", "agent": "Mozilla/5.0 (X)", "http_method": "GET", "status_code": 200, "auth_user": "Foo",
            "http_version": "1.1", "response_size": 42, "remote_host": "192.168.1.100",
            "timestamp": "2023-08-03T12:34:56Z", "rest": " 0.5",
        }),
    );
    check(
        json!([{"grok": {"match": "%{SYSLOG5424}"}}]),
        r#"<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [a@1 iut="3]"][b@2] An entry"#,
        json!({
            "pri": 165, "version": 1, "timestamp": "2003-10-11T22:14:15.003Z", "hostname": "mymachine.example.com",
            "app": "evntslog", "msg_id": "ID47", "structured_data": r#"a@1 iut="3]"][b@2"#, "message": "An entry",
        }),
    );
}

#[test]
fn every_pattern_of_grok_matches_something() {
    let table = [
        ("USER", "mary.jones"),
        ("INT", "-5"),
        ("BASE16NUM", "0xff"),
        ("BOOLEAN", "TRUE"),
        ("WORD", "abc"),
        ("DATA", ""),
        ("URN", "urn:isbn:0451450523"),
        ("ARN", "arn:aws:s3:::bucket/key"),
        ("MAC", "00-11-22-aa-bb-cc"),
        ("MAC", "0011.22aa.bbcc"),
        ("MAC", "00:11:22:aa:bb:cc"),
        ("IPV6", "2001:db8::1"),
        ("IPV6", "::1"),
        ("IPV6", "1:2:3:4:5:6:7:8"),
        ("HOSTPORT", "example.com:80"),
        ("PATH", "/var/log/a.log"),
        ("PATH", r"C:\a\b"),
        ("TTY", "/dev/pts/0"),
        ("URI", "https://u:p@example.com:8080/a/b?c=d"),
        ("MONTH", "September"),
        ("DAY", "Tuesday"),
        ("TIME", "23:59:59.123"),
        ("DATE_US", "12/31/2024"),
        ("DATE_EU", "31.12.2024"),
        ("TIMESTAMP_ISO8601", "2024-05-19T06:10:16.682+02:00"),
        ("DATESTAMP", "12/31/2024 23:59"),
        ("DATESTAMP_RFC822", "Mon Jan 01 2024 10:00:00 UTC"),
        ("DATESTAMP_RFC2822", "Mon, 01 Jan 2024 10:00:00 +0100"),
        ("DATESTAMP_OTHER", "Mon Jan 01 10:00:00 UTC 2024"),
        ("DATESTAMP_EVENTLOG", "20240101100000"),
        ("SYSLOGTIMESTAMP", "Jan  1 10:00:00"),
        ("SYSLOGPROG", "sshd[42]"),
        ("SYSLOGFACILITY", "<1.2>"),
        ("SYSLOGBASE", "Jan 11 10:00:00 host sshd[42]:"),
        ("EMAILADDRESS", "a.b@example.com"),
    ];
    for (pattern, text) in table {
        check(json!([{"grok": {"match": format!("^%{{{pattern}:x}}$")}}]), text, json!({"x": text}));
    }
}

#[test]
fn rows_of_csv_become_columns() {
    check(
        json!([{"csv": {"delimiter": ",", "quoteCharacter": "'"}}]),
        "'Akua Mansa',28,'New York, USA'",
        json!({"column_1": "Akua Mansa", "column_2": "28", "column_3": "New York, USA"}),
    );
    check(
        json!([{"csv": {"columns": ["name", "at.city"], "destination": "row"}}]),
        "\"say \"\"hi\"\"\",,more\n",
        json!({"row": {"name": "say \"hi\"", "at": {"city": ""}, "column_3": "more"}}),
    );
    check(json!([{"csv": {"delimiter": "\\t"}}]), "a\tb", json!({"column_1": "a", "column_2": "b"}));
    assert!(apply(&json!([{"csv": {}}]), "a,\"b").is_err());
}

#[test]
fn keys_and_values_are_parsed() {
    check(
        json!([{"parseKeyValue": {
            "destination": "new_key", "fieldDelimiter": "!", "keyValueDelimiter": ":", "nonMatchValue": "default",
            "keyPrefix": "parsed_",
        }}]),
        "key1:value1!key2:value2!key3",
        json!({"new_key": {"parsed_key1": "value1", "parsed_key2": "value2", "parsed_key3": "default"}}),
    );
    check(json!([{"parseKeyValue": {}}]), "a=1&b=x=y&c", json!({"a": "1", "b": "x=y", "c": null}));
    let twice = |overwrite: bool| json!([{"parseJSON": {}}, {"parseKeyValue": {"source": "q", "overwriteIfExists": overwrite}}]);
    check(twice(false), r#"{"q":"a=2","a":1}"#, json!({"q": "a=2", "a": 1}));
    check(twice(true), r#"{"q":"a=2","a":1}"#, json!({"q": "a=2", "a": "2"}));
}

#[test]
fn formats_of_aws_are_parsed() {
    check(
        json!([{"parseVPC": {}}]),
        "2 012345678901 eni-1 10.0.0.1 10.0.0.2 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK",
        json!({
            "version": 2, "accountId": "012345678901", "interfaceId": "eni-1", "srcAddr": "10.0.0.1",
            "dstAddr": "10.0.0.2", "srcPort": 20641, "dstPort": 22, "protocol": 6, "packets": 20, "bytes": 4249,
            "start": 1_418_530_010, "end": 1_418_530_070, "action": "ACCEPT", "logStatus": "OK",
        }),
    );
    check(
        json!([{"parseRoute53": {"source": "@message"}}]),
        "1.0 2017-12-13T08:15:50.235Z Z123 example.com AAAA NOERROR TCP IAD12 192.0.2.0 198.51.100.0/24",
        json!({
            "version": 1.0, "queryTimestamp": "2017-12-13T08:15:50.235Z", "hostZoneId": "Z123",
            "queryName": "example.com", "queryType": "AAAA", "responseCode": "NOERROR", "protocol": "TCP",
            "edgeLocation": "IAD12", "resolverIp": "192.0.2.0", "ednsClientSubnet": "198.51.100.0/24",
        }),
    );
    let cloudfront = "2019-12-04\t21:02:31\tLAX1\t392\t192.0.2.24\tGET\td1.cloudfront.net\t/index.html\t200\t-\t\
        Mozilla/5.0%2520(X)\t-\t-\tHit\tSOX4xw\td1.cloudfront.net\thttps\t23\t0.001\t-\tTLSv1.2\tECDHE\tHit\tHTTP/2.0\
        \t-\t-\t11040\t0.001\tHit\ttext/html\t78\t-\t-";
    let parsed = apply(&json!([{"parseCloudfront": {}}]), cloudfront).unwrap();
    assert_eq!(parsed["sc-bytes"], 392);
    assert_eq!(parsed["time-taken"], 0.001);
    assert_eq!(parsed["cs(User-Agent)"], "Mozilla/5.0 (X)");
    assert_eq!(parsed["sc-range-end"], "-");
    assert_eq!(
        apply(&json!([{"parseVPC": {}}]), "2 x"),
        Err("The log event is no VPC flow log in the default format.".to_owned())
    );
}

#[test]
fn keys_are_added_deleted_moved_renamed_and_copied() {
    let event = json!({"outer": {"inner": 1}, "other": {"inner": 2}, "a": "x"});
    mutated(
        json!({"addKeys": {"entries": [{"key": "outer.new", "value": "v"}, {"key": "a", "value": "v"}]}}),
        event.clone(),
        json!({"outer": {"inner": 1, "new": "v"}, "other": {"inner": 2}, "a": "x"}),
    );
    mutated(
        json!({"addKeys": {"entries": [{"key": "a", "value": "v", "overwriteIfExists": true}]}}),
        event.clone(),
        json!({"outer": {"inner": 1}, "other": {"inner": 2}, "a": "v"}),
    );
    mutated(
        json!({"deleteKeys": {"withKeys": ["outer.inner", "a", "missing"]}}),
        event.clone(),
        json!({"outer": {}, "other": {"inner": 2}}),
    );
    mutated(
        json!({"moveKeys": {"entries": [{"source": "a", "target": "other"}, {"source": "outer.inner", "target": "other"}]}}),
        event.clone(),
        json!({"outer": {"inner": 1}, "other": {"inner": 2, "a": "x"}}),
    );
    mutated(
        json!({"moveKeys": {"entries": [{"source": "outer.inner", "target": "other", "overwriteIfExists": true}]}}),
        event.clone(),
        json!({"outer": {}, "other": {"inner": 1}, "a": "x"}),
    );
    mutated(
        json!({"renameKeys": {"entries": [{"key": "a", "renameTo": "b"}, {"key": "outer", "renameTo": "other"}, {"key": "no", "renameTo": "c"}]}}),
        event,
        json!({"outer": {"inner": 1}, "other": {"inner": 2}, "b": "x"}),
    );
    mutated(
        json!({"copyValue": {"entries": [
            {"source": "a", "target": "copies.a"}, {"source": "@logGroupName", "target": "group"},
            {"source": "@logGroupStream", "target": "stream"}, {"source": "@accountId", "target": "account"},
            {"source": "@regionName", "target": "region"}, {"source": "outer", "target": "a"}, {"source": "no", "target": "b"},
        ]}}),
        json!({"outer": {"inner": 1}, "a": "x"}),
        json!({"outer": {"inner": 1}, "a": "x", "copies": {"a": "x"}, "group": "/app/web", "stream": "host-1",
            "account": "111122223333", "region": "eu-west-1"}),
    );
}

#[test]
fn lists_of_objects_become_maps() {
    let event = json!({"list": [{"k": "a", "v": 1}, {"k": "b", "v": 2}, {"k": "a", "v": 3}, {"v": 4}]});
    let with = |expected: Value| {
        let mut event = event.clone();
        event.as_object_mut().unwrap().extend(expected.as_object().unwrap().clone());
        event
    };
    mutated(
        json!({"listToMap": {"source": "list", "key": "k", "valueKey": "v", "target": "m"}}),
        event.clone(),
        with(json!({"m": {"a": [1, 3], "b": [2]}})),
    );
    mutated(
        json!({"listToMap": {"source": "list", "key": "k", "valueKey": "v", "flatten": true, "flattenedElement": "first"}}),
        event.clone(),
        with(json!({"a": 1, "b": 2})),
    );
    mutated(
        json!({"listToMap": {"source": "list", "key": "k", "flatten": true, "flattenedElement": "last", "target": "m"}}),
        event.clone(),
        with(json!({"m": {"a": {"k": "a", "v": 3}, "b": {"k": "b", "v": 2}}})),
    );
}

#[test]
fn strings_are_changed_in_place() {
    mutated(
        json!({"lowerCaseString": {"withKeys": ["a.b", "n", "no"]}}),
        json!({"a": {"b": "XY"}, "n": 1}),
        json!({"a": {"b": "xy"}, "n": 1}),
    );
    mutated(json!({"upperCaseString": {"withKeys": ["a"]}}), json!({"a": "xy"}), json!({"a": "XY"}));
    mutated(json!({"trimString": {"withKeys": ["a"]}}), json!({"a": " x y\n"}), json!({"a": "x y"}));
    mutated(
        json!({"splitString": {"entries": [{"source": "a", "delimiter": ", "}]}}),
        json!({"a": "x, y"}),
        json!({"a": ["x", "y"]}),
    );
    mutated(
        json!({"substituteString": {"entries": [
            {"source": "a", "from": r"(\w+)@(?P<host>\w+)", "to": "${host}_$1x"}, {"source": "b", "from": "[0-9]+", "to": "$"},
        ]}}),
        json!({"a": "me@home you@work", "b": "a1b22"}),
        json!({"a": "home_mex work_youx", "b": "a$b$"}),
    );
}

#[test]
fn types_are_converted() {
    let convert = |kind: &str, value: Value| {
        let config = json!([{"parseJSON": {}}, {"typeConverter": {"entries": [{"key": "v", "type": kind}]}}]);
        apply(&config, &json!({"v": value}).to_string()).map(|event| event["v"].clone())
    };
    let table = [
        ("integer", json!("200"), json!(200)),
        ("integer", json!("2.9"), json!(2)),
        ("integer", json!(-2.9), json!(-2)),
        ("integer", json!(true), json!(1)),
        ("double", json!("2.5"), json!(2.5)),
        ("double", json!(2), json!(2.0)),
        ("string", json!(2.5), json!("2.5")),
        ("string", json!(true), json!("true")),
        ("boolean", json!("True"), json!(true)),
        ("boolean", json!(0), json!(false)),
        ("integer", json!(null), json!(null)),
    ];
    for (kind, value, expected) in table {
        assert_eq!(convert(kind, value.clone()), Ok(expected), "{kind} {value}");
    }
    for (kind, value) in
        [("integer", json!("x")), ("boolean", json!("x")), ("double", json!([1])), ("integer", json!(1e300))]
    {
        assert_eq!(convert(kind, value.clone()), Err("The field v cannot be converted.".to_owned()), "{kind} {value}");
    }
}

#[test]
fn times_are_converted() {
    let convert = |members: Value, value: Value| {
        let mut converter = json!({"source": "t", "target": "out"});
        converter.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let config = json!([{"parseJSON": {}}, {"dateTimeConverter": converter}]);
        apply(&config, &json!({"t": value}).to_string()).map(|event| event["out"].clone())
    };
    let table = [
        (
            json!({"matchPatterns": ["yyyy-MM-dd", "dd/MMM/yyyy:HH:mm:ss Z"]}),
            json!("19/May/2024:06:10:16 +0200"),
            "2024-05-19T04:10:16.000Z",
        ),
        (json!({"matchPatterns": ["epoch"]}), json!(1_716_099_016), "2024-05-19T06:10:16.000Z"),
        (json!({"matchPatterns": ["epoch"]}), json!("1716099016682"), "2024-05-19T06:10:16.682Z"),
        (
            json!({"matchPatterns": ["yyyy-MM-dd HH:mm"], "sourceTimezone": "America/New_York", "targetTimezone": "Asia/Tokyo",
                "targetFormat": "EEE HH:mm XXX", "locale": "en-US"}),
            json!("2024-05-19 12:00"),
            "Mon 01:00 +09:00",
        ),
    ];
    for (members, value, expected) in table {
        assert_eq!(convert(members.clone(), value), Ok(json!(expected)), "{members}");
    }
    let bad = convert(json!({"matchPatterns": ["yyyy"]}), json!("soon"));
    assert_eq!(bad, Err("The field t matches no date pattern.".to_owned()));
}

#[test]
fn what_breaks_a_rule_is_refused() {
    // logs.md TR-1 to TR-3.
    let json_first = |then: Value| json!([{"parseJSON": {}}, then]);
    let table = [
        (json!([]), "A transformer must have between 1 and 20 processors."),
        (json!([{}]), "A processor of the transformer is empty."),
        (json!([{"parseJSON": {}, "csv": {}}]), "A processor can have only one member, but one has parseJSON and csv."),
        (json!([{"trimString": {"withKeys": ["a"]}}]), "The first processor must be a parser, but it is trimString."),
        (json!(vec![json!({"parseJSON": {}}); 6]), "A transformer can have at most 5 parsers, but it has 6."),
        (
            json_first(json!({"parseVPC": {}})),
            "The processor parseVPC must be the first, and there can be only one of its kind.",
        ),
        (
            json!([{"grok": {"match": "%{IP:a}"}}, {"grok": {"match": "%{IP:a}"}}]),
            "A transformer can have only one grok processor.",
        ),
        (json!([{"parseJSON": {"source": "a"}}]), "The first processor must parse @message, not a."),
        (json!([{"parseVPC": {"source": "a"}}]), "The first processor must parse @message, not a."),
        (json!([{"parseWAF": {}}]), "The processor parseWAF is not supported by this server."),
        (
            json!([{"parseToOCSF": {"eventSource": "CloudTrail", "ocsfVersion": "V1.1"}}]),
            "The processor parseToOCSF is not supported by this server.",
        ),
        (
            json_first(json!({"deleteKeys": {"withKeys": ["a.b.c.d"]}})),
            "The key \"a.b.c.d\" is nested deeper than 3 levels.",
        ),
        (json_first(json!({"deleteKeys": {"withKeys": ["a..b"]}})), "The key \"a..b\" has an empty part."),
        (json!([{"grok": {"match": "%{NOSUCH:a}"}}]), "The pattern \"NOSUCH\" of grok is not supported."),
        (
            json!([{"grok": {"match": "%{INT:a:int}"}}]),
            "The pattern INT of grok has a type conversion, which is not supported.",
        ),
        (json!([{"grok": {"match": "no pattern"}}]), "The match of grok must have between 1 and 20 patterns."),
        (json!([{"grok": {"match": "%{IP"}}]), "A pattern of grok is not closed: %{IP"),
        (json!([{"grok": {"match": "(%{IP:a}"}}]), "The match of grok is no regular expression: (%{IP:a}"),
        (
            json!([{"grok": {"match": "%{SYSLOG5424} %{IP:a}"}}]),
            "Beside the pattern SYSLOG5424 grok can have DATA and GREEDYDATA alone, not IP.",
        ),
        (json!([{"csv": {"quoteCharacter": "''"}}]), "The quote character \"''\" of csv must be one character."),
        (
            json_first(json!({"listToMap": {"source": "a", "key": "k", "flatten": true}})),
            "listToMap needs flattenedElement if flatten is true.",
        ),
        (
            json_first(json!({"substituteString": {"entries": [{"source": "a", "from": "(", "to": ""}]}})),
            "\"(\" is no regular expression.",
        ),
        (
            json_first(json!({"typeConverter": {"entries": [{"key": "a", "type": "date"}]}})),
            "A type must be integer, double, string or boolean, not \"date\".",
        ),
        (
            json_first(json!({"dateTimeConverter": {"source": "a", "target": "b", "matchPatterns": ["HH:mm"]}})),
            "The date pattern \"HH:mm\" has no year.",
        ),
        (
            json_first(
                json!({"dateTimeConverter": {"source": "a", "target": "b", "matchPatterns": ["yyyy"], "locale": "de"}}),
            ),
            "The locale \"de\" is not supported by this server: only English ones are.",
        ),
        (
            json_first(
                json!({"dateTimeConverter": {"source": "a", "target": "b", "matchPatterns": ["yyyy"], "sourceTimezone": "Mars"}}),
            ),
            "There is no time zone \"Mars\".",
        ),
    ];
    for (config, expected) in table {
        assert_eq!(Transformer::new(&processors(&config)).map(|_| ()), Err(expected.to_owned()), "{config}");
    }
}

#[test]
fn large_events_stay_as_they_are() {
    let config = json!([{"parseJSON": {}}]);
    let many: serde_json::Map<String, Value> = (0..201).map(|index| (format!("f{index}"), json!(index))).collect();
    assert_eq!(
        apply(&config, &Value::Object(many).to_string()),
        Err("The transformed log event has more than 200 fields.".to_owned())
    );
    let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(512 * 1024));
    assert_eq!(apply(&config, &long), Err("The log event is too large to be transformed.".to_owned()));
}

#[test]
fn a_configuration_is_given_back_as_it_was() {
    let config = json!([{"parseJSON": {"destination": "d"}}, {"listToMap": {"source": "a", "key": "k", "flatten": true, "flattenedElement": "first"}},
        {"addKeys": {"entries": [{"key": "k", "value": "v", "overwriteIfExists": true}]}}]);
    assert_eq!(serde_json::to_value(processors(&config)).unwrap(), config);
}
