import { areAllowed } from '../../../src/domain/role-actions.ts';

const write = 'Microsoft.Network/virtualNetworks/write';
const gives = (...actions: string[]) => ({ actions, notActions: [] });

describe('src/domain/role-actions', () => {
  it.each([
    [[gives('*')], true],
    [[gives('microsoft.network/VirtualNetworks/Write')], true],
    [[gives('Microsoft.Network/*')], true],
    [[gives('*/write')], true],
    [[gives('Microsoft.Network/*/write')], true],
    [[gives('Microsoft.Network/virtualNetworks')], false],
    [[gives('*/read'), gives('Microsoft.Network/publicIPAddresses/*')], false],
    [[gives('Microsoft_Network/virtualNetworks/write', 'MicrosoftXNetwork/*')], false],
    [[], false],
    [[{ actions: ['*'], notActions: ['Microsoft.Network/virtualNetworks/*'] }], false],
    [[{ actions: ['*'], notActions: ['Microsoft.Network/virtualNetworks/*'] }, gives('*/write')], true],
  ])('reads %j as letting a network be written: %s', (permissions, isAllowed) => {
    expect(areAllowed(permissions, write)).toBe(isAllowed);
  });
});
