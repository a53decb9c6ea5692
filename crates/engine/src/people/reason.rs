//! The reason that goes on record with what a person decides.

use crate::{Fault, FaultKind};
use allclear_core::types::text::short;

/// Checks a reason that goes on record.
pub(crate) fn reason(text: &str) -> Result<String, Fault> {
    let text = text.trim();
    if text.chars().filter(|c| c.is_alphanumeric()).count() < 2 {
        let mut what = "a reason is needed, for those who read the record later".to_owned();
        if !text.is_empty() {
            what.push_str(&format!("; `{}` says too little", short(text, 20)));
        }
        return Err(Fault::new(FaultKind::Usage, what).hint("--reason TEXT"));
    }
    Ok(text.chars().take(2000).collect())
}
