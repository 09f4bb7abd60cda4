import type { StepEmulator } from '../world/records.ts';
import { w2 } from './w2-installed-versions.ts';
import { w3 } from './w3-users.ts';
import { w6, w23 } from './w6-network.ts';
import { w7 } from './w7-tls-certificate.ts';
import { w8 } from './w8-trust-issuer.ts';
import { w10 } from './w10-url-rewrite.ts';
import { w11 } from './w11-credssp.ts';
import { w12 } from './w12-open-endpoint.ts';
import { w13 } from './w13-multi-cloud.ts';
import { w15, w16 } from './w15-data-files.ts';
import { w18 } from './w18-stage-package.ts';
import { w19, w20 } from './w19-install-connector.ts';
import { w21 } from './w21-bind-certificate.ts';
import { w22 } from './w22-configure-connector.ts';
import { w26 } from './w26-data-file.ts';
import { w27, w28 } from './w27-tenant-api.ts';
import { w30 } from './w30-sql-server.ts';
import { w31 } from './w31-trust.ts';

/** What connects Windows Azure Pack to Azure Stack, by the step's number. */
export const connectorEmulators: Readonly<Record<string, StepEmulator>> = {
  W2: w2,
  W3: w3,
  W6: w6,
  W7: w7,
  W8: w8,
  W10: w10,
  W11: w11,
  W12: w12,
  W13: w13,
  W15: w15,
  W16: w16,
  W18: w18,
  W19: w19,
  W20: w20,
  W21: w21,
  W22: w22,
  W23: w23,
  W26: w26,
  W27: w27,
  W28: w28,
  W30: w30,
  W31: w31,
};
