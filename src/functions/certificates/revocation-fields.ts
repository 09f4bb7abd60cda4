import { z } from 'zod';
import { revocationReasons } from '../../services/gateways/revocation-intents.ts';

export const reasonSchema = z.enum(revocationReasons).meta({
  description: '`compromised` and `lost` block the key for good; the others can be taken back.',
});

export const urgencySchema = z.enum(['immediate', 'window']).optional().meta({
  description:
    'Whether it may wait for the change window of a gateway: `immediate` (no; the default) or `window` (yes; the default of `superseded`). `compromised` and `lost` never wait.',
});
