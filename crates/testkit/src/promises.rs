//! Checks the promises of the design, as far as a server's refs and ledger show them.

use crate::World;
use allclear_core::ledger::entry::Entry;
use allclear_core::ledger::entry::{Body, RawEntry, Unreadable, read};
use allclear_core::ledger::event::Event;
use allclear_core::ledger::promotion::Promotion;
use allclear_core::verify::Truth;
use allclear_core::{CommitId, Version};
use std::collections::{BTreeMap, BTreeSet};

impl World {
    /// Records the server's refs. A tag that moved or vanished breaks a promise (P8).
    pub fn look(&self) {
        let refs = self.refs();
        let mut memory = self.memory.lock().unwrap();
        for (name, id) in &refs {
            if memory.excused.contains(name) {
                continue;
            }
            if name.starts_with("refs/tags/") {
                let first = memory.tags.entry(name.clone()).or_insert_with(|| id.clone());
                assert_eq!(first, id, "P8: {name} moved");
            } else if name == "refs/allclear/ledger" && memory.ledger.last() != Some(id) {
                memory.ledger.push(id.clone());
            }
            if ["refs/heads/master", "refs/heads/develop"].contains(&name.as_str())
                || name.starts_with("refs/heads/release-")
            {
                memory.tips.insert(id.clone());
            }
        }
        for name in memory.tags.keys() {
            assert!(
                refs.iter().any(|(n, _)| n == name) || memory.excused.contains(name),
                "P8: {name} vanished"
            );
        }
    }

    /// Lets a test itself move or delete a ref.
    pub fn excuse(&self, name: &str) {
        let mut memory = self.memory.lock().unwrap();
        memory.tags.remove(name);
        memory.excused.insert(name.into());
    }

    /// Reads the ledger, root first.
    pub fn ledger(&self) -> Vec<(CommitId, Result<Entry, String>)> {
        let Some(head) = self.tip("refs/allclear/ledger") else { return Vec::new() };
        let list = self.git(&["rev-list", "--reverse", "--topo-order", "--parents", head.as_str()]);
        let chain: Vec<Vec<CommitId>> =
            list.lines().map(|l| l.split(' ').map(|id| CommitId::parse(id).unwrap()).collect()).collect();
        let ask: String = chain.iter().map(|ids| format!("{}:entry.json\n", ids[0])).collect();
        let answer = self.try_git(&self.server(), &["cat-file", "--batch"], ask.as_bytes()).bytes;
        let mut rest = &answer[..];
        let links = chain.into_iter().map(|ids| {
            let end = rest.iter().position(|b| *b == b'\n').unwrap();
            let head = String::from_utf8_lossy(&rest[..end]).into_owned();
            rest = &rest[end + 1..];
            let json = match head.rsplit(' ').next().unwrap().parse::<usize>() {
                Ok(size) => {
                    let bytes = rest[..size].to_vec();
                    rest = &rest[size + 1..];
                    Ok(bytes)
                }
                Err(_) => Err(Unreadable::Absent),
            };
            let link =
                read(RawEntry { commit: ids[0].clone(), parents: ids[1..].to_vec(), json, signed: None });
            match link.body {
                Body::Entry(entry) => (link.commit, Ok(*entry)),
                Body::Void(why) => (link.commit, Err(why.to_string())),
            }
        });
        links.collect()
    }

    pub fn events(&self) -> Vec<Event> {
        self.ledger().into_iter().filter_map(|(_, e)| e.ok()).flat_map(|e| e.events).collect()
    }

    /// Lists the promotions on record that nobody struck, each with its entry.
    pub fn promotions(&self) -> Vec<(Promotion, Entry)> {
        let ledger = self.ledger();
        let entries = || ledger.iter().filter_map(|(commit, entry)| Some((commit, entry.as_ref().ok()?)));
        let struck: BTreeSet<CommitId> = entries()
            .flat_map(|(_, entry)| &entry.events)
            .filter_map(|e| if let Event::Struck { entry, .. } = e { Some(entry.clone()) } else { None })
            .collect();
        let promotion = |(commit, entry): (&CommitId, &Entry)| {
            let promotion = entry.events.iter().find_map(|e| {
                if let Event::Promoted(promotion) = e { Some((**promotion).clone()) } else { None }
            });
            Some((promotion.filter(|_| !struck.contains(commit))?, entry.clone()))
        };
        entries().filter_map(promotion).collect()
    }

