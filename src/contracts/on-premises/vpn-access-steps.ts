import { z } from 'zod';
import { remoteStep } from './remote-step.ts';

const address = z.ipv4();
/** An interface's alias: anything Windows shows, but no quote and no control character. */
const nic = z.string().regex(/^[^"\p{Cc}]{1,256}$/u);
export const userNameSchema = z
  .string()
  .regex(/^(?!.*\.$)[A-Za-z0-9._-]{1,20}$/)
  .meta({ description: 'A local Windows account: 1 to 20 letters, digits, ".", "_", "-".' });
const thumbprint = z.string().regex(/^[0-9A-F]{40}$/);
const base64 = z.base64().max(8192);
const noParameters = z.strictObject({});
const noFacts = z.object({});

/** The steps of sharing VPN access to an Azure Stack POC (L2TP over IPsec on its NATVM), in order. */
export const vpnAccessSteps = {
  /**
   * On the host: it may open a session to the NATVM. Undo takes the address out of TrustedHosts if apply put it there.
   */
  reachNatFromHost: remoteStep({
    id: 'P1',
    title: 'Reach the NATVM from the host',
    parameters: z.strictObject({ computerName: z.string() }),
    secrets: { credential: 'account' },
    facts: z.object({ hostName: z.string() }).partial(),
    timeoutSeconds: 60,
    usualSeconds: 10,
    tries: 5,
  }),
  findAdapters: remoteStep({
    id: 'P2',
    title: 'Find the network adapters',
    modes: ['probe'],
    parameters: z.strictObject({ internalAddress: address }),
    facts: z
      .object({
        internalNic: nic,
        externalNic: nic,
        externalAddress: address,
        /** Whom the internal adapter asks for names, and with it the clients. */
        dnsServers: z.array(address).max(8),
      })
      .partial(),
    timeoutSeconds: 60,
    usualSeconds: 5,
    tries: 3,
  }),
  /** Undo restores the snapshot and deletes it. */
  keepSettings: remoteStep({
    id: 'P3',
    title: 'Keep the settings from before',
    parameters: noParameters,
    facts: z.object({ folder: z.string() }).partial(),
    timeoutSeconds: 120,
    usualSeconds: 10,
    tries: 2,
  }),
  installVpnRole: remoteStep({
    id: 'P4',
    title: 'Install the VPN role',
    parameters: z.strictObject({ addressFrom: address, addressTo: address }),
    facts: z.object({ addressFrom: address, addressTo: address }).partial(),
    timeoutSeconds: 600,
    usualSeconds: 60,
  }),
  installSiteToSiteRole: remoteStep({
    id: 'P5',
    title: 'Install the site-to-site role',
    parameters: noParameters,
    facts: noFacts,
    timeoutSeconds: 300,
    usualSeconds: 40,
  }),
  /** Both restarts (P6 and P9). Probe is never `ok`: whoever asks for it wants it. */
  restartRouting: remoteStep({
    id: 'P6',
    title: 'Restart Routing and Remote Access',
    modes: ['probe', 'apply', 'verify'],
    parameters: noParameters,
    facts: noFacts,
    timeoutSeconds: 120,
    usualSeconds: 15,
    tries: 2,
  }),
  /**
   * The key cannot be read back: `keyIsCurrent` says that the version of the secret that was last applied is still the
   * current one.
   */
  setSharedKey: remoteStep({
    id: 'P7',
    title: 'Set the shared key',
    parameters: z.strictObject({ keyIsCurrent: z.boolean() }),
    secrets: { sharedKey: 'l2tpKey' },
    facts: noFacts,
    timeoutSeconds: 60,
    usualSeconds: 4,
    tries: 2,
  }),
  setRouterType: remoteStep({
    id: 'P8',
    title: 'Set the router type',
    parameters: noParameters,
    facts: noFacts,
    timeoutSeconds: 60,
    usualSeconds: 4,
    tries: 2,
  }),
  preferInternalAdapter: remoteStep({
    id: 'P10',
    title: 'Prefer the internal adapter',
    parameters: z.strictObject({ internalNic: nic }),
    facts: noFacts,
    timeoutSeconds: 60,
    usualSeconds: 4,
    tries: 2,
  }),
  /** The compensation of P4 to P10: address translation of the stack's own traffic works again. */
  restoreAddressTranslation: remoteStep({
    id: 'P11',
    title: 'Restore address translation',
    parameters: z.strictObject({ externalNic: nic }),
    facts: noFacts,
    timeoutSeconds: 60,
    usualSeconds: 4,
    tries: 5,
  }),
  allowRemoteAccess: remoteStep({
    id: 'P12',
    title: 'Allow remote access in the network policy',
    parameters: noParameters,
    facts: z.object({ policyName: z.string() }).partial(),
    timeoutSeconds: 60,
    usualSeconds: 4,
    tries: 2,
  }),
  readPublicAddress: remoteStep({
    id: 'P13',
    title: 'Read the public address',
    modes: ['probe'],
    parameters: z.strictObject({ externalNic: nic }),
    facts: z.object({ serverAddress: address }).partial(),
    timeoutSeconds: 60,
    usualSeconds: 4,
    tries: 3,
  }),
  openFirewall: remoteStep({
    id: 'P14',
    title: 'Open the firewall for L2TP',
    parameters: z.strictObject({ externalNic: nic }),
    /** `isBehindNat`: the address is a private one. Whether something translates it again cannot be seen from there. */
    facts: z.object({ isBehindNat: z.boolean() }).partial(),
    timeoutSeconds: 60,
    usualSeconds: 6,
    tries: 3,
  }),
  /**
   * A local account that may dial in and no more. `resetPassword`: set the password though the account is there. Undo
   * disables and disconnects.
   */
  letUserIn: remoteStep({
    id: 'P15',
    title: 'Let a user in',
    parameters: z.strictObject({ userName: userNameSchema, resetPassword: z.boolean() }),
    secrets: { password: 'vpnPassword' },
    facts: z.object({ isEnabled: z.boolean() }).partial(),
    timeoutSeconds: 60,
    usualSeconds: 4,
    tries: 2,
  }),
  /** Done when the account is disabled (or gone) and has no session. */
  disableUser: remoteStep({
    id: 'P15D',
    title: 'Disable a user',
    modes: ['probe', 'apply', 'verify'],
    parameters: z.strictObject({ userName: userNameSchema }),
    facts: noFacts,
    timeoutSeconds: 60,
    usualSeconds: 4,
    tries: 2,
  }),
  removeUser: remoteStep({
    id: 'P15R',
    title: 'Remove a user',
    modes: ['probe', 'apply', 'verify'],
    parameters: z.strictObject({ userName: userNameSchema }),
    facts: noFacts,
    timeoutSeconds: 60,
    usualSeconds: 4,
    tries: 2,
  }),
  /**
   * On the host. `store` is `LocalMachine` or `CurrentUser`. Patterns are for PowerShell's -like, the first that finds
   * one wins.
   */
  findRootCertificate: remoteStep({
    id: 'P16',
    title: 'Find the root certificate',
    modes: ['probe'],
    parameters: z.strictObject({ subjectPatterns: z.array(z.string().min(1).max(256)).min(1).max(8) }),
    facts: z
      .object({
        thumbprint,
        notAfter: z.iso.datetime(),
        subject: z.string(),
        store: z.enum(['LocalMachine', 'CurrentUser']),
        candidates: z.array(thumbprint),
      })
      .partial(),
    timeoutSeconds: 60,
    usualSeconds: 4,
    tries: 3,
  }),
  /** Apply and verify answer the certificate (DER). Undo deletes the file. */
  exportRootCertificate: remoteStep({
    id: 'P17',
    title: 'Export the root certificate',
    parameters: z.strictObject({ thumbprint, store: z.enum(['LocalMachine', 'CurrentUser']) }),
    facts: z.object({ certificate: base64, file: z.string() }).partial(),
    timeoutSeconds: 60,
    usualSeconds: 4,
    tries: 3,
  }),
  /** On the host: the portal answers inside the stack. */
  checkPortal: remoteStep({
    id: 'P21',
    title: 'Look whether the portal answers',
    modes: ['probe'],
    parameters: z.strictObject({ portalFqdn: z.string() }),
    facts: z.object({ portalAnswers: z.boolean() }).partial(),
    timeoutSeconds: 60,
    usualSeconds: 5,
    tries: 3,
  }),
} as const;
