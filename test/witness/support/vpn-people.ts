/**
 * People with real OpenVPN clients: a key and a certificate each, the kit on disk, connections that end with the test.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectClient, type ConnectedClient, type RefusedClient } from '../../../sandbox/vpn/client.ts';
import { aKeyAndRequest, issue, kit } from '../../e2e/support/line.ts';
import { type RunningTestStack, waitUntil } from '../../support/stack.ts';

type Visit = ConnectedClient | RefusedClient;

export interface VpnPerson {
  readonly thumbprint: string;
  readonly ovpnFile: string;
}

export interface VpnPeopleOptions {
  readonly stack: RunningTestStack;
  readonly gatewayId: string;
  /** Where the clients' files go. */
  readonly folder: string;
  readonly fqdn: string;
  /** How long the gateway may take to follow Resource Manager. */
  readonly followMs: number;
}

export class VpnPeople {
  readonly #options: VpnPeopleOptions;
  readonly #open: ConnectedClient[] = [];

  constructor(options: VpnPeopleOptions) {
    this.#options = options;
  }

  /** A certificate for a key of its own, and the kit for it with that key beside, as a person has them on disk. */
  async enrol(name: string, rootId: string): Promise<VpnPerson> {
    const { stack, gatewayId, folder } = this.#options;
    const { keyPem, csrPem } = aKeyAndRequest(name);
    const { thumbprint } = await issue(stack, { rootId, owner: `${name}@example.com`, csr: csrPem });
    const { content, fileName, keyFileName } = await kit(stack, thumbprint, gatewayId);
    const place = mkdtempSync(join(folder, `${name}-`));
    writeFileSync(join(place, keyFileName), keyPem, { mode: 0o600 });
    writeFileSync(join(place, fileName), content, { mode: 0o600 });
    return { thumbprint, ovpnFile: join(place, fileName) };
  }

  async connect(ovpnFile: string): Promise<Visit> {
    const { stack, fqdn } = this.#options;
    const client = await connectClient({ stackDir: stack.directory, ovpnFile, fqdn });
    if (client.outcome === 'connected') this.#open.push(client);
    return client;
  }

  /** Tries until the gateway, which follows Resource Manager by itself, has taken the change. */
  async untilOutcome<O extends Visit['outcome']>(
    ovpnFile: string,
    outcome: O,
  ): Promise<Extract<Visit, { readonly outcome: O }>> {
    let last = await this.connect(ovpnFile);
    await waitUntil(async () => {
      if (last.outcome === outcome) return true;
      if (last.outcome === 'connected') await last.stop();
      last = await this.connect(ovpnFile);
      return last.outcome === outcome;
    }, this.#options.followMs);
    return last as Extract<Visit, { readonly outcome: O }>;
  }

  /** Ends every connection that is still up. */
  async leave(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((client) => client.stop()));
  }
}
