//! `calendar --ics`: a file that other calendars import.

use crate::world::{QUICK, World};
use std::collections::BTreeMap;

/// The events of a file, each with its properties, after the rules of RFC 5545 were checked.
#[track_caller]
fn events(text: &str) -> Vec<BTreeMap<String, String>> {
    assert!(text.ends_with("\r\n") && !text.replace("\r\n", "").contains(['\r', '\n']), "{text:?}");
    assert!(text.split("\r\n").all(|line| line.len() <= 75), "{text}");
    let unfolded = text.replace("\r\n ", "");
    let (mut open, mut found) = (Vec::new(), Vec::new());
    for line in unfolded.split_terminator("\r\n") {
        let (name, value) = line.split_once(':').unwrap();
        match name {
            "BEGIN" => {
                open.push(value.to_owned());
                if value == "VEVENT" {
                    found.push(BTreeMap::new());
                }
            }
            "END" => assert_eq!(open.pop().as_deref(), Some(value)),
            _ if open.last().is_some_and(|o| o == "VEVENT") => {
                let twice = found.last_mut().unwrap().insert(name.to_owned(), value.to_owned());
                assert_eq!(twice, None, "{name} is there twice");
            }
            _ => {}
        }
    }
    assert!(open.is_empty(), "{open:?}");
    for event in &found {
        for name in ["UID", "DTSTAMP", "DTSTART", "SUMMARY"] {
            assert!(event.contains_key(name), "{event:?} lacks {name}");
        }
        let is_utc = |at: &String| at.len() == 16 && at.ends_with('Z') && at.as_bytes()[8] == b'T';
        assert!(is_utc(&event["DTSTAMP"]) && is_utc(&event["DTSTART"]), "{event:?}");
    }
    found
}

#[test]
fn cuts_soaks_and_freezes_as_a_calendar_file() {
    let soak = QUICK.replace("for = \"0s\"", "for = \"7d\"");
    let policy = format!(
        "{soak}[train]\nevery = \"2 weeks\"\nanchor = \"2020-01-07 10:00\"\nwhen-busy = \"overlap\"\n\
         [[freeze]]\nreason = \"Weihnachten, Neujahr; Ferien — niemand ist da, und das bleibt so bis in den Januar\"\n\
         from = \"2090-12-19\"\nuntil = \"2091-01-03\"\n"
    );
    let world = World::new(&policy);
    world.allclear(&["cut", "--yes"]).code(0);
    let first = events(&world.allclear(&["calendar", "--ics"]).code(0).out);
    let kinds = |kind: &str| first.iter().filter(|e| e["UID"].starts_with(kind)).count();
    assert_eq!((kinds("cut-"), kinds("gate-1.1.0-soak@"), kinds("freeze-policy-")), (6, 1, 1), "{first:?}");
    let freeze = first.iter().find(|e| e["UID"].starts_with("freeze-")).unwrap();
    assert!(
        freeze["SUMMARY"].starts_with("freeze: Weihnachten\\, Neujahr\\; Ferien — niemand"),
        "{freeze:?}"
    );
    assert_eq!(
        (freeze["DTSTART"].as_str(), freeze["DTEND"].as_str()),
        ("20901219T000000Z", "20910104T000000Z")
    );
    let uids: std::collections::BTreeSet<&String> = first.iter().map(|e| &e["UID"]).collect();
    assert_eq!(uids.len(), first.len(), "each has its own");
    let second = events(&world.allclear(&["calendar", "--ics"]).code(0).out);
    assert_eq!(uids, second.iter().map(|e| &e["UID"]).collect());
    // A soak that moves is the same event at another time.
    world.push("release-1.1.0", "lib.txt", "two\n", "fix: a slip");
    world.allclear(&["hold", "--reason", "wait"]).code(0);
    let moved = events(&world.allclear(&["calendar", "--ics", "--now", "1d"]).code(0).out);
    assert!(moved.iter().any(|e| e["UID"].starts_with("gate-1.1.0-soak@")), "{moved:?}");
    // The same instants as in the other form.
    let json = world.allclear(&["calendar", "--json"]).code(0).json();
    assert_eq!(
        json["coming"].as_array().unwrap().len(),
        events(&world.allclear(&["calendar", "--ics"]).out).len()
    );
    world.allclear(&["calendar", "--ics", "--json"]).code(2);
}

#[test]
fn a_project_without_a_train_has_an_empty_calendar() {
    let world = World::new(QUICK);
    assert!(events(&world.allclear(&["calendar", "--ics"]).code(0).out).is_empty());
}