    /// Lists what is released: its entry is on record, and its refs followed.
    pub fn released(&self) -> Vec<Version> {
        let whole =
            |(promotion, _): &(Promotion, Entry)| self.is_whole(promotion).then_some(promotion.version);
        self.promotions().iter().filter_map(whole).collect()
    }

    fn is_whole(&self, promotion: &Promotion) -> bool {
        let within = |branch: &str| self.has_commit(&promotion.new_stable, branch);
        let name = format!("refs/tags/{}", promotion.tag);
        let tag = self.refs().into_iter().find(|(tag, _)| *tag == name).map(|(_, object)| object);
        within(promotion.stable_branch.as_str())
            && within(promotion.develop_branch.as_str())
            && tag.as_ref() == Some(&promotion.new_tag)
    }

    fn has_commit(&self, commit: &CommitId, branch: &str) -> bool {
        let args = ["merge-base", "--is-ancestor", commit.as_str(), &format!("refs/heads/{branch}")];
        self.try_git(&self.server(), &args, b"").ok
    }

    /// Asserts the promises, as far as the server's refs and ledger show them.
    pub fn check_promises(&self) {
        self.look();
        let refs: BTreeMap<String, CommitId> = self.refs().into_iter().collect();
        let ledger = self.ledger();
        self.the_record_only_grew(&ledger);
        self.nothing_is_lost();
        let entries: Vec<&Entry> = ledger.iter().filter_map(|(_, e)| e.as_ref().ok()).collect();
        let mut released: BTreeSet<Version> = BTreeSet::new();
        let promotions = self.promotions();
        for (promotion, entry) in &promotions {
            let version = promotion.version;
            if promotion.landed.is_none() {
                Self::was_clear(promotion, entry);
                let before = entries.iter().take_while(|e| e.id != entry.id).flat_map(|e| &e.events);
                let held = before.fold(false, |held, event| {
                    let put = matches!(event, Event::Held { version: of, .. } if *of == version);
                    let lifted = matches!(event, Event::HoldLifted { version: of, .. } if *of == version);
                    put || (held && !lifted)
                });
                assert!(!held, "P1: {version} was released after a hold");
            }
            if self.is_whole(promotion) {
                assert!(released.insert(version), "{version} is released twice");
                self.is_released(promotion, &refs, &entries);
            }
        }
        if !released.is_empty() && released.len() == promotions.len() {
            self.develop_contains_stable();
        }
        let ours = [
            "refs/heads/",
            "refs/tags/",
            "refs/allclear/ledger",
            "refs/allclear/archive/",
            "refs/allclear/text",
        ];
        let odd = refs.keys().find(|name| !ours.iter().any(|prefix| name.starts_with(prefix)));
        assert_eq!(odd, None, "left over");
        self.tags_are_annotated(&entries, &refs);
        self.withdrawn_is_kept(&entries, &refs);
        if !released.is_empty() {
            self.every_release_holds();
        }
    }

    /// P8 and P7: what was withdrawn is kept, and its number is not used again.
    fn withdrawn_is_kept(&self, entries: &[&Entry], refs: &BTreeMap<String, CommitId>) {
        let mut withdrawn: BTreeSet<Version> = BTreeSet::new();
        for event in entries.iter().flat_map(|e| &e.events) {
            if let Event::Withdrawn { version, head, archive, .. } = event {
                assert!(refs.contains_key(archive), "P8: {archive} keeps {version}");
                if let Some(head) = head {
                    let args = ["merge-base", "--is-ancestor", head.as_str(), archive.as_str()];
                    assert!(self.try_git(&self.server(), &args, b"").ok, "P8: {archive} lacks {head}");
                }
                withdrawn.insert(*version);
            } else if let Event::CandidateCut(cut) = event {
                assert!(
                    !withdrawn.contains(&cut.version),
                    "P7: {} was cut after it was withdrawn",
                    cut.version
                );
            } else if let Event::Promoted(promotion) = event {
                let version = promotion.version;
                assert!(!withdrawn.contains(&version), "P7: {version} was released after it was withdrawn");
            }
        }
    }

