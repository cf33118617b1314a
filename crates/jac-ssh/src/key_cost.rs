//! The cost of opening a key that is protected by a passphrase. The key's own text determines it, and that text comes
//! from an uploader: so it is checked before anything is derived.

use crate::error::LinkError;
use data_encoding::BASE64_MIME;
use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::der::Decode;
use pkcs8::pkcs5::pbes2::Kdf as Pbes2Kdf;
use russh::keys::PrivateKey;
use russh::keys::ssh_key::Kdf;

/// bcrypt's rounds in OpenSSH's format; `ssh-keygen` takes 16 or 24, and `-a` sets them.
const MOST_BCRYPT_ROUNDS: u32 = 1024;
/// Rounds of PBKDF2 in PKCS#8; OpenSSL uses 2,048, and OWASP recommends up to 600,000.
const MOST_PBKDF2_ROUNDS: u32 = 1_000_000;
/// N·r·p of scrypt in PKCS#8, which is 128 MiB; OpenSSL uses an eighth of it.
const MOST_SCRYPT_COST: u64 = 1 << 20;
/// Argon2's memory in a PPK, in KiB; PuTTYgen takes 8 MiB.
const MOST_ARGON2_MEMORY: u64 = 64 << 10;
/// Argon2's memory times its passes in a PPK, in KiB; PuTTYgen takes what lasts a tenth of a second.
const MOST_ARGON2_COST: u64 = 2 << 20;

/// The lines with which a key begins, as the library reads them.
const BEGINNINGS: [&str; 5] = [
    "-----BEGIN OPENSSH PRIVATE KEY-----",
    "-----BEGIN RSA PRIVATE KEY-----",
    "-----BEGIN ENCRYPTED PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN EC PRIVATE KEY-----",
];

/// Checks the cost of opening the key. Text that is not a key, or a key without a passphrase, needs no computation.
///
/// # Errors
/// When it exceeds what JAC permits.
pub fn check(text: &str) -> Result<(), LinkError> {
    let refuse = |what: &str, found: u64, most: u64| {
        Err(LinkError::KeyCost(format!(
            "opening the key costs too much: {what} is {found}, and at most {most} is allowed; save it with fewer rounds \
             (ssh-keygen -p -a 16 -f COPY)"
        )))
    };
    let limit = |what, found: u64, most: u64| if found > most { refuse(what, found, most) } else { Ok(()) };
    if text.trim().starts_with("PuTTY-User-Key-File-") {
        let (memory, passes) = (argon2(text, "Argon2-Memory"), argon2(text, "Argon2-Passes"));
        limit("its Argon2 memory in KiB", memory, MOST_ARGON2_MEMORY)?;
        return limit("its Argon2 memory in KiB times the passes", memory.saturating_mul(passes), MOST_ARGON2_COST);
    }
    let Ok(bytes) = BASE64_MIME.decode(body(text).as_bytes()) else { return Ok(()) };
    if let Ok(key) = PrivateKey::from_bytes(&bytes) {
        return match key.kdf() {
            Kdf::Bcrypt { rounds, .. } => {
                limit("the number of bcrypt rounds", (*rounds).into(), MOST_BCRYPT_ROUNDS.into())
            }
            _ => Ok(()),
        };
    }
    let Ok(key) = EncryptedPrivateKeyInfoRef::from_der(&bytes) else { return Ok(()) };
    match key.encryption_algorithm.pbes2().map(|parameters| &parameters.kdf) {
        Some(Pbes2Kdf::Pbkdf2(pbkdf2)) => {
            limit("the number of PBKDF2 rounds", pbkdf2.iteration_count.into(), MOST_PBKDF2_ROUNDS.into())
        }
        Some(Pbes2Kdf::Scrypt(scrypt)) => {
            let blocks = u64::from(scrypt.block_size).saturating_mul(scrypt.parallelization.into());
            limit("its scrypt cost N·r·p", scrypt.cost_parameter.saturating_mul(blocks), MOST_SCRYPT_COST)
        }
        _ => Ok(()),
    }
}

/// The largest value of that name in a PPK.
fn argon2(text: &str, name: &str) -> u64 {
    let values = text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": ")?.parse().ok());
    values.max().unwrap_or(0)
}

