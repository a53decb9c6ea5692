//! Writes the zip of a module.

use super::dirhash::Listing;
use super::error::PackError;
use super::files::{Content, Entry};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;
use tempfile::NamedTempFile;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Larger modules are compressed, to stay below the limit of the go command. On the loopback, compressing
/// smaller ones costs more than it saves.
const COMPRESSED_FROM: u64 = 400 << 20;

/// Gives the digest of the module.
pub(super) fn write_zip(to: &NamedTempFile, files: &[Entry], prefix: &str) -> Result<String, PackError> {
    let total: u64 =
        files.iter().map(|entry| if let Content::File(_, size) = entry.content { size } else { 0 }).sum();
    let method =
        if total < COMPRESSED_FROM { CompressionMethod::Stored } else { CompressionMethod::Deflated };
    let options =
        SimpleFileOptions::default().compression_method(method).last_modified_time(DateTime::default());
    let failed = |error: zip::result::ZipError| PackError::Write(error.into());
    let mut zip = ZipWriter::new(BufWriter::new(to.as_file()));
    let mut listing = Listing::default();
    for entry in files {
        let name = format!("{prefix}{}", entry.name);
        zip.start_file(&*name, options).map_err(failed)?;
        let sha256 = match &entry.content {
            Content::File(file, size) => {
                let open = File::open(file).map_err(|why| PackError::read(file, why))?;
                copy_hashed(open.take(*size), &mut zip, file)?
            }
            Content::Text(text) => copy_hashed(text.as_slice(), &mut zip, Path::new(&entry.name))?,
            Content::Nothing => continue,
        };
        listing.add(name, sha256);
    }
    let mut rest = zip.finish().map_err(failed)?;
    rest.flush().map_err(PackError::Write)?;
    Ok(listing.h1())
}

fn copy_hashed(mut from: impl Read, to: &mut impl Write, file: &Path) -> Result<[u8; 32], PackError> {
    let mut hash = Sha256::new();
    let mut some = vec![0; 1 << 16];
    loop {
        let read = from.read(&mut some).map_err(|why| PackError::read(file, why))?;
        if read == 0 {
            return Ok(hash.finalize().into());
        }
        hash.update(&some[..read]);
        to.write_all(&some[..read]).map_err(PackError::Write)?;
    }
}
