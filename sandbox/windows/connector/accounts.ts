import type { Account } from '../machine/model.ts';
import { type Credential, refused } from '../steps/connector-step.ts';
import type { Domain, StepOutcome, WindowsMachine, World } from '../world/records.ts';

/** A domain's account, signed in or why not. */
export type SignIn =
  | { readonly outcome: 'signedIn'; readonly domain: Domain; readonly account: Account }
  | { readonly outcome: 'refused'; readonly answer: StepOutcome };

/**
 * Signs in to a domain as `DOMAIN\name` or `name@domain`. A wrong password counts towards the lock-out; an account that
 * is locked out is refused with the right one as well.
 */
export function signInToDomain({ domains }: Pick<World, 'domains'>, { username, password }: Credential): SignIn {
  const found = findAccount(domains, username);
  if (found === undefined) return denied();
  const { domain, account } = found;
  if (account.isLockedOut) return denied('The referenced account is currently locked out (1909).');
  if (!account.isEnabled) return denied('This account is currently disabled (1331).');
  if (account.password !== password) {
    account.badLogons += 1;
    account.isLockedOut = domain.lockoutThreshold > 0 && account.badLogons >= domain.lockoutThreshold;
    return denied();
  }
  account.badLogons = 0;
  return { outcome: 'signedIn', domain, account };
}

/** Whether the directory of the machine's own domain has the user. */
export function directoryHas(
  { domains }: Pick<World, 'domains'>,
  { domain }: Pick<WindowsMachine, 'domain'>,
  userPrincipalName: string,
): boolean {
  const own = domains.filter(({ dnsName }) => dnsName.toLowerCase() === domain?.toLowerCase());
  return findAccount(own, userPrincipalName) !== undefined;
}

/** An account as `DOMAIN\\name`, or as `MACHINE\\name` where it is one of this machine's own. */
export function qualifiedName(
  { domains }: Pick<World, 'domains'>,
  { computerName }: Pick<WindowsMachine, 'computerName'>,
  username: string,
): string {
  const found = findAccount(domains, username);
  if (found !== undefined) return `${found.domain.netBiosName}\\${found.account.name}`;
  const name = username.replace(/^\.\\/, '');
  return name.includes('\\') || name.includes('@') ? name : `${computerName}\\${name}`;
}

function findAccount(
  domains: readonly Domain[],
  username: string,
): { readonly domain: Domain; readonly account: Account } | undefined {
  const wanted = username.toLowerCase();
  for (const domain of domains) {
    for (const account of domain.accounts) if (namesOf(domain, account).includes(wanted)) return { domain, account };
  }
  return undefined;
}

function namesOf({ dnsName, netBiosName }: Domain, { name, userPrincipalName }: Account): readonly string[] {
  return [`${netBiosName}\\${name}`, `${dnsName}\\${name}`, userPrincipalName ?? `${name}@${dnsName}`].map((each) =>
    each.toLowerCase(),
  );
}

function denied(message = 'The user name or password is incorrect (1326).'): SignIn {
  return { outcome: 'refused', answer: refused('AuthFailed', message) };
}