/// The Base64 of a key, collected as the library does it: so the checked text is the opened one.
pub fn body(text: &str) -> String {
    let is_base64 = |letter: char| letter.is_ascii_alphanumeric() || "/+=".contains(letter);
    let from_beginning = text.lines().skip_while(|line| !BEGINNINGS.contains(line));
    let lines = from_beginning.take_while(|line| !line.starts_with("-----END "));
    lines.filter(|line| line.chars().all(is_base64)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::unlocked;
    use data_encoding::BASE64;
    use std::process::Command;
    use std::time::{Duration, Instant};

    /// A key written by a program to the path in its last argument.
    fn made(program: &str, arguments: &[&str]) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        let made = Command::new(program).args(arguments).arg(&path).output().expect("it is installed");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        std::fs::read_to_string(path).expect("a key")
    }

    /// The same key with other bytes in place of those after `before`.
    fn changed(text: &str, before: &[u8], new: &[u8]) -> String {
        let mut bytes = BASE64.decode(body(text).as_bytes()).expect("Base64");
        let at = bytes.windows(before.len()).position(|window| window == before).expect("it has them") + before.len();
        bytes[at..at + new.len()].copy_from_slice(new);
        let (first, last) = (text.lines().next().expect("a line"), text.lines().last().expect("a line"));
        format!("{first}\n{}\n{last}\n", BASE64.encode(&bytes))
    }

    fn assert_too_costly(text: &str) {
        let began = Instant::now();
        let refused = unlocked(text, Some("a secret"));
        assert!(matches!(refused, Err(LinkError::KeyCost(_))), "{:?}", refused.err());
        assert!(began.elapsed() < Duration::from_secs(1), "it took {:?}", began.elapsed());
    }

    #[test]
    fn a_million_rounds_of_bcrypt_are_refused_before_one_is_done() {
        let text = made("ssh-keygen", &["-q", "-t", "ed25519", "-a", "2", "-N", "a secret", "-f"]);
        unlocked(&text, Some("a secret")).expect("an ordinary key");
        // The options are the salt with its length, and the rounds.
        let bytes = BASE64.decode(body(&text).as_bytes()).expect("Base64");
        let name = b"\0\0\0\x06bcrypt\0\0\0\x18\0\0\0\x10";
        let at = bytes.windows(name.len()).position(|window| window == name).expect("its options") + name.len();
        let salt = bytes[at..at + 16].to_vec();
        assert_too_costly(&changed(&text, &salt, &1_000_000_u32.to_be_bytes()));
        // With another header line in front, and after text that is not a key.
        let costly = changed(&text, &salt, &u32::MAX.to_be_bytes());
        assert_too_costly(&format!("-----BEGIN NOTHING-----\nAAAA\n-----END NOTHING-----\n{costly}"));
    }

    #[test]
    fn the_rounds_of_pkcs8_and_of_putty_are_looked_at_too() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("plain");
        std::fs::write(&path, made("openssl", &["genpkey", "-algorithm", "ed25519", "-out"])).expect("a file");
        let plain = path.display().to_string();
        let pkcs8 = |options: &[&str]| {
            let fixed = ["pkcs8", "-topk8", "-v2", "aes-256-cbc", "-passout", "pass:a secret", "-in", &plain];
            made("openssl", &[&fixed[..], options, &["-out"]].concat())
        };
        unlocked(&pkcs8(&[]), Some("a secret")).expect("an ordinary key");
        assert_too_costly(&pkcs8(&["-iter", "2000000"]));
        assert_too_costly(&pkcs8(&["-scrypt", "-scrypt_N", "16384", "-scrypt_r", "8", "-scrypt_p", "16"]));
        let ppk = |memory: &str, passes: &str| {
            format!(
                "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: aes256-cbc\nComment: x\nKey-Derivation: Argon2id\n\
                 Argon2-Memory: {memory}\nArgon2-Passes: {passes}\nArgon2-Parallelism: 1\nArgon2-Salt: 00112233\n"
            )
        };
        assert_too_costly(&ppk("4194304", "1"));
        assert_too_costly(&ppk("8192", "4294967295"));
        check(&ppk("8192", "34")).expect("what PuTTYgen takes");
    }
}
