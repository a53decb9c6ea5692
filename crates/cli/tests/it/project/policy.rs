//! `policy`.

use crate::world::{QUICK, World};

#[test]
fn show_gives_each_value_with_its_origin() {
    let world = World::new(QUICK);
    let run = world.allclear(&["policy", "show"]).code(0);
    let soak = run.out.lines().find(|l| l.starts_with("gates.soak.for ")).unwrap();
    assert!(soak.contains("0s") && soak.contains("(allclear.toml:"), "{soak}");
    let merge = run.out.lines().find(|l| l.starts_with("promotion.merge ")).unwrap();
    assert!(merge.contains("merge") && merge.contains("(library@1)"), "{merge}");
    let seen = world.allclear(&["policy", "show", "--json"]).code(0).json();
    assert_eq!(seen["policy"]["name"], "lib");
    assert!(seen["digest"].is_string() && seen["rows"].is_array());
}

#[test]
fn without_a_file_there_is_a_hint() {
    let world = World::new("");
    for args in [&["policy", "show"][..], &["cut", "--yes"], &["cut", "--dry-run"]] {
        world.allclear(args).code(2).talks("there is no allclear.toml on develop").talks("run allclear init");
    }
    world.allclear(&["policy", "check"]).code(2).talks("cannot be read").talks("allclear init writes one");
    world.allclear(&["status"]).code(0).says("no allclear.toml on develop");
    assert_eq!(world.status()["policy"], "absent");
}

#[test]
fn check_finds_all_mistakes_at_once_with_their_places() {
    let world = World::new(QUICK);
    let wrong = "preset = \"banana@7\"\nmode = \"maybe\"\nsurprise = 1\n\n[project]\ntime-zone = \"Europe/Lodnon\"\n\n\
                 [gates.soak]\nfor = \"a while\"\nenforce = \"yes\"\n\n[branches]\nstable = \"-x\"\n";
    world.write("clone/allclear.toml", wrong);
    let run = world.allclear(&["policy", "check"]).code(2).talks("7 mistakes").plainly();
    assert_eq!(run.out, "");
    for place in ["1:10", "2:8", "3:1", "6:13", "9:7", "10:11", "13:10"] {
        assert!(run.err.contains(place), "no {place} in {}", run.err);
    }
    assert!(run.err.contains("Europe/London"), "{}", run.err);
    let json = world.allclear(&["policy", "check", "--json"]).code(2).json();
    assert_eq!(json["schema"], "allclear.policy-check/1");
    let mistakes = json["mistakes"].as_array().unwrap();
    let places: Vec<(u64, u64)> =
        mistakes.iter().map(|m| (m["line"].as_u64().unwrap(), m["column"].as_u64().unwrap())).collect();
    assert_eq!(places, [(1, 10), (2, 8), (3, 1), (6, 13), (9, 7), (10, 11), (13, 10)]);
}

#[test]
fn hostile_files_are_answered_with_2() {
    let world = World::new(QUICK);
    let deep = format!("x = {}{}", "[".repeat(5000), "]".repeat(5000));
    let long = format!("[project]\nname = \"{}\"\n", "x".repeat(2 << 20));
    let many = (0..10_000).map(|n| format!("k{n} = {n}")).collect::<Vec<_>>().join("\n");
    let hostile = [
        "[[[".to_owned(),
        "\u{0}\u{1}\u{2}".to_owned(),
        "mode = \"run\u{202e}\"".to_owned(),
        "mode = \"\\u001b[31mred\"".to_owned(),
        "[project]\nname = \"a\\nb\"\n".to_owned(),
        "[branches]\nstable = \"--upload-pack=touch pwned\"\n".to_owned(),
        "[branches]\nstable = \"same\"\ndevelop = \"same\"\n".to_owned(),
        "[version]\nfiles = [\"../../etc/passwd\"]\n".to_owned(),
        "[version]\nfiles = [\"/etc/passwd\"]\n".to_owned(),
        "[gates.soak]\nfor = \"99999999999999999999d\"\n".to_owned(),
        "[gates.soak]\nfor = \"-7d\"\n".to_owned(),
        "[train]\nanchor = \"2026-02-30\"\n".to_owned(),
        deep,
        long,
        many,
    ];
    for text in hostile {
        world.write("hostile.toml", &text);
        let file = world.path("hostile.toml").display().to_string();
        let run = world.allclear(&["policy", "check", &file]);
        let start: String = text.chars().take(60).collect();
        assert_eq!(run.code, 2, "{start:?}: {} {}", run.out, run.err);
        assert!(run.err.len() < 200_000, "{start:?}: {} bytes of mistakes", run.err.len());
        run.plainly();
    }
    std::fs::write(world.path("hostile.toml"), b"mode = \"\xff\xfe\"").unwrap();
    world.allclear(&["policy", "check", &world.path("hostile.toml").display().to_string()]).code(2);
}

