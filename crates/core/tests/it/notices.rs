//! What is news, to whom, and how often.

use crate::make::{Scene, VERSION, at, commit, cut, held, policy, promoted};
use allclear_core::decide::notices;
use allclear_core::decide::notices::News;
use allclear_core::ledger::event::{Cut, Event};
use allclear_core::policy::model::notify::{Topic, address};
use allclear_core::policy::{Target, Way};
use allclear_core::project::fold;
use allclear_core::{Project, Version, assess};

const NOTHING: [&str; 0] = [];

fn target(on: &[Topic]) -> Target {
    Target { name: "ops".into(), way: Way::Run("x".into()), on: on.into() }
}

fn news(scene: &Scene, second: i64) -> (Project, Vec<News>) {
    let project = fold(&scene.links);
    let assessment = assess(None, &project, &scene.facts, at(second));
    let news = notices::news(&project, &assessment);
    (project, news)
}

fn keys(scene: &Scene, target: &Target, second: i64) -> Vec<String> {
    let (project, news) = news(scene, second);
    notices::due(target, &news, &project, at(second)).into_iter().map(|n| n.key.clone()).collect()
}

fn told(keys: &[String]) -> Event {
    Event::Noticed { to: "ops".into(), keys: keys.to_vec() }
}

#[test]
fn nothing_while_nobody_is_needed() {
    // It soaks, which is a matter of time.
    assert_eq!(keys(&Scene::new(policy()), &target(&Topic::ALL), 100), NOTHING);
}

#[test]
fn once_for_a_candidate_a_gate_a_verdict_and_a_commit() {
    let mut scene = Scene::new(policy());
    scene.tell(100, vec![held(None)]);
    let all = target(&Topic::USUAL);
    let first = keys(&scene, &all, 200);
    assert_eq!(first, [format!("2.9.0 hold failed {}", commit(2))]);
    scene.tell(200, vec![told(&first)]);
    assert_eq!(keys(&scene, &all, 300), NOTHING);
    scene.tell(400, vec![Event::HoldLifted { version: VERSION, reason: None }]);
    scene.tell(500, vec![held(None)]);
    assert_eq!(keys(&scene, &all, 600), NOTHING, "the same again, for the same commit");
    let other = Target { name: "other".into(), ..all };
    assert_eq!(keys(&scene, &other, 600), first, "each target is told for itself");
    assert_eq!(keys(&scene, &target(&[Topic::Released]), 600), NOTHING);
}

#[test]
fn a_delivery_that_failed_is_tried_again_with_a_pause() {
    let mut scene = Scene::new(policy());
    scene.tell(100, vec![held(None)]);
    let ops = target(&Topic::USUAL);
    let failed = |attempt| Event::NoticeFailed { to: "ops".into(), attempt, why: "503".into() };
    scene.tell(200, vec![failed(1)]);
    scene.tell(300, vec![failed(2)]);
    assert_eq!(keys(&scene, &ops, 419), NOTHING);
    let due = keys(&scene, &ops, 420);
    assert_eq!(due.len(), 1);
    scene.tell(420, vec![told(&due)]);
    assert_eq!(keys(&scene, &ops, 999), NOTHING);
}

#[test]
fn a_release_is_news_for_a_week_to_whom_asks() {
    let mut scene = Scene::new(policy());
    scene.tell(100, vec![held(None)]);
    let blocked = keys(&scene, &target(&Topic::USUAL), 100);
    scene.tell(150, vec![told(&blocked)]);
    scene.tell(1000, vec![promoted(1, 2)]);
    let next = Cut { version: Version::new(2, 10, 0), ..cut(policy()) };
    scene.tell(1050, vec![Event::CandidateCut(Box::new(next))]);
    assert_eq!(keys(&scene, &target(&Topic::USUAL), 1100), NOTHING);
    let wants = target(&[Topic::Released, Topic::Published]);
    assert_eq!(keys(&scene, &wants, 1100), ["2.9.0 released"], "it has no steps to be through with");
    assert_eq!(keys(&scene, &wants, 1000 + 7 * 86_400), NOTHING);
    assert!(fold(&scene.links).told["ops"].keys.is_empty(), "what was told of the candidate is forgotten");
}

#[test]
fn the_same_news_has_the_same_id() {
    let mut scene = Scene::new(policy());
    scene.tell(100, vec![held(None)]);
    let (_, found) = news(&scene, 200);
    let json = notices::json("lib", &found.iter().collect::<Vec<_>>(), at(200));
    let later = notices::json("lib", &found.iter().collect::<Vec<_>>(), at(900));
    assert_eq!((&json["id"], &json["schema"]), (&later["id"], &"allclear.notice/1".into()));
    assert_eq!(json["news"][0]["subject"], "hold");
    assert!(json["text"].as_str().unwrap().starts_with("lib 2.9.0 blocked: hold: "), "{json}");
}

#[test]
fn addresses() {
    for good in [
        "https://example.org/hook?a=b",
        "https://example.org:8443",
        "http://127.0.0.1:8080/x",
        "http://[::1]:1/",
        "http://localhost/",
    ] {
        assert_eq!(address(good), Ok(()), "{good}");
    }
    for bad in [
        "example.org",
        "http://example.org/",
        "http://127.0.0.1.example.org/",
        "http://localhost@example.org/",
        "https://me:pw@example.org/",
        "https://",
        "https:///x",
        "file:///etc/passwd",
        "ftp://example.org",
        "https://example.org/\" x",
        "https://example.org/a\nb",
        "https://example.org/{a,b}",
    ] {
        assert!(address(bad).is_err(), "{bad}");
    }
}

#[test]
fn words_of_strangers_are_only_text_in_a_chat() {
    let said = "fix: <!here> @channel & [free](https://evil.example) <https://evil.example|ok>";
    let text = allclear_core::decide::notices::chat(said);
    for mark in ["<!here>", "@channel", "](", "<http", "|ok>"] {
        assert!(!text.contains(mark), "{text}");
    }
    let shown: String = text.chars().filter(|c| *c != '\u{200b}').collect();
    assert_eq!(shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"), said);
}
