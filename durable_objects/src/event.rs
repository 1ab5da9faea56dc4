//! A change as clients see it, in a page of the feed and on a socket. It is written down where its row is, and goes to clients
//! as it is.

use serde::Serialize;

use crate::call;
use crate::item::{Time, Type};

/// One change. What is not known is null; `from` is there when there is one.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema), schemars(rename = "Change"))]
pub struct Event<'a> {
    rev: i64,
    /// `create`, `write`, `mkdir`, `move`, `copy`, `trash`, `restore`, `delete`, `empty`, `import`, `revert`, `checkpoint` or
    /// `drop-checkpoint`.
    kind: &'a str,
    path: String,
    /// Where it was before, or what it was copied from.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// What the entry was from then on, as are size and time; null once nobody knows.
    #[serde(rename = "type")]
    entry: Option<Type>,
    size: Option<u64>,
    modified: Option<Time>,
    actor: Option<&'a str>,
    turn: Option<&'a str>,
    at: Time,
}

impl<'a> Event<'a> {
    /// As it is told below a root.
    pub fn new(root: &str, event: &'a call::Event) -> Self {
        Self {
            rev: event.rev,
            kind: &event.change,
            path: event.path.absolute(root),
            from: event.from.as_ref().map(|from| from.absolute(root)),
            entry: event.state.map(|state| state.kind.into()),
            size: event.state.map(|state| state.size_bytes),
            modified: event.state.map(|state| Time(state.modified_ms)),
            actor: event.actor.as_ref().map(crate::ids::Label::as_str),
            turn: event.turn.as_ref().map(crate::ids::Label::as_str),
            at: Time(event.at_ms),
        }
    }
}

/// Events below `root`, as a JSON array.
pub fn to_json(root: &str, events: &[call::Event]) -> Result<String, serde_json::Error> {
    let events: Vec<_> = events.iter().map(|event| Event::new(root, event)).collect();
    serde_json::to_string(&events)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Kind, State};
    use crate::ids::Label;
    use crate::path::FilePath;

    #[test]
    fn an_event_is_written_as_clients_know_it() {
        let path = |text: &str| FilePath::try_from(text.to_owned()).unwrap();
        let state = State { kind: Kind::File, size_bytes: 3, modified_ms: 1_763_720_000_007 };
        let moved = call::Event {
            rev: 7,
            change: "move".to_owned(),
            path: path("b/é.md"),
            from: Some(path("a.md")),
            state: Some(state),
            actor: Label::parse("agent"),
            turn: Label::parse("turn-1"),
            at_ms: 1_763_720_000_009,
        };
        let gone = call::Event {
            rev: 8,
            change: "delete".to_owned(),
            from: None,
            state: None,
            actor: None,
            turn: None,
            ..moved.clone()
        };
        insta::assert_snapshot!(to_json("/r", &[moved, gone]).unwrap(), @r#"[{"rev":7,"kind":"move","path":"/r/b/é.md","from":"/r/a.md","type":"file","size":3,"modified":"2025-11-21T10:13:20.007Z","actor":"agent","turn":"turn-1","at":"2025-11-21T10:13:20.009Z"},{"rev":8,"kind":"delete","path":"/r/b/é.md","type":null,"size":null,"modified":null,"actor":null,"turn":null,"at":"2025-11-21T10:13:20.009Z"}]"#);
    }
}
