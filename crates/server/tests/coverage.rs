//! The coverage page in the repository is what the running code says of itself.

use testkit::TestServer;

/// `UPDATE_COVERAGE=1 cargo test -p trailwatch --test coverage` writes the page anew.
#[tokio::test(flavor = "multi_thread")]
async fn the_coverage_page_is_true() {
    let server = TestServer::start().await.unwrap();
    let page = server::coverage::page(&server.running().state().services);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/coverage.md");
    if std::env::var_os("UPDATE_COVERAGE").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == page, "docs/coverage.md is stale: run with UPDATE_COVERAGE=1");
    server.stop().await.unwrap();
}
