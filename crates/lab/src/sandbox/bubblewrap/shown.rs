//! What every sandbox shows of this machine, read-only, and why. If the lab is root, foreign code owns what root
//! owns, whatever its mode is: so nothing is shown whole that has more than programs and certificates in it.

/// Shown if they exist. Each costs a mount.
pub(super) const SHOWN: [&str; 15] = [
    "/usr",                     // Compilers, libraries, and what they read.
    "/nix/store",               // The same on NixOS.
    "/gnu/store",               // The same on Guix.
    "/etc/alternatives",        // On Debian, /usr/bin/cc is a link to a link in it.
    "/etc/ld.so.cache",         // Where the loader finds libraries.
    "/etc/ssl/openssl.cnf",     // Without it, `openssl req` makes no certificate for a test.
    "/etc/pki/tls/openssl.cnf", // The same on Fedora.
    // Where TLS libraries look for the certificates of authorities, each all in one file: beside these files, and
    // between certificates in a directory of them, there are private keys.
    "/etc/ssl/certs/ca-certificates.crt", // Debian, Arch, Gentoo, NixOS
    "/etc/ssl/cert.pem",                  // Alpine
    "/etc/ssl/ca-bundle.pem",             // openSUSE
    "/etc/ssl/certs/java/cacerts",        // Java on Debian
    "/etc/pki/java/cacerts",              // Java on Fedora
    "/etc/pki/tls/cert.pem",              // OpenSSL's own default on Fedora
    "/etc/pki/tls/certs/ca-bundle.crt",   // Fedora
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // Fedora, for newer programs
];

/// Directories on some machines, and links into /usr on others, which are made again.
pub(super) const DIRS_OR_LINKS: [&str; 6] = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

/// Emptied if they exist: settings of programs below /usr. npm has its logins there.
pub(super) const EMPTIED: [&str; 2] = ["/usr/etc", "/usr/local/etc"];
