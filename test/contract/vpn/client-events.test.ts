import { chainDigests, type ClientEvent, createClientEventReader } from '../../../sandbox/vpn/client-events.ts';

describe('sandbox/vpn/client-events', () => {
  function readAll(lines: readonly string[]): ClientEvent[] {
    const events: ClientEvent[] = [];
    const read = createClientEventReader((event) => events.push(event));
    lines.forEach(read);
    return events;
  }

  it('returns each event with its numbers and environment', () => {
    const events = readAll([
      '>CLIENT:CONNECT,7,1',
      '>CLIENT:ENV,common_name=alice',
      '>CLIENT:ENV,X509_0_CN=a=b,c',
      '>CLIENT:ENV,END',
      '>CLIENT:DISCONNECT,7',
      '>CLIENT:ENV,END',
    ]);

    expect(events).toEqual([
      { kind: 'CONNECT', cid: '7', kid: '1', environment: { common_name: 'alice', X509_0_CN: 'a=b,c' } },
      { kind: 'DISCONNECT', cid: '7', kid: undefined, environment: {} },
    ]);
  });

  it('passes over answers to commands, other events and events without environment', () => {
    const events = readAll([
      'SUCCESS: client-auth command succeeded',
      '>STATE:1,CONNECTED,SUCCESS,,,,,',
      '>CLIENT:ADDRESS,7,172.16.201.2,1',
      '>CLIENT:ENV,END',
    ]);

    expect(events).toEqual([]);
  });

  it('returns the digests of a chain, leaf first', () => {
    expect(chainDigests({ tls_digest_1: 'root', tls_digest_0: 'leaf', tls_digest_sha256_0: 'other' })).toEqual([
      'leaf',
      'root',
    ]);
  });
});