#[test]
fn a_wrong_policy_on_develop_stops_cuts_and_no_candidate() {
    let world = World::new(QUICK);
    world.allclear(&["cut", "--yes"]).code(0);
    world.push("develop", "allclear.toml", "mode = \"maybe\"\n", "chore: oops");
    world.until("clear");
    world.allclear(&["status"]).says("allclear.toml has 1 mistake");
    world.allclear(&["policy", "show"]).code(2).talks("1:8");
    world.allclear(&["policy", "adopt", "--yes"]).code(2).talks("allclear policy check");
    world.allclear(&["promote", "--yes"]).code(0);
    world.push("develop", "more.txt", "more\n", "feat: more");
    world.allclear(&["cut", "--yes"]).code(2).talks("allclear.toml on develop has 1 mistake");
}

#[test]
fn the_schema_is_json_schema() {
    let world = World::bare();
    let schema = world.run(".", &["policy", "schema"]).code(0).json();
    assert!(schema["$schema"].as_str().is_some_and(|s| s.contains("json-schema.org")), "{schema:#}");
    assert!(schema["properties"]["gates"].is_object());
}

#[test]
fn a_candidate_is_judged_by_the_policy_of_its_cut() {
    let world = World::new(&QUICK.replace("for = \"0s\"", "for = \"7d\""));
    world.allclear(&["cut", "--yes"]).code(0);
    world.allclear(&["policy", "adopt", "--yes"]).code(0).says("already");
    world.push("develop", "allclear.toml", QUICK, "chore: a shorter soak");
    world.allclear(&["status"]).code(8).says("of 7 d");
    let before = world.refs();
    world.allclear(&["policy", "adopt"]).code(2).says("relaxed").talks("no terminal to ask");
    assert_eq!(world.refs(), before);
    let adopted = world.allclear(&["policy", "adopt", "1.1.0", "--yes", "--json"]).code(0).json();
    assert_eq!(
        (&adopted["changes"][0]["key"], &adopted["changes"][0]["relaxed"]),
        (&"gates.soak.for".into(), &true.into())
    );
    world.until("clear");
    world.allclear(&["log"]).code(0).says("adopt a policy for 1.1.0, relaxing gates.soak.for");
    world.push("develop", "allclear.toml", &format!("{QUICK}[branches]\nstable = \"main\"\n"), "chore: main");
    world.allclear(&["policy", "adopt", "--yes"]).code(2).talks("names other branches");
}

#[test]
fn a_gate_that_is_not_enforced_is_advice() {
    let world = World::new(&format!("{QUICK}[gates.fixes]\nenforce = false\n"));
    world.allclear(&["cut", "--yes"]).code(0);
    world.push("release-1.1.0", "extra.txt", "more\n", "feat: one more thing");
    world.allclear(&["rc"]).code(0);
    let seen = world.until("clear");
    let fixes = &seen["candidates"][0]["gates"][0];
    assert_eq!(
        (&fixes["gate"], &fixes["enforced"], &fixes["verdict"]),
        (&"fixes".into(), &false.into(), &"failed".into())
    );
    world.allclear(&["status"]).code(0).says("(advice)");
}
