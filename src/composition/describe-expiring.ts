import { parseThumbprint } from '../domain/thumbprint.ts';
import type { DescribeExpiring } from '../services/operations/expiries.ts';
import { createDescribeOnPremises } from '../stores/on-premises-stores.ts';
import { rootKeys } from '../stores/records/certificates.ts';
import type { Certificates } from './certificate-services.ts';
import type { Core } from './core.ts';

/** What is known of a thing with an end date, whatever kind of thing it is. */
export function createDescribeExpiring(
  { stores, onPremisesStores }: Core,
  { lookup }: Pick<Certificates, 'lookup'>,
): DescribeExpiring {
  const describeOnPremises = createDescribeOnPremises(onPremisesStores);
  return async (kind, id) => {
    if (kind === 'root') return (await stores.roots.get(rootKeys(id)))?.record;
    if (kind === 'stack-certificate' || kind === 'signing-certificate') return describeOnPremises(kind, id);
    const thumbprint = parseThumbprint(id);
    return thumbprint === undefined ? undefined : lookup.byThumbprint(thumbprint);
  };
}
