//! The table of the specification, as it stands there (logs.md §3.6).

const VECTORS: &str = r#"
ERROR                                  | [ERROR 400] BAD REQUEST                     | yes
error                                  | [ERROR 400] BAD REQUEST                     | no
ERROR ARGUMENTS                        | [ERROR 400] BAD REQUEST                     | no
?ERROR ?ARGUMENTS                      | [ERROR 400] BAD REQUEST                     | yes
?ERROR ?ARGUMENTS REQUEST              | [INFO] REQUEST FAILED                       | yes
ERROR -ARGUMENTS                       | [ERROR 419] MISSING ARGUMENTS               | no
-ERROR                                 | INFO ok                                     | yes
"INTERNAL SERVER ERROR"                | [ERROR 500] INTERNAL SERVER ERROR           | yes
"[ERROR]" Exception                    | [ERROR] x: InvalidQueryException            | yes
%AUTHORIZED%                           | [ERROR 401] UNAUTHORIZED REQUEST            | yes
%^[hc]at%                              | a cat                                       | no
{ $.eventType = "UpdateTrail" }        | {"eventType":"UpdateTrail"}                 | yes
{ $.sourceIPAddress != 123.123.* }     | {"sourceIPAddress":"111.111.111.111"}       | yes
{ $.arrayKey[0] = "value" }            | {"arrayKey":["value","b"]}                  | yes
{ $.arrayKey = "value" }               | {"arrayKey":["value","b"]}                  | no
{ $.arrayKey[*] = %val.{2}% }          | {"arrayKey":["value","b"]}                  | yes
{ $.* = %111\.111\.111\.1[0-9]{1,2}% } | {"ip":"111.111.111.111"}                    | yes
{ $.['cluster.name'] = "c" }           | {"cluster.name":"c"}                        | yes
{ $.SomeObject IS NULL }               | {"SomeObject":null}                         | yes
{ $.SomeOther NOT EXISTS }             | {"SomeObject":null}                         | yes
{ $.a = 1 || $.b = 2 && $.c = 3 }      | {"a":1}                                     | yes
{ ($.a = 1 || $.b = 2) && $.c = 3 }    | {"a":1}                                     | no
{ $.number[0] = 1e+3 }                 | {"number":[1000]}                           | yes
{ $.userIdentity.type = Root }         | {"userIdentity":{"type":"Root"}}            | yes
[w1=ERROR, w2]                         | ERROR 09/25/2014 12:00:02 Failed to process | yes
[w1!=ERROR && w1!=WARNING, w2]         | INFO started now                            | yes
[..., status_code=4*, bytes]           | 127.0.0.1 - f [d] "GET / HTTP/1.0" 404 15   | yes
[a, b, c]                              | one two                                     | no
"#;

#[test]
fn the_vectors_of_the_specification_hold() {
    let mut rows = 0;
    for line in VECTORS.lines().filter(|line| !line.is_empty()) {
        // A pattern may have `||` in it, and so the columns are told apart by the blanks around the bar.
        let mut columns = line.rsplitn(3, "| ").map(str::trim);
        let (wanted, message, pattern) = (columns.next().unwrap(), columns.next().unwrap(), columns.next().unwrap());
        super::check(&[(pattern, message, wanted == "yes")]);
        rows += 1;
    }
    assert_eq!(rows, 28);
}
