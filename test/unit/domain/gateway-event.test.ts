import { readGatewayEvent } from '../../../src/domain/gateway-event.ts';

const id = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworkGateways/gw';
const upn = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn';

function anEvent(data: unknown, changes: object = {}): object {
  return {
    eventType: 'Microsoft.Resources.ResourceWriteSuccess',
    subject: id.toLowerCase(),
    eventTime: '2026-11-01T10:00:00.1234567Z',
    data,
    ...changes,
  };
}

describe('src/domain/gateway-event', () => {
  it('says what was changed, when, and by whom', () => {
    const claims = { appid: 'C0FFEE', name: 'Anna Admin', [upn]: 'anna@contoso.com' };

    expect(readGatewayEvent(anEvent({ resourceUri: id, claims }))).toEqual({
      resourceId: id,
      isDelete: false,
      changedBy: 'anna@contoso.com',
      appId: 'c0ffee',
      eventTime: '2026-11-01T10:00:00.1234567Z',
    });
  });

  it.each([
    [{ name: 'Anna Admin', appid: 'a' }, 'Anna Admin'],
    [{ name: '', appid: 'a' }, 'application a'],
    [{ name: 7, upn: ['x'], appid: 'A' }, 'application a'],
    [{ UPN: 'anna@contoso.com' }, 'anna@contoso.com'],
    ['{"upn":"anna@contoso.com"}', 'anna@contoso.com'],
    [{ upn: 'anna\r\nforged line' }, 'anna forged line'],
    [{ upn: 'a'.repeat(5000) }, `${'a'.repeat(232)}… (cut, 5000 characters)`],
    // No half of a character, which would not survive the way into storage.
    [{ upn: `${'a'.repeat(232)}${'\u{1f600}'.repeat(100)}` }, `${'a'.repeat(232)}… (cut, 432 characters)`],
    ['no JSON', undefined],
    [null, undefined],
    [[], undefined],
  ])('finds in the claims %j: %s', (claims, changedBy) => {
    expect(readGatewayEvent(anEvent({ claims }))).toMatchObject({ resourceId: id.toLowerCase() });
    expect((readGatewayEvent(anEvent({ claims })) as { changedBy?: string }).changedBy).toBe(changedBy);
  });

  it('tells a deletion', () => {
    const event = anEvent(null, { eventType: 'microsoft.resources.resourcedeletesuccess' });

    expect(readGatewayEvent(event)).toMatchObject({ isDelete: true });
  });

  it('goes by the address that is a gateway’s, wherever it stands', () => {
    expect(readGatewayEvent(anEvent({ resourceUri: '/subscriptions/s' }))).toMatchObject({
      resourceId: id.toLowerCase(),
    });
    expect(readGatewayEvent(anEvent({ resourceUri: id }, { subject: null }))).toMatchObject({ resourceId: id });
  });

  it('has nothing to go by without an address', () => {
    expect(readGatewayEvent(anEvent({ resourceUri: null }, { subject: null }))).toBe('unreadable');
  });
});
