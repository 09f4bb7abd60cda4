import { z } from 'zod';
import { thumbprintSchema } from '../http/thumbprint-schema.ts';

export const thumbprintParams = z.strictObject({ thumbprint: thumbprintSchema });

export const allowSharedNameSchema = z.boolean().optional().meta({
  description:
    'Operators only: takes a name that another live certificate has. Sessions of the two cannot be told apart.',
});

export const validityDaysSchema = z
  .int()
  .min(1)
  .max(3650)
  .optional()
  .meta({ description: "365 if not given, or until the root's own end." });
