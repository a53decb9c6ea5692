//! What people write into policy files, and what they are told.

use super::*;
use jiff::civil;
use proptest::prelude::*;

fn said(text: &str) -> String {
    let mistakes = read(text).unwrap_err();
    let lines = mistakes.iter().map(|mistake| {
        let (line, column) = line_column(text, mistake.span.start);
        let help = mistake.help.as_deref().map(|help| format!(" | {help}")).unwrap_or_default();
        format!("{line}:{column} {}{help}", mistake.message)
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn probe() {
    for text in ["mode = \"obs", "mode = \nnope = 1\n[gates.soak\nfor=\"3\"\n", "mode=\"run\"\nmode=\"run\"", "[a]\n[a]", "x = [1,\n[gates]\n", "\u{feff}mode = 'observ'", "a.b = 1\ngates = 3\n[[mode]]\nx=1", "[[gates.soak]]\nfor='1d'", "[freeze]\nreason='x'", "freeze = []", "gates.checks.required = [1, {}, 'ci', 'ci', {name='x', for='1h'}, {nam='y'}]", "[[freeze]]\nwhat='cuts'\n[[freeze]]\nreason='x'\nfrom=2026-01-02\nuntil=2026-01-01\n[train]\nanchor=10:00:00\n"] {
        println!("---- {text:?}\n{}", read(text).map(|_| "ok".to_owned()).unwrap_or_else(|_| said(text)));
    }
}