    /// P7, checked on a machine that has never seen this project.
    fn every_release_holds(&self) {
        let found = self.machine("auditor").engine().verify(None).expect("P7: the record can be verified");
        let excused = !self.memory.lock().unwrap().excused.is_empty();
        for release in found.releases.iter().filter(|r| r.at.is_some() && !excused) {
            for claim in &release.claims {
                assert_eq!(claim.truth, Truth::Holds, "P7: {} of {}", claim.about, release.version);
            }
        }
    }

    fn the_record_only_grew(&self, ledger: &[(CommitId, Result<Entry, String>)]) {
        let chain: BTreeSet<&CommitId> = ledger.iter().map(|(commit, _)| commit).collect();
        for head in &self.memory.lock().unwrap().ledger {
            assert!(chain.contains(head), "P7: the ledger lost {head}");
        }
    }

    fn nothing_is_lost(&self) {
        let tips: Vec<String> = self.memory.lock().unwrap().tips.iter().map(ToString::to_string).collect();
        let input = format!("{}\n--not\n--all\n", tips.join("\n"));
        let lost = self.try_git(&self.server(), &["rev-list", "--stdin"], input.as_bytes());
        let lost = if lost.ok { lost.out } else { self.lost_one_by_one(&tips) };
        assert!(lost.is_empty(), "P8: lost {lost}");
    }

    fn lost_one_by_one(&self, tips: &[String]) -> String {
        let lost = |tip: &&String| self.git(&["rev-list", "-1", tip, "--not", "--all"]) == **tip;
        tips.iter().filter(lost).cloned().collect::<Vec<_>>().join(" ")
    }

    /// P1, from the facts recorded with the promotion.
    fn was_clear(promotion: &Promotion, entry: &Entry) {
        let facts = entry.facts.as_ref().expect("P7: a promotion records its facts");
        let head = facts["head"].as_str();
        assert_eq!(head, Some(promotion.commit.as_str()), "P1: judged for exactly the rc's commit");
        let gates = facts["gates"].as_array().expect("P7: a promotion records its gates");
        assert!(!gates.is_empty());
        for gate in gates.iter().filter(|g| g["enforced"] == true) {
            let verdict = gate["verdict"].as_str().unwrap();
            assert!(["passed", "waived", "not-applicable"].contains(&verdict), "P1: released while {gate}");
        }
    }

    fn is_released(&self, promotion: &Promotion, refs: &BTreeMap<String, CommitId>, entries: &[&Entry]) {
        let tag = format!("refs/tags/{}", promotion.tag);
        assert_eq!(refs.get(&tag), Some(&promotion.new_tag), "P2: the tag is as recorded");
        let tree = |commit: &CommitId| self.git(&["rev-parse", &format!("{commit}^{{tree}}")]);
        assert_eq!(
            tree(&promotion.new_stable),
            tree(&promotion.commit),
            "what is released is what was soaked"
        );
        if promotion.landed.is_some() {
            return;
        }
        let text = self.git(&["cat-file", "tag", promotion.new_tag.as_str()]);
        let named = text
            .lines()
            .find_map(|l| l.strip_prefix("Allclear-Ledger: "))
            .expect("a release tag names its entry");
        assert!(entries.iter().any(|e| e.id == named), "P7: the tag names an entry of the ledger");
    }

    fn develop_contains_stable(&self) {
        let lacks = self.git(&["log", "--oneline", "refs/heads/develop..refs/heads/master"]);
        assert!(lacks.is_empty(), "P3: develop lacks {lacks}");
    }

    fn tags_are_annotated(&self, entries: &[&Entry], refs: &BTreeMap<String, CommitId>) {
        for event in entries.iter().flat_map(|e| &e.events) {
            if let Event::RcTagged { tag, object, .. } = event
                && let Some(id) = refs.get(&format!("refs/tags/{tag}"))
                && !self.memory.lock().unwrap().excused.contains(&format!("refs/tags/{tag}"))
            {
                assert_eq!(id, object, "P8: {tag} is as recorded");
                assert_eq!(self.git(&["cat-file", "-t", object.as_str()]), "tag", "{tag} is annotated");
            }
        }
    }
}
