use super::*;

#[test]
fn everything_but_what_is_replaced_stays_as_it_was_written() {
    let text = "{ \"z\": 1.0000000000000000000001, \"a\" :[null,\"x\\\"y\", {\"b\":\"\\u00e9\"},1e400],\n\t\"z\":-0 }";
    let document = Document::parse(text).unwrap();
    let Value::Object(members) = &document.root.value else { panic!() };
    let names: Vec<_> = members.iter().map(|member| document.string(&member.name)).collect();
    assert_eq!(names, ["z", "a", "z"]);
    let Value::Array(items) = &document.member(members, "a").unwrap().node.value else { panic!() };
    assert_eq!(items.iter().map(|(index, _)| *index).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(document.string(&items[0].1.span), "x\"y");
    assert_eq!(document.plain(&items[0].1.span), None);
    let edits = vec![Edit::text(&items[0].1.span, "new \"é\"")];
    let expected = text.replace("\"x\\\"y\"", "\"new \\\"é\\\"\"");
    assert_eq!(edited(text, edits), expected);
    assert_eq!(edited(text, Vec::new()), text);
}

#[test]
fn the_members_of_an_object_are_found_however_much_is_in_them() {
    let deep = format!("{}\"}}]\"{}", "[".repeat(500), "]".repeat(500));
    let many = format!("{{\"x\":[{}{{}}]}}", "{\"y\":\"\\\"\"},".repeat(NODES_MAX));
    let text = format!("{{\"a\":{deep}, \"b\" : {many} ,\"c\":\"d\"}}");
    assert_eq!(Document::parse(&text).err(), Some(Unreadable::TooMuch));
    let document = Document::parse_top(&text).unwrap();
    let Value::Object(members) = &document.root.value else { panic!() };
    let span = |name: &str| document.member(members, name).unwrap().node.span.clone();
    assert_eq!((&text[span("a")], &text[span("b")]), (deep.as_str(), many.as_str()));
    assert_eq!(document.member_text(members, "c").as_deref(), Some("d"));
}

#[test]
fn a_text_that_is_no_json_or_too_much_is_not_looked_through() {
    let error = |text: &str| Document::parse(text).err();
    for text in ["", "{", "[1,]", "{\"a\" 1}", "\"\\x\"", "nul", "{} {}", &"[".repeat(200)] {
        assert_eq!(error(text), Some(Unreadable::Invalid), "{text}");
    }
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(error(&nested(DEPTH_MAX + 2)), Some(Unreadable::TooMuch));
    assert_eq!(error(&nested(DEPTH_MAX)), None);
    assert_eq!(error(&format!("[{}[]]", "[],".repeat(NODES_MAX))), Some(Unreadable::TooMuch));
    assert!(Document::parse(&format!("[{}0]", "0,".repeat(NODES_MAX * 4))).is_ok());
    for text in ["1", "\"x\"", "null", " [ ] ", "{}", "[[[]]]"] {
        assert!(Document::parse(text).is_ok(), "{text}");
    }
}
