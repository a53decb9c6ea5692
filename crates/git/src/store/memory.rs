//! Remembers facts beside the store's objects, a file each. Whatever is missing is looked up again.

use super::Store;
use super::make::fresh_name;
use allclear_core::port::Memory;

impl Memory for Store {
    fn recall(&self, key: &str) -> Option<Vec<u8>> {
        std::fs::read(self.dir.join("allclear").join(key)).ok()
    }

    fn remember(&self, key: &str, bytes: &[u8]) {
        let dir = self.dir.join("allclear");
        let fresh = dir.join(format!(".{}", fresh_name()));
        // What cannot be remembered is looked up again.
        let kept = std::fs::create_dir_all(&dir)
            .and_then(|()| std::fs::write(&fresh, bytes))
            .and_then(|()| std::fs::rename(&fresh, dir.join(key)));
        if kept.is_err() {
            drop(std::fs::remove_file(&fresh));
        }
    }
}
