import w2 from './scripts/w2-check-the-installed-versions.ps1';
import w3 from './scripts/w3-look-for-the-users.ps1';
import w6 from './scripts/w6-check-the-network.ps1';
import w7 from './scripts/w7-check-the-tls-certificate.ps1';
import w8 from './scripts/w8-trust-the-issuer-on-the-portal-of-azure-stack.ps1';
import w10 from './scripts/w10-install-url-rewrite.ps1';
import w11 from './scripts/w11-allow-credssp-to-the-privileged-endpoint.ps1';
import w12 from './scripts/w12-open-the-privileged-endpoint.ps1';
import w13 from './scripts/w13-enable-multi-cloud-mode.ps1';
import w15 from './scripts/w15-list-the-data-files.ps1';
import w16 from './scripts/w16-collect-a-data-file.ps1';
import w18 from './scripts/w18-stage-the-package.ps1';
import w19 from './scripts/w19-install-the-connector.ps1';
import w20 from './scripts/w20-check-the-sites.ps1';
import w21 from './scripts/w21-bind-the-certificate.ps1';
import w22 from './scripts/w22-configure-the-connector.ps1';
import w23 from './scripts/w23-check-the-tls-endpoints.ps1';
import w26 from './scripts/w26-copy-the-data-file.ps1';
import w27 from './scripts/w27-update-the-tenant-api.ps1';
import w28 from './scripts/w28-check-the-tenant-api.ps1';
import w30 from './scripts/w30-find-the-sql-server.ps1';
import w31 from './scripts/w31-trust-azure-stack.ps1';

/** The scripts of the connector's steps, by step id, as they are written. */
export const connectorScripts: Readonly<Record<string, string>> = {
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
