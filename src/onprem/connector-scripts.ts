import w13 from './scripts/w13-enable-multi-cloud-mode.ps1';
import w19 from './scripts/w19-install-the-connector.ps1';
import w31 from './scripts/w31-trust-azure-stack.ps1';

/** The scripts of the connector's steps, by step id: bodies of script blocks that return `{ ok, changed, code, facts, message }`. */
export const connectorScripts: Readonly<Record<string, string>> = {
  W13: w13,
  W19: w19,
  W31: w31,
};
