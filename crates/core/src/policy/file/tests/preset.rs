use crate::policy::file::key::Kind;
use crate::policy::file::keys::KEYS;
use crate::policy::*;
use crate::policy::{AfterFix, read};
use crate::types::duration::Seconds;

#[test]
fn every_preset_reads_clean() {
    for preset in Preset::ALL {
        let effective = read(preset.text()).unwrap();
        let warnings: Vec<&str> = effective.warnings.iter().map(|w| w.message.as_str()).collect();
        assert_eq!(warnings, ["`train.every`: no train runs without an anchor"], "{}", preset.name());
        assert_eq!(effective.policy, defaults(preset));
        assert_eq!(effective.policy.preset, preset.name());
        assert_eq!(effective.policy.train, None);
        assert_eq!(effective.policy.tags, None);
        assert!(effective.policy.promotion.automatic);
    }
}

#[test]
fn the_key_names_every_preset() {
    let words = KEYS.iter().find(|key| key.path == "preset").map(|key| key.kind);
    let names = Preset::ALL.map(Preset::name);
    assert!(matches!(words, Some(Kind::Word(words)) if *words == names));
    assert!(Preset::ALL.iter().all(|preset| Preset::find(preset.name()) == Some(*preset)));
}

#[test]
fn presets_differ_in_how_long_they_soak() {
    let soak = |preset| {
        let gates = defaults(preset).gates;
        (gates.soak.length, gates.soak.after_fix)
    };
    let days = |n: u64| Seconds(n * 86_400);
    assert_eq!(soak(Preset::Library1), (days(7), AfterFix::Serve(days(3))));
    assert_eq!(soak(Preset::Product1), (days(7), AfterFix::Serve(days(3))));
    assert_eq!(soak(Preset::Service1), (days(3), AfterFix::Serve(days(1))));
}
