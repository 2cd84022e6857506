use kohort_notify::LineageTarget;

use super::*;

#[test]
fn places() {
    let file = |path: &str| Some(LineageTarget::File(path.into()));
    let address = |url: &str| Some(LineageTarget::Endpoint(url.to_owned()));
    for (setting, lineage) in [
        ("records.lineage=lineage.jsonl", file("/home/shop/lineage.jsonl")),
        ("records.lineage=/var/log/lineage.jsonl", file("/var/log/lineage.jsonl")),
        ("records.lineage=http://marquez:5000/api", address("http://marquez:5000/api")),
        ("records.lineage=https://u:p@host/api?k=v", address("https://u:p@host/api?k=v")),
        ("records.lineage_namespace=nightly", None),
    ] {
        assert_eq!(small(&[setting]).records.lineage, lineage, "{setting}");
    }
    let text = format!("{SMALL}[records]\nprometheus = '${{DATA}}/shop.prom'");
    let records = read(&text, &[]).unwrap().records;
    assert_eq!(records.prometheus.as_deref(), Some(Path::new("/data/shop.prom")));
}

#[test]
fn they_do_not_bear_on_the_result() {
    let plain = small(&[]);
    assert_eq!(plain.records.lineage_namespace, "kohort");
    let told =
        small(&["records.lineage=a", "records.lineage_namespace=b", "records.prometheus=c.prom"]);
    assert_eq!(told.records.prometheus.as_deref(), Some(Path::new("/home/shop/c.prom")));
    assert_eq!(plain.digest(), told.digest());
}

#[test]
fn what_cannot_be() {
    for (setting, expected) in [
        ("records.lineage=ftp://host/a", "it must be a path to a file, or an http"),
        ("records.lineage=5", "it must be a path to a file, or an http"),
        ("records.prometheus=shop.txt", "it must be a path to a file whose name ends in .prom"),
        ("records.lineage_namespace=\"\"", "it must be a text"),
        ("records.linage=a", "did you mean"),
    ] {
        let error = read(SMALL, &sets(&[setting])).unwrap_err().to_string();
        assert!(error.contains(expected), "{setting}: {error}");
    }
}
