import { cmdletModules } from './cmdlet-modules.ts';

/** Every cmdlet takes these (about_CommonParameters). */
const commonParameters = [
  'Debug',
  'ErrorAction',
  'ErrorVariable',
  'InformationAction',
  'InformationVariable',
  'OutBuffer',
  'OutVariable',
  'PipelineVariable',
  'Verbose',
  'WarningAction',
  'WarningVariable',
];

const cmdlets = new Map(
  cmdletModules.flatMap(({ cmdlets: ofModule }) =>
    Object.entries(ofModule).map(([name, parameters]) => [name.toLowerCase(), parameterSet(parameters.split(' '))]),
  ),
);

/** The parameters of a cmdlet in lower case; undefined for one that the table does not know. */
export function parametersOf(cmdlet: string): ReadonlySet<string> | undefined {
  return cmdlets.get(cmdlet.toLowerCase());
}

function parameterSet(own: readonly string[]): ReadonlySet<string> {
  return new Set([...own, ...commonParameters].map((name) => name.toLowerCase()));
}

/**
 * Aliases of Windows PowerShell 5.1 that tend to be written without a thought. `sc`, too: it is not the service
 * controller.
 */
export const aliases: ReadonlySet<string> = new Set(
  '% ? ac cat cd chdir clc clear cls copy cp cpi curl del dir echo epcsv erase fl foreach ft gal gc gci gcm gi gm gp gps group gsv gu gwmi h history icm iex ihy ii ipcsv ipmo irm iwmi iwr kill lp ls man md measure mi mount move mp mv ni nsn ogv oh popd ps pushd pwd r rd ren ri rm rmdir rni rnp rp rsn rv sajb sal saps sasv sbp sc select set shcm si sl sleep sls sort sp spps spsv start sv tee trcm type wget where wjb write'.split(
    ' ',
  ),
);

/**
 * Cmdlets that ask before they act unless they are told not to: in a session without anybody to answer they fail. The
 * parameter that tells them.
 */
export const unattended: Readonly<Record<string, string>> = {
  'enable-wsmancredssp': 'force',
  'remove-vpnconnection': 'force',
  'uninstall-remoteaccess': 'force',
  'unregister-scheduledtask': 'confirm',
};
