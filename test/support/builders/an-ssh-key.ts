import ssh2 from 'ssh2';

/** A key pair in OpenSSH's format. */
export function anSshKey(): { readonly private: string; readonly public: string } {
  for (;;) {
    const made = ssh2.utils.generateKeyPairSync('ed25519');
    // ssh2 1.17 leaves zeros at the beginning of an ed25519 public key out, and then cannot read what it has made.
    if (!(ssh2.utils.parseKey(made.private) instanceof Error)) return made;
  }
}
