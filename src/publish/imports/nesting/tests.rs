//! What nests too deep, and what does not.

use super::*;

#[test]
fn what_nests_as_deep_as_an_attack_is_not_parsed() {
    let deep = |unit: &str| unit.repeat(100_000);
    for unit in [
        "(",
        "[",
        "{",
        "f(",
        "{a:",
        "a=>",
        "(a)=>{return ",
        "!",
        "- ",
        "+1",
        ".b()",
        "a?b:",
        "a=",
        "if(a)",
        "if(a)\n",
        "if(a)b;else ",
        "if(a)b\nelse ",
        "<a>",
        "<a>x\ny",
        "`${",
        "A<",
        "**1",
        "((",
        "new ",
        "typeof ",
        "a as b as ",
        "[0]",
        "()",
        "await ",
        "a||",
        "a.",
        "x`",
        "{}+",
        "do ",
        "class extends ",
        "(\")\",",
    ] {
        assert!(!is_parsable(&format!("x={}", deep(unit)), true), "{unit}");
    }
}

#[test]
fn what_people_and_tools_write_is_parsed_however_long_it_is() {
    let component = "export function A<T,>({ a, b }: Props<T>) {\n  const x = a ? b : c\n  return (\n    <div className=\"x\" onClick={() => f({ a: 1 })}>\n      don't {a && <b>it's :) {`${x}%`}</b>} a &lt; b / c\n      <img src='x' />\n      <>text</>\n    </div>\n  )\n}\n";
    let plain = "import a from 'a'\nconst b = a.map((c) => c.d / 2).filter((e) => /[\"'(]\\/{/.test(e)) // it's (\nfoo(b)\nif (a < b && c > d) {\n  go(`\\`${a}`)\n} else if (e) { stop() } else { no() }\nlabel: for (let i = 0; i < 3; i++) x += i\n";
    let data =
        format!("export const rows = [{}];", "{ id: 1, tags: ['a', 'b'], at: { x: -1, y: 2 } },\n".repeat(5_000));
    let union = format!("type Icon =\n{}  | 'last'\n", "  | 'one'\n".repeat(1_000));
    for (source, is_jsx) in [
        (component.repeat(500), true),
        (plain.repeat(500), true),
        (plain.repeat(500), false),
        (data, true),
        (union, false),
        (format!("const s = 'a' +\n{} 'z';", "  'line (' +\n".repeat(2_000)), true),
        (format!("x{}", ".then((a) => a)\n".repeat(500)), true),
        (format!("if (a) {{ b }} {}", "else if (c) { d }\n".repeat(200)), true),
        (include_str!("../nesting.rs").to_owned(), false),
    ] {
        assert!(is_parsable(&source, is_jsx), "{}", &source[..80.min(source.len())]);
    }
}
