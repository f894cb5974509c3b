use super::captured::*;
use super::super::*;

#[tokio::test]
async fn show() {
    for of in resource_types() {
        for (id, found) in all(of.name()).await { println!("@@ {} {id} {found:#?}", of.name()); println!("CONF {} {}", of.name(), found.configuration); println!("SUPP {}", serde_json::to_string(&found.supplementary).unwrap()); }
    }
}
