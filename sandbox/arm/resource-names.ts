import { ArmRefusal, refuseAtGateway } from './arm-refusal.ts';

const networkName = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,78}[A-Za-z0-9_])?$/;

/** Refuses a name that the Network provider does not take, for a resource or one of its children. */
export function checkNetworkName(name: string): void {
  if (networkName.test(name)) return;
  throw new ArmRefusal(
    400,
    'InvalidResourceName',
    `Resource name ${name} is invalid. The name can be up to 80 characters long. It must begin with a word character, and it must end with a word character or with '_'. The name may contain word characters or '.', '-', '_'.`,
  );
}

/** Refuses a resource group's name that ARM does not take. */
export function checkGroupName(name: string): void {
  if (/^[\p{L}\p{N}_.()-]{1,90}$/u.test(name) && !name.endsWith('.')) return;
  throw refuseAtGateway(
    400,
    'InvalidResourceGroup',
    `The provided resource group name '${name}' has these invalid characters or is too long. The name can only be a letter, digit, '-', '.', '(', ')' or '_', at most 90 of them, and cannot end with '.'.`,
  );
}
