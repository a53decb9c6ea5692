//! A promotion over http, where each request takes as long as one across an ocean.

use crate::promote::{FLOOR, SMALL, Way, in_turn, released, template};
use crate::table::Table;
use crate::world::{Lab, Ran};
use allclear_testkit::Bridge;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Duration;

const LATENCY: Duration = Duration::from_millis(200);
/// So many requests more than the floor's are allowed.
const MORE: usize = 5;

pub(crate) fn run(lab: &Lab, rounds: usize, table: &mut Table) {
    let template = template(lab, "http", SMALL);
    lab.git(&template, &["config", "http.receivepack", "true"]);
    let web = Bridge::open(&lab.at(""), LATENCY);
    // How many requests each of them took, the last time.
    let [ours, floor] = [RefCell::new(0), RefCell::new(0)];
    let by_allclear = |lab: &Lab, _: &Path| {
        let clone = clone(lab, &web, &["-n"]);
        lab.until_clear(&clone);
        count(&web, &ours, || lab.allclear(&clone, &["promote", "1.1.0", "--yes"]))
    };
    let by_floor = |lab: &Lab, _: &Path| {
        let clone = clone(lab, &web, &["--bare"]);
        count(&web, &floor, || lab.run("sh", &["-c", FLOOR], &clone))
    };
    let ways: [Way<'_>; 2] = [("allclear", &by_allclear), ("floor", &by_floor)];
    let samples = in_turn(lab, &template, rounds.min(5), &ways, &released);
    let other = format!("bare git commands, one push: {}", samples[1]);
    let ratio = format!("{:.2}×", samples[0].over(&samples[1]));
    table.row("promote over http, 200 ms a request", samples[0].to_string(), other, ratio, "", None);
    let (ours, floor) = (ours.into_inner(), floor.into_inner());
    table.row(
        "its requests",
        ours.to_string(),
        format!("bare git commands, one push: {floor}"),
        format!("{} more", ours.saturating_sub(floor)),
        &format!("≤ {MORE} more"),
        Some(ours <= floor + MORE),
    );
}

/// Counts the requests of a run.
fn count(web: &Bridge, into: &RefCell<usize>, run: impl FnOnce() -> Ran) -> Ran {
    web.requests.store(0, Ordering::SeqCst);
    let ran = run();
    *into.borrow_mut() = web.requests.load(Ordering::SeqCst);
    ran
}

fn clone(lab: &Lab, web: &Bridge, how: &[&str]) -> PathBuf {
    let (url, dir) = (web.url(), lab.at("clone"));
    lab.git(&lab.at(""), &[&["clone", "-q"], how, &["--", &url, &dir.display().to_string()]].concat());
    dir
}
