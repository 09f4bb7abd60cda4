import { type P2sSettings, requireServerRoot } from './p2s-settings.ts';

const host = 'http://www.microsoft.com/provisioning/EapHostConfig';
const common = 'http://www.microsoft.com/provisioning/EapCommon';
const base = 'http://www.microsoft.com/provisioning/BaseEapConnectionPropertiesV1';
const tls = 'http://www.microsoft.com/provisioning/EapTlsConnectionPropertiesV';

/**
 * What Windows' EAP-TLS is told, by the schemas of MS-GPWL 6.8. It takes the client certificate that leads to the root
 * of the kit: selected by thumbprint, a renewed one would not be found. The gateway is known by its root alone, because
 * inside EAP it may name itself otherwise than its address does; IKE has looked at the address before.
 */
export function eapConfig(settings: P2sSettings): string {
  const serverRoot = requireServerRoot(settings).thumbprint;
  return `<EapHostConfig xmlns="${host}">
  <EapMethod>
    <Type xmlns="${common}">13</Type>
    <VendorId xmlns="${common}">0</VendorId>
    <VendorType xmlns="${common}">0</VendorType>
    <AuthorId xmlns="${common}">0</AuthorId>
  </EapMethod>
  <Config xmlns="${host}">
    <Eap xmlns="${base}">
      <Type>13</Type>
      <EapType xmlns="${tls}1">
        <CredentialsSource>
          <CertificateStore>
            <SimpleCertSelection>true</SimpleCertSelection>
          </CertificateStore>
        </CredentialsSource>
        <ServerValidation>
          <DisableUserPromptForServerValidation>true</DisableUserPromptForServerValidation>
          <ServerNames></ServerNames>
          <TrustedRootCA>${spaced(serverRoot)}</TrustedRootCA>
        </ServerValidation>
        <DifferentUsername>false</DifferentUsername>
        <PerformServerValidation xmlns="${tls}2">true</PerformServerValidation>
        <AcceptServerName xmlns="${tls}2">false</AcceptServerName>
        <TLSExtensions xmlns="${tls}2">
          <FilteringInfo xmlns="${tls}3">
            <CAHashList Enabled="true">
              <IssuerHash>${spaced(settings.rootThumbprint)}</IssuerHash>
            </CAHashList>
            <ClientAuthEKUList Enabled="true" />
          </FilteringInfo>
        </TLSExtensions>
      </EapType>
    </Eap>
  </Config>
</EapHostConfig>
`;
}

/**
 * The same connection for management tools, which keep it connected (VPNv2 configuration service provider, ProfileXML).
 */
export function alwaysOnProfile(settings: P2sSettings): string {
  const routes = settings.profile.routes.map((prefix) => {
    const [address = '', size = ''] = prefix.split('/');
    return `  <Route>\n    <Address>${address}</Address>\n    <PrefixSize>${size}</PrefixSize>\n  </Route>\n`;
  });
  return `<VPNProfile>
  <RememberCredentials>true</RememberCredentials>
  <AlwaysOn>true</AlwaysOn>
  <NativeProfile>
    <Servers>${settings.profile.serverFqdn}</Servers>
    <NativeProtocolType>IKEv2</NativeProtocolType>
    <Authentication>
      <UserMethod>Eap</UserMethod>
      <Eap>
        <Configuration>
${eapConfig(settings)}        </Configuration>
      </Eap>
    </Authentication>
    <RoutingPolicyType>SplitTunnel</RoutingPolicyType>
    <DisableClassBasedDefaultRoute>true</DisableClassBasedDefaultRoute>
  </NativeProfile>
${routes.join('')}</VPNProfile>
`;
}

/** Hexadecimal digits as Windows' own files have them: in pairs. */
function spaced(thumbprint: string): string {
  return (thumbprint.toLowerCase().match(/../g) ?? []).join(' ');
}
