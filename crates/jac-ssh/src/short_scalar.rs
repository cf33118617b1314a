//! ECDSA keys whose private value begins with a zero byte: OpenSSH omits the zero, as RFC 4251 (section 5, `mpint`) requires, and one in 512
//! keys on the curve P-256 therefore has 31 bytes. The library rejects anything shorter than 32, so JAC reads these itself.

use data_encoding::BASE64_MIME;
use russh::keys::PrivateKey;
use russh::keys::ssh_key::encoding::{Decode, Reader};
use russh::keys::ssh_key::private::{EcdsaKeypair, EcdsaPrivateKey, KeypairData};
use russh::keys::ssh_key::sec1::EncodedPoint;

/// Length in bytes of a complete private value of the curve P-256.
const WHOLE: usize = 32;

/// The key in this Base64 text in OpenSSH's format (its file `PROTOCOL.key`), if it is such a key without a passphrase.
pub fn read(body: &str) -> Option<PrivateKey> {
    let bytes = BASE64_MIME.decode(body.as_bytes()).ok()?;
    let mut file = bytes.strip_prefix(b"openssh-key-v1\0")?;
    let (cipher, _kdf) = (text(&mut file)?, text(&mut file)?);
    let _kdf_options = field(&mut file)?;
    let keys = u32::decode(&mut file).ok()?;
    let _public = field(&mut file)?;
    let private = field(&mut file)?;
    let mut private = private.as_slice();
    let checks = (u32::decode(&mut private).ok()?, u32::decode(&mut private).ok()?);
    let (algorithm, curve) = (text(&mut private)?, text(&mut private)?);
    if cipher != "none"
        || keys != 1
        || checks.0 != checks.1
        || algorithm != "ecdsa-sha2-nistp256"
        || curve != "nistp256"
    {
        return None;
    }
    let public = EncodedPoint::from_bytes(field(&mut private)?).ok()?;
    let scalar = field(&mut private)?;
    let comment = text(&mut private)?;
    let missing = WHOLE.checked_sub(scalar.len()).filter(|missing| *missing > 0)?;
    let mut whole = [0; WHOLE];
    whole[missing..].copy_from_slice(&scalar);
    let pair = EcdsaKeypair::NistP256 { public, private: EcdsaPrivateKey::from(whole) };
    PrivateKey::new(KeypairData::Ecdsa(pair), comment).ok()
}

/// A field preceded by its length.
fn field(reader: &mut impl Reader) -> Option<Vec<u8>> {
    Vec::decode(reader).ok()
}

fn text(reader: &mut impl Reader) -> Option<String> {
    String::decode(reader).ok()
}

#[cfg(test)]
mod tests {
    use crate::key;
    use data_encoding::BASE64;
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;

    fn done(program: &str, arguments: &[&str]) -> String {
        let said = Command::new(program).args(arguments).output().expect("it is installed");
        assert!(said.status.success(), "{program}: {}", String::from_utf8_lossy(&said.stderr));
        String::from_utf8(said.stdout).expect("text")
    }

    /// The file of the key with that private value, as `ssh-keygen` writes it.
    fn made(folder: &tempfile::TempDir, number: [u8; 32]) -> String {
        let path = folder.path().join("key").display().to_string();
        // RFC 5915 without the public half, which OpenSSL computes.
        let curve = [0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
        let der = [&[0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20], &number[..], &curve].concat();
        let pem = format!("-----BEGIN EC PRIVATE KEY-----\n{}\n-----END EC PRIVATE KEY-----\n", BASE64.encode(&der));
        std::fs::write(format!("{path}.half"), pem).expect("a file");
        done("openssl", &["ec", "-in", &format!("{path}.half"), "-out", &path]);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("its mode");
        done("ssh-keygen", &["-q", "-p", "-N", "", "-C", "a comment", "-f", &path]);
        path
    }

    #[test]
    fn a_key_whose_number_begins_with_zeros_is_read_and_saved() {
        let folder = tempfile::tempdir().expect("a folder");
        for zeros in [0, 1, 2, 9] {
            let mut number = [7; 32];
            number[..zeros].fill(0);
            let path = made(&folder, number);
            let text = std::fs::read_to_string(&path).expect("a key");
            assert!(text.contains("OPENSSH"), "ssh-keygen wrote its own format");
            let public = done("ssh-keygen", &["-y", "-f", &path]);
            let saved = key::unlocked(&text, None).unwrap_or_else(|error| panic!("{zeros} zeros: {error}"));
            assert_eq!(saved.public.split(' ').nth(1), public.trim().split(' ').nth(1), "{zeros} zeros");
            assert_eq!(key::unlocked(&saved.private, None).expect("what was saved").fingerprint, saved.fingerprint);
        }
    }
}
