import { derTag, type DerValue, readObjectIdentifier } from './der.ts';
import { readExtensions } from './extensions.ts';
import { nameOfObjectIdentifier, oid } from './object-identifiers.ts';

/**
 * Names what the attributes of a certificate request ask for: extensions by their own names, everything else by the
 * attribute's. The profile alone decides what a certificate says, so none of it is judged: Key Vault's default policy
 * and Windows' templates ask for server authentication, mail and more, and their keys are as good as any.
 */
export function listRequestAsks(attributes: readonly DerValue[]): readonly string[] {
  return [...new Set(attributes.flatMap(namesIn))];
}

function namesIn(attribute: DerValue): readonly string[] {
  const [type, values] = attribute.children;
  if (type?.tag !== derTag.objectIdentifier) return ['attribute'];
  const id = readObjectIdentifier(type);
  const isRequest = id === oid.extensionRequest || id === oid.microsoftExtensionRequest;
  const extensions = isRequest ? (values?.children ?? []).flatMap((list) => readExtensions(list) ?? []) : [];
  return extensions.length === 0
    ? [isRequest ? 'extensionRequest' : nameOfObjectIdentifier(id)]
    : extensions.map((extension) => nameOfObjectIdentifier(extension.id));
}
