import { certificatePem } from '../certificate-pem.ts';
import type { KitFile } from '../pack-files.ts';
import { quoteAll, quoteShell, withVariables } from '../shell-settings.ts';
import { isIpv4, keyFileOf, type P2sSettings } from './p2s-settings.ts';
import checkText from './scripts/check.sh';
import credentialsText from './scripts/credentials.sh';

/**
 * A script that sets the connection up or takes it away, with what all of them share: the settings, and how a key is
 * placed.
 */
export function setupScript(script: string, settings: P2sSettings, more: readonly string[]): string {
  const { connectionName, fileStem, pfx } = settings;
  const variables = [
    `stem=${quoteShell(fileStem)}`,
    `connection=${quoteShell(connectionName)}`,
    `key_file=${quoteShell(keyFileOf(settings) ?? '')}`,
    `pfx_password=${quoteShell(pfx?.password ?? '')}`,
    ...more,
  ];
  return withVariables(script, `${variables.join('\n')}\n\n${credentialsText.trimEnd()}`);
}

/** `check.sh`, for Linux and macOS. */
function checkScript({ fileStem, profile, addressPool, sku, probe }: P2sSettings): string {
  return withVariables(
    checkText,
    [
      `stem=${quoteShell(fileStem)}`,
      `pool=(${quoteAll(addressPool)})`,
      `routes=(${quoteAll(profile.routes.filter(isIpv4))})`,
      `dns_servers=(${quoteAll(profile.dnsServers)})`,
      `server_root=${quoteShell(profile.serverRootThumbprint ?? '')}`,
      `sku=${quoteShell(sku)}`,
      `probe_address=${quoteShell(probe?.address ?? '')}`,
      `probe_port=${quoteShell(String(probe?.port ?? ''))}`,
    ].join('\n'),
  );
}

/**
 * What every kit for Linux and macOS holds beside its own: the certificate, what it leads to, the `.pfx` and the check.
 */
export function commonFiles(settings: P2sSettings): readonly KitFile[] {
  const { fileStem, certificate, chain, pfx } = settings;
  return [
    { name: `${fileStem}.crt`, content: certificatePem(certificate) },
    { name: 'chain.crt', content: chain.map(certificatePem).join('') },
    ...(pfx === undefined ? [] : [{ name: `${fileStem}.pfx`, content: pfx.content, kind: 'secret' as const }]),
    { name: 'check.sh', content: checkScript(settings), kind: 'program' },
  ];
}
