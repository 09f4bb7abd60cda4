import type { KitParts, KitPlatform } from '../kit.ts';
import { packFiles, zipFile } from '../pack-files.ts';
import { isLog, readTemplate } from './ovpn-template.ts';
import { keyFileOf, type P2sSettings, profileLine } from './p2s-settings.ts';
import { keyNotes, keyStep } from './read-me.ts';
import completeText from './scripts/complete.sh';
import { commonFiles, setupScript } from './shell-scripts.ts';

/** These clients take one file and look for nothing beside it, so the key is put in on the machine that has it. */
export const openVpn3Kit: KitPlatform<P2sSettings> = {
  about:
    'for OpenVPN 3 and OpenVPN Connect: the profile, a script that puts certificate and private key into it on the machine that has the key, and a check script.',
  howTo:
    'Unpack the zip into a folder that only you may read, run there: bash complete.sh, and import the file that it makes. README.txt, in the zip too, also says how where there is no bash.',
  fileType: zipFile,
  build: packOpenVpn3,
};

function packOpenVpn3(settings: P2sSettings, fileName: string): KitParts {
  const { fileStem } = settings;
  const content = packFiles([
    { name: `${fileStem}.ovpn`, content: profileText(settings), kind: 'secret' },
    ...commonFiles(settings),
    { name: 'complete.sh', content: setupScript(completeText, settings, []), kind: 'program' },
    { name: 'README.txt', content: readMe(settings) },
  ]);
  const keyFileName = keyFileOf(settings);
  return {
    content,
    ...(keyFileName === undefined ? {} : { keyFileName }),
    notes: [
      ...keyNotes(settings, fileName),
      `Unpack it, run: bash complete.sh, and import the ${completeName(settings)} that it makes.`,
    ],
  };
}

function completeName({ fileStem }: P2sSettings): string {
  return `${fileStem}-with-key.ovpn`;
}

/**
 * Without certificate and key, for which OpenVPN Connect then asks; and without what these clients refuse. They would
 * give up a connection over which nothing goes for a while, if told nothing of it.
 */
function profileText(settings: P2sSettings): string {
  const { sections } = readTemplate(settings);
  const lines = sections
    .filter((section) => !isLog(section) && section.tag !== 'cert' && section.tag !== 'key')
    .flatMap((section) => section.lines);
  return `${['ping-restart 0', ...lines].join('\n').trimEnd()}\n`;
}

function readMe(settings: P2sSettings): string {
  const { connectionName, commonName, fileStem, profile, pfx } = settings;
  const complete = completeName(settings);
  const withoutShell =
    pfx === undefined ? `a .pfx of ${fileStem}.crt, chain.crt and your private key` : `${fileStem}.pfx`;
  return `${connectionName}: VPN for ${commonName}, by OpenVPN 3 or OpenVPN Connect

Set up (needs bash and openssl)
  1. Unpack all files into one folder that only you may read.
  2. ${keyStep(settings)}
  3. bash complete.sh
     makes ${complete}, which holds your private key: keep it to yourself.
  4. openvpn3 config-import --config ${complete} --name ${connectionName} --persistent
     openvpn3 session-start --config ${connectionName}
     or import the file in OpenVPN Connect. Delete it then.
  5. bash check.sh says whether the address, the networks and the certificate are in order, and what to do if not.

Where there is no bash (phones, Windows): import ${fileStem}.ovpn in OpenVPN Connect, and as its certificate
${withoutShell}.

Through the VPN goes ${profile.routes.join(', ')}.

Take away: openvpn3 config-remove --config ${connectionName}, or remove the profile in OpenVPN Connect; delete the folder.

${profileLine(settings)}
`;
}
