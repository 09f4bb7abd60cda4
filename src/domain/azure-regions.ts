/**
 * The regions of Azure and which of them have availability zones. The list is from common knowledge and was not
 * compared with Azure's own. Regions are added every year, so one that is not here may be new: that is a warning and no
 * more.
 */
const withZones = [
  'australiaeast austriaeast belgiumcentral brazilsouth canadacentral centralindia centralus chilecentral',
  'denmarkeast eastasia eastus eastus2 francecentral germanywestcentral indonesiacentral israelcentral italynorth',
  'japaneast japanwest koreacentral malaysiawest mexicocentral newzealandnorth northeurope norwayeast polandcentral',
  'qatarcentral southafricanorth southcentralus southeastasia spaincentral swedencentral switzerlandnorth uaenorth',
  'uksouth westeurope westus2 westus3 usgovvirginia chinanorth3',
];
const withoutZones = [
  'australiacentral australiacentral2 australiasoutheast brazilsoutheast canadaeast francesouth germanynorth',
  'jioindiacentral jioindiawest koreasouth northcentralus norwaywest southafricawest southindia swedensouth',
  'switzerlandwest uaecentral ukwest westcentralus westindia westus',
  'usgovarizona usgovtexas usdodcentral usdodeast chinaeast chinaeast2 chinaeast3 chinanorth chinanorth2',
];

const zonesByRegion: ReadonlyMap<string, boolean> = new Map([
  ...namesIn(withZones).map((name): [string, boolean] => [name, true]),
  ...namesIn(withoutZones).map((name): [string, boolean] => [name, false]),
]);

/** Whether the region, in Azure's short spelling, has availability zones; undefined for one that is not known here. */
export function hasZones(location: string): boolean | undefined {
  return zonesByRegion.get(location);
}

function namesIn(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => line.split(' '));
}
