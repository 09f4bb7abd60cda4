/** OpenVPN/vpnconfig.ovpn as Azure writes it, with placeholders where the client's own parts go (azure-vpn A8). */
export function anOvpnTemplate(): string {
  return `client
remote azuregateway-8a1c2f5e-0000-4000-8000-000000000001-1a2b3c4d5e6f.vpn.azure.com 443
verify-x509-name '8a1c2f5e-0000-4000-8000-000000000001.vpn.azure.com' name
remote-cert-tls server

dev tun
proto tcp
resolv-retry infinite
nobind

auth SHA256
cipher AES-256-GCM
persist-key
persist-tun

tls-timeout 30
tls-version-min 1.2
key-direction 1

#log setting
log openvpn.log
verb 3

# P2S CA root certificate
<ca>
-----BEGIN CERTIFICATE-----
MIIC
-----END CERTIFICATE-----
</ca>

# Pre Shared Key
<tls-auth>
-----BEGIN OpenVPN Static key V1-----
0f1e2d3c4b5a69788796a5b4c3d2e1f0
-----END OpenVPN Static key V1-----
</tls-auth>

# P2S client certificate
# please fill this field with a PEM formatted cert
<cert>
$CLIENTCERTIFICATE
</cert>

# P2S client certificate private key
# please fill this field with a PEM formatted key
<key>
$PRIVATEKEY
</key>
`;
}
