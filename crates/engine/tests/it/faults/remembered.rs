//! What this machine remembers decides nothing but what it was found out about.

use crate::v;
use allclear_core::CommitId;
use allclear_testkit::World;

/// Puts an entry with one event on the record by hand.
fn forge_event(world: &World, id: &str, event: &serde_json::Value) {
    let entry = serde_json::json!({
        "schema": "allclear.entry/1", "needs": 1, "id": id.repeat(32), "claimed": world.now(), "via": "cli",
        "by": {"who": "mallory", "proof": "claimed"}, "events": [event],
    });
    world.forge_entry(entry.to_string().as_bytes());
}

#[test]
fn p1_what_was_found_sound_of_one_entry_is_not_believed_of_another() {
    let world = World::new();
    world.cut();
    let machines = ["a", "b"].map(|name| world.machine(name));
    let unfounded = |version: &str| {
        let seen = machines.each_ref().map(|machine| machine.engine().observe().unwrap());
        seen.map(|seen| seen.facts.candidates[&v(version)].unfounded.clone())
    };
    assert_eq!(unfounded("1.1.0"), [None, None]);
    let refs = world.refs();
    let tag = refs.iter().find(|(name, _)| name == "refs/tags/v1.1.0-rc.1").unwrap().1.clone();
    let honest = machines[0].engine().observe().unwrap().project.candidates[&v("1.1.0")].cut.clone();
    let from = &honest.from;
    let cut = |version: &str, head: &CommitId, files: Option<&str>| {
        let mut cut = serde_json::to_value(&honest).unwrap();
        let branch = format!("release-{version}");
        for (key, value) in [("version", version), ("branch", &branch), ("head", head.as_str())] {
            cut[key] = value.into();
        }
        if let Some(file) = files {
            cut["policy"]["changelog-file"] = file.into();
        }
        cut["kind"] = "CandidateCut".into();
        world.git(&["update-ref", &format!("refs/heads/{branch}"), head.as_str()]);
        cut
    };
    // A policy that names the digest of another one.
    forge_event(&world, "1", &cut("1.2.0", from, Some("door.txt")));
    // A commit that no policy of develop allows, after one that allows it.
    let door = world.commit("door", "fix: nothing to see", &[("door.txt", "open\n")]);
    let tree = world.git(&["rev-parse", &format!("{door}^{{tree}}")]);
    let head = world.git(&["commit-tree", &tree, "-p", from.as_str(), "-m", "Set the version"]);
    let head = CommitId::parse(&head).unwrap();
    forge_event(&world, "2", &cut("1.3.0", &head, Some("door.txt")));
    for version in ["1.2.0", "1.3.0"] {
        assert!(unfounded(version).iter().all(Option::is_some), "{version}");
    }
    forge_event(&world, "3", &cut("1.4.0", &head, None));
    assert!(unfounded("1.4.0").iter().all(Option::is_some));
    // The tag of one rc for the commit of another.
    world.git(&["update-ref", "refs/tags/v1.1.0-rc.2", tag.as_str()]);
    world.git(&["update-ref", "refs/heads/release-1.1.0", door.as_str()]);
    let again = serde_json::json!({
        "kind": "RcTagged", "version": "1.1.0", "rc": 2, "commit": door, "tag": "v1.1.0-rc.2", "object": tag,
    });
    assert_eq!(unfounded("1.1.0"), [None, None]);
    forge_event(&world, "4", &again);
    assert!(unfounded("1.1.0").iter().all(Option::is_some));
}
