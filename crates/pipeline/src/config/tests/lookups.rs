//! `[lookups]`: what is read, and what is refused.

use super::*;

#[test]
fn what_a_lookup_says() {
    let pipeline = small(&[
        r#"lookups.products={ path = ["p/*.parquet", "${DATA}/q"], key = "sku", where = "NOT is_old" }"#,
        r#"lookups.cookies={ path = "s3://shop/cookies", key = "cookie", unknown_keys = "ignore" }"#,
    ]);
    let listed = listed(&pipeline);
    let lookups: Vec<_> = listed.lines().filter(|line| line.starts_with("lookups.")).collect();
    assert_eq!(
        lookups,
        [
            r#"lookups.cookies.path: ["s3://shop/cookies"]"#,
            "lookups.cookies.key: cookie",
            "lookups.cookies.unknown_keys: ignore",
            r#"lookups.products.path: ["/home/shop/p/*.parquet", "/data/q"]"#,
            "lookups.products.key: sku",
            "lookups.products.where: NOT is_old",
            "lookups.products.unknown_keys: warn",
        ]
    );
    let digest = |key: &str| {
        let lookup = format!(r#"lookups.l={{ path = "p", key = "{key}" }}"#);
        small(&[&lookup]).digest()
    };
    assert_ne!(digest("a"), digest("b"));
}

#[test]
fn mistakes() {
    let cases = [
        ("lookups=1", "lookups is the number 1; it must be a table"),
        (
            "lookups.products=\"p\"",
            "lookups.products is the text \"p\"; it must be a table such as { path = \"products.parquet\", \
             key = \"sku\" }",
        ),
        (
            r#"lookups.products={ key = "sku" }"#,
            "[lookups.products] needs \"path\": a file, folder or glob that holds the rows",
        ),
        (
            r#"lookups.products={ path = "p" }"#,
            "[lookups.products] needs \"key\": an SQL expression that tells a row's key",
        ),
        (
            r#"lookups.products={ path = "p", keys = "sku" }"#,
            "unknown key \"keys\" in [lookups.products]; did you mean \"key\"? Keys there: path, key, where, \
             unknown_keys",
        ),
        (
            r#"lookups.products={ path = "p", key = "sku", unknown_keys = "warning" }"#,
            "lookups.products.unknown_keys is \"warning\"; did you mean \"warn\"? Allowed: warn, error, ignore",
        ),
        (
            r#"lookups."my products"={ path = "p", key = "sku" }"#,
            "no lookup can be named \"my products\": a name is made of letters, digits and underscores, and \
             begins with a letter",
        ),
        (r#"lookups.l={ path = "s3://me:hunter2@shop/p", key = "sku" }"#, "lookups.l.path: "),
    ];
    for (argument, expected) in cases {
        let error = read(SMALL, &sets(&[argument])).unwrap_err().to_string();
        assert!(error.contains(expected) && !error.contains("hunter2"), "{argument}: {error}");
    }
}
