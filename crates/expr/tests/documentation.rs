//! The functions, as docs/expressions.md lists them.

use std::fmt::Write as _;

const MARK: &str = "<!-- functions: written by a test of kohort-expr -->\n";

#[test]
fn the_documentation_lists_the_functions() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/expressions.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (_, listed) = page.split_once(MARK).unwrap();
    let mut expected = "\n| function | gives |\n|---|---|\n".to_owned();
    for function in kohort_expr::functions().filter(|function| function.names[0] != "||") {
        let (first, others) = function.names.split_first().unwrap();
        let also =
            if others.is_empty() { String::new() } else { format!("; also {}", others.join(", ")) };
        let takes = function.takes.replace('|', "or");
        writeln!(expected, "| `{first}({takes})` | {}{also} |", function.gives).unwrap();
    }
    if std::env::var_os("WRITE_DOCS").is_some() {
        let start = page.find(MARK).unwrap() + MARK.len();
        std::fs::write(path, format!("{}{expected}", &page[..start])).unwrap();
        return;
    }
    assert_eq!(listed, expected, "run this test with WRITE_DOCS=1 in the environment");
}
