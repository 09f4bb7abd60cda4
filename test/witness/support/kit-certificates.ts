import { execFileSync } from 'node:child_process';

/**
 * Certificates for kits, made by openssl: `root`, `client` below it with `client.pfx` (password "typed") and
 * `legacy.pfx`, and `server`, which is for servers first; each with its `.pem` and `.key`.
 */
export function makeKitCertificates(folder: string): void {
  const script = `
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=P2SRootCert -keyout root.key -out root.pem
    for one in client:clientAuth server:serverAuth,clientAuth; do
      name=\${one%%:*}
      openssl req -newkey rsa:2048 -nodes -subj /CN=alice@example.org -addext "extendedKeyUsage=\${one#*:}" \\
        -keyout $name.key -out $name.csr
      openssl x509 -req -in $name.csr -CA root.pem -CAkey root.key -copy_extensions copy -days 2 -out $name.pem
    done
    openssl pkcs12 -export -inkey client.key -in client.pem -certfile root.pem -passout pass:typed -out client.pfx
    openssl pkcs12 -export -legacy -inkey client.key -in client.pem -certfile root.pem -passout pass:typed -out legacy.pfx`;
  execFileSync('bash', ['-ec', script], { cwd: folder, stdio: 'ignore' });
}
