import { type P2sSettings, profileLine } from './p2s-settings.ts';

/** The page for the person whose Windows it is: one page, to be read once. */
export function windowsReadMe(settings: P2sSettings, architecture: 'x64' | 'x86'): string {
  const { connectionName, commonName, profile, addressPool } = settings;
  const bits = architecture === 'x64' ? '64-bit' : '32-bit';
  return `${connectionName}: VPN for ${commonName}, by ${bits} Windows 10 or later itself

Set up
  1. Unpack all files into one folder.
${keyStep(settings)}
  3. Open Install.cmd. If Windows shows a SmartScreen page, choose "More info", then "Run anyway": these files are not
     signed. Windows asks for an administrator if this machine does not trust the gateway yet, and whether to trust the
     root of your certificate: answer Yes.
  4. Settings, Network and Internet, VPN: the connection is called ${connectionName}, as the virtual network is.
     Choose it and Connect. If Windows asks for a certificate, choose the one that was issued to ${commonName}; if it
     says that elevated privileges are needed, choose Continue.
  5. powershell.exe -NoProfile -ExecutionPolicy Bypass -File .\\check.ps1
     says whether the address, the networks and the certificates are in order, and what to do if not. Or by hand: run
     ipconfig /all. Under "PPP adapter ${connectionName}" stands an IPv4 address of ${addressPool.join(', ')}.

Through the VPN goes ${profile.routes.join(', ')}.

For everybody who signs in to this machine
  An administrator runs  install.ps1 -MachinePartOnly -AllUsers  ; each person then  install.ps1 -AllUsers -CertificateOnly
Always connected (Windows Enterprise, by a management tool)
  ProfileXML.xml is the value of ./User/Vendor/MSFT/VPNv2/${connectionName}/ProfileXML. The certificate is installed as above.
${renewal(settings)}
Take away
  powershell.exe -NoProfile -ExecutionPolicy Bypass -File .\\uninstall.ps1
  Your certificate goes with its key; with -KeepCertificate it stays.

When it does not connect
  798    No certificate was found that serves: run Install.cmd as the person who connects.
  809    Nothing came back from the gateway: UDP 500 or 4500 is blocked on the way. Try another network.
  13801  The gateway's root is not trusted by this machine, the certificate is not for client authentication, or this kit is
         older than the gateway's certificate: run check.ps1, then ask for a new kit.
  0x80090326  The gateway does not trust the root of your certificate, or the certificate expired or was revoked: ask who
         gave you this kit.

${profileLine(settings)}
`;
}

function keyStep({ pfx, fileStem }: P2sSettings): string {
  if (pfx?.password !== undefined) {
    return `  2. ${fileStem}.pfx holds your private key, and install.ps1 knows its password. Pass neither on, and delete this folder once
     the connection works.`;
  }
  if (pfx !== undefined) {
    return `  2. ${fileStem}.pfx holds your private key. Its password was given to you separately; Install.cmd asks for it. Do not pass
     the file on, and delete it once the connection works: in the Windows store nothing exports the key.`;
  }
  return `  2. Your private key is where the request was made. If certreq made it, it waits in the Windows store: go on as the
     same person, on the same machine. If it is in a file, put it beside these files with its certificate (OpenSSL):
     openssl x509 -inform der -in ${fileStem}.cer -out client.crt
     openssl pkcs12 -export -inkey YOUR.key -in client.crt -out ${fileStem}.pfx
     If the .pfx that came with the certificate is at hand, that is this file: give it this name.`;
}

function renewal({ pfx, fileStem }: P2sSettings): string {
  if (pfx !== undefined) return '';
  return `Before the certificate expires
  request.ps1 makes a new key in the Windows store, where nothing exports it, and ${fileStem}.csr: send that for a renewal.
`;
}
