/**
 * What Windows PowerShell 5.1 and the modules on the machines of the procedures understand: cmdlets by module, each
 * with the parameters that scripts here may use. Not all parameters there are: a further one is added once its page has
 * been read.
 */
export interface CmdletModule {
  readonly module: string;
  /** Where the parameters were looked up. */
  readonly source: string;
  /** Parameters in one text, separated by spaces. */
  readonly cmdlets: Readonly<Record<string, string>>;
}

const powerShellReference = 'MicrosoftDocs/PowerShell-Docs, reference/5.1';
const windowsReference = 'MicrosoftDocs/windows-powershell-docs, docset/winserver2016-ps';

const cimQuery = 'AsJob CimSession ThrottleLimit';
const paths = 'Exclude Filter Force Include LiteralPath Path';
const webRequest =
  'Body ContentType Credential Headers MaximumRedirection Method OutFile TimeoutSec Uri UseBasicParsing UseDefaultCredentials';
const firewallRule = `${cimQuery} DisplayGroup DisplayName Group Name PolicyStore`;

const powerShellModules: readonly CmdletModule[] = [
  {
    module: 'Microsoft.PowerShell.Core',
    source: powerShellReference,
    cmdlets: {
      'ForEach-Object': 'ArgumentList Begin End InputObject MemberName Process',
      'Get-Command': 'All ArgumentList CommandType ListImported Module Name Syntax TotalCount',
      'Get-Module': 'All FullyQualifiedName ListAvailable Name PSSession Refresh',
      'Import-Module': 'DisableNameChecking Force Function MinimumVersion Name PassThru Prefix RequiredVersion Scope',
      'Invoke-Command':
        'ArgumentList AsJob Authentication ComputerName ConfigurationName Credential HideComputerName InputObject JobName Port ScriptBlock Session SessionOption ThrottleLimit UseSSL',
      'New-PSSession': 'Authentication ComputerName ConfigurationName Credential Name Port SessionOption UseSSL',
      'New-PSSessionOption':
        'CancelTimeout IdleTimeout MaxConnectionRetryCount NoMachineProfile OpenTimeout OperationTimeout SkipCACheck SkipCNCheck SkipRevocationCheck',
      'Out-Null': 'InputObject',
      'Receive-Job': 'AutoRemoveJob ComputerName Id Job Keep Name NoRecurse Session Wait WriteEvents WriteJobInResults',
      'Remove-Job': 'Confirm Force Id Job Name State',
      'Remove-PSSession': 'Confirm Id Name Session',
      'Set-StrictMode': 'Off Version',
      'Start-Job': 'ArgumentList Credential InitializationScript InputObject Name ScriptBlock',
      'Stop-Job': 'Confirm Id Job Name PassThru State',
      'Wait-Job': 'Any Force Id Job Name State Timeout',
      'Where-Object': 'FilterScript InputObject',
    },
  },
  {
    module: 'Microsoft.PowerShell.Management',
    source: powerShellReference,
    cmdlets: {
      'Add-Content': `${paths} Encoding NoNewline PassThru Value`,
      'Clear-Item': paths,
      'Copy-Item': `${paths} Confirm Container Destination FromSession PassThru Recurse ToSession`,
      'Get-ChildItem': `${paths} Attributes Depth Directory File Hidden Name ReadOnly Recurse System`,
      'Get-Content': `${paths} Delimiter Encoding Raw ReadCount Stream Tail TotalCount Wait`,
      'Get-Item': `${paths} Stream`,
      'Get-ItemProperty': 'Exclude Filter Include LiteralPath Name Path',
      'Get-Process': 'FileVersionInfo Id IncludeUserName InputObject Module Name',
      'Get-PSDrive': 'LiteralName Name PSProvider Scope',
      'Get-Service': 'DependentServices DisplayName Exclude Include InputObject Name RequiredServices',
      'Join-Path': 'ChildPath Path Resolve',
      'Move-Item': `${paths} Confirm Destination PassThru`,
      'New-Item': 'Confirm Force ItemType Name Path Value',
      'New-ItemProperty': 'Confirm Force LiteralPath Name Path PropertyType Value',
      'New-PSDrive': 'Confirm Credential Description Name Persist PSProvider Root Scope',
      'Pop-Location': 'PassThru StackName',
      'Push-Location': 'LiteralPath PassThru Path StackName',
      // DeleteKey is what the certificate drive adds (about_Certificate_Provider).
      'Remove-Item': `${paths} Confirm DeleteKey Recurse Stream`,
      'Remove-ItemProperty': `${paths} Confirm Name`,
      'Remove-PSDrive': 'Confirm Force LiteralName Name PSProvider Scope',
      'Rename-Item': 'Confirm Force LiteralPath NewName PassThru Path',
      'Resolve-Path': 'LiteralPath Path Relative',
      'Restart-Service': 'Confirm DisplayName Exclude Force Include InputObject Name PassThru',
      'Set-Content': `${paths} Confirm Encoding NoNewline PassThru Value`,
      // Concatenate is what the WSMan drive adds (about_WSMan_Provider).
      'Set-Item': `${paths} Concatenate Confirm PassThru Value`,
      'Set-ItemProperty': `${paths} Confirm InputObject Name PassThru Value`,
      'Set-Location': 'LiteralPath PassThru Path StackName',
      'Set-Service': 'Confirm Description DisplayName InputObject Name PassThru StartupType Status',
      'Split-Path': 'IsAbsolute Leaf LiteralPath NoQualifier Parent Path Qualifier Resolve',
      'Start-Process':
        'ArgumentList Credential FilePath LoadUserProfile NoNewWindow PassThru RedirectStandardError RedirectStandardInput RedirectStandardOutput UseNewEnvironment Verb Wait WindowStyle WorkingDirectory',
      'Start-Service': 'Confirm DisplayName Exclude Include InputObject Name PassThru',
      'Stop-Process': 'Confirm Force Id InputObject Name PassThru',
      'Stop-Service': 'Confirm DisplayName Exclude Force Include InputObject Name NoWait PassThru',
      'Test-Connection': 'AsJob BufferSize ComputerName Count Credential Delay Protocol Quiet Source TimeToLive',
      'Test-Path': 'Exclude Filter Include IsValid LiteralPath NewerThan OlderThan Path PathType',
      'Wait-Process': 'Id InputObject Name Timeout',
    },
  },
  {
    module: 'Microsoft.PowerShell.Utility',
    source: powerShellReference,
    cmdlets: {
      'Add-Member':
        'Force InputObject MemberType Name NotePropertyMembers NotePropertyName NotePropertyValue PassThru Value',
      'Add-Type':
        'AssemblyName IgnoreWarnings Language LiteralPath MemberDefinition Name Namespace PassThru Path ReferencedAssemblies TypeDefinition UsingNamespace',
      'Compare-Object':
        'CaseSensitive DifferenceObject ExcludeDifferent IncludeEqual PassThru Property ReferenceObject SyncWindow',
      'ConvertFrom-Json': 'InputObject',
      'ConvertTo-Json': 'Compress Depth InputObject',
      'Get-Date': 'Date Day DisplayHint Format Hour Minute Month Second UFormat Year',
      'Get-FileHash': 'Algorithm InputStream LiteralPath Path',
      'Get-Member': 'Force InputObject MemberType Name Static View',
      'Get-Random': 'Count InputObject Maximum Minimum SetSeed',
      'Group-Object': 'AsHashTable AsString CaseSensitive InputObject NoElement Property',
      'Invoke-RestMethod': webRequest,
      'Invoke-WebRequest': `${webRequest} PassThru`,
      'Measure-Object': 'Average Character InputObject Line Maximum Minimum Property Sum Word',
      'New-Object': 'ArgumentList ComObject Property Strict TypeName',
      'New-TimeSpan': 'Days End Hours Minutes Seconds Start',
      'Out-String': 'InputObject Stream Width',
      'Read-Host': 'AsSecureString Prompt',
      'Select-Object': 'ExcludeProperty ExpandProperty First Index InputObject Last Property Skip SkipLast Unique Wait',
      'Select-String':
        'AllMatches CaseSensitive Encoding InputObject List LiteralPath NotMatch Path Pattern Quiet SimpleMatch',
      'Select-Xml': 'Content LiteralPath Namespace Path Xml XPath',
      'Sort-Object': 'CaseSensitive Culture Descending InputObject Property Unique',
      'Start-Sleep': 'Milliseconds Seconds',
      'Unblock-File': 'Confirm LiteralPath Path',
      'Write-Error': 'Category ErrorId ErrorRecord Exception Message RecommendedAction TargetObject',
      'Write-Host': 'BackgroundColor ForegroundColor NoNewline Object Separator',
      'Write-Output': 'InputObject NoEnumerate',
      'Write-Verbose': 'Message',
      'Write-Warning': 'Message',
    },
  },
  {
    module: 'Microsoft.PowerShell.Archive, Diagnostics, LocalAccounts, Security; CimCmdlets',
    source: powerShellReference,
    cmdlets: {
      'Add-LocalGroupMember': 'Confirm Group Member Name SID',
      'ConvertFrom-SecureString': 'Key SecureKey SecureString',
      'ConvertTo-SecureString': 'AsPlainText Force Key SecureKey String',
      'Disable-LocalUser': 'Confirm InputObject Name SID',
      'Enable-LocalUser': 'Confirm InputObject Name SID',
      'Expand-Archive': 'Confirm DestinationPath Force LiteralPath Path',
      'Get-Acl': 'Audit Exclude Filter Include InputObject LiteralPath Path',
      'Get-AuthenticodeSignature': 'Content FilePath LiteralPath SourcePathOrExtension',
      'Get-CimInstance':
        'CimSession ClassName ComputerName Filter InputObject KeyOnly Namespace OperationTimeoutSec Property Query Shallow',
      'Get-LocalGroup': 'Name SID',
      'Get-LocalGroupMember': 'Group Member Name SID',
      'Get-LocalUser': 'Name SID',
      'Get-WinEvent':
        'FilterHashtable FilterXml FilterXPath Force ListLog ListProvider LogName MaxEvents Oldest Path ProviderName',
      'Invoke-CimMethod':
        'Arguments CimClass CimSession ClassName ComputerName Confirm InputObject MethodName Namespace OperationTimeoutSec Query',
      'New-LocalUser':
        'AccountExpires AccountNeverExpires Confirm Description Disabled FullName Name NoPassword Password PasswordNeverExpires UserMayNotChangePassword',
      'Remove-LocalUser': 'Confirm InputObject Name SID',
      'Set-Acl':
        'AclObject ClearCentralAccessPolicy Confirm Exclude Filter Include InputObject LiteralPath PassThru Path',
      'Set-LocalUser':
        'AccountExpires AccountNeverExpires Confirm Description FullName InputObject Name Password PasswordNeverExpires SID UserMayChangePassword',
    },
  },
  {
    module: 'Microsoft.WSMan.Management',
    source: powerShellReference,
    cmdlets: {
      'Disable-WSManCredSSP': 'Role',
      'Enable-WSManCredSSP': 'DelegateComputer Force Role',
      'Get-WSManCredSSP': '',
      'Test-WSMan': 'ApplicationName Authentication CertificateThumbprint ComputerName Credential Port UseSSL',
    },
  },
];

const windowsModules: readonly CmdletModule[] = [
  {
    module: 'RemoteAccess',
    source: windowsReference,
    cmdlets: {
      'Add-VpnIPAddressRange': `${cimQuery} ComputerName Confirm IPAddressRange PassThru RoutingDomain`,
      'Disconnect-VpnUser': `${cimQuery} ComputerName Confirm HostIPAddress PassThru UserName`,
      'Get-RemoteAccess': `${cimQuery} ComputerName EntrypointName`,
      'Get-RemoteAccessConnectionStatistics': `${cimQuery} ComputerName EndDateTime StartDateTime`,
      'Get-VpnAuthProtocol': cimQuery,
      'Get-VpnServerConfiguration': `${cimQuery} TunnelType`,
      'Install-RemoteAccess': `${cimQuery} ComputerName Confirm Force IPAddressRange IPv6Prefix Legacy MsgAuthenticator MultiTenancy PassThru VpnType`,
      'Remove-VpnIPAddressRange': `${cimQuery} ComputerName Confirm Force IPAddress PassThru RoutingDomain`,
      'Set-VpnAuthProtocol': `${cimQuery} CertificateAdvertised Confirm PassThru RootCertificateNameToAccept SharedSecret TunnelAuthProtocolsAdvertised UserAuthProtocolAccepted`,
      'Set-VpnIPAddressAssignment': `${cimQuery} ComputerName Confirm EntrypointName IPAddressRange IPAssignmentMethod IPv6Prefix PassThru`,
      'Uninstall-RemoteAccess': `${cimQuery} ComputerName Confirm Force VpnType`,
    },
  },
  {
    module: 'VpnClient',
    source: windowsReference,
    cmdlets: {
      'Add-VpnConnection': `${cimQuery} AllUserConnection AuthenticationMethod Confirm DnsSuffix EapConfigXmlStream EncryptionLevel Force IdleDisconnectSeconds L2tpPsk MachineCertificateEKUFilter MachineCertificateIssuerFilter Name PassThru RememberCredential ServerAddress SplitTunneling TunnelType UseWinlogonCredential`,
      'Add-VpnConnectionRoute': `${cimQuery} AllUserConnection Confirm ConnectionName DestinationPrefix PassThru RouteMetric`,
      'Get-VpnConnection': `${cimQuery} AllUserConnection Name`,
      'New-EapConfiguration': `${cimQuery} Confirm FastReconnect Peap Tls Ttls UseWinlogonCredential UserCertificate VerifyServerIdentity`,
      'Remove-VpnConnection': `${cimQuery} AllUserConnection Confirm Force Name PassThru`,
      'Set-VpnConnection': `${cimQuery} AllUserConnection AuthenticationMethod Confirm DnsSuffix EapConfigXmlStream EncryptionLevel Force L2tpPsk Name PassThru RememberCredential ServerAddress SplitTunneling TunnelType`,
    },
  },
  {
    module: 'DnsClient, NetAdapter, NetTCPIP',
    source: windowsReference,
    cmdlets: {
      'Clear-DnsClientCache': `${cimQuery} Confirm`,
      'Get-DnsClientServerAddress': `${cimQuery} AddressFamily InterfaceAlias InterfaceIndex`,
      'Get-NetAdapter': `${cimQuery} IncludeHidden InterfaceDescription InterfaceIndex Name Physical`,
      'Get-NetIPAddress': `${cimQuery} AddressFamily AddressState IPAddress InterfaceAlias InterfaceIndex PrefixOrigin`,
      'Get-NetIPConfiguration': 'All CimSession Detailed InterfaceAlias InterfaceIndex',
      'Get-NetRoute': `${cimQuery} AddressFamily DestinationPrefix InterfaceAlias InterfaceIndex NextHop PolicyStore Protocol RouteMetric`,
      'Resolve-DnsName': 'CacheOnly DnsOnly Name NoHostsFile NoRecursion QuickTimeout Server TcpOnly Type',
      'Test-NetConnection': 'CommonTCPPort ComputerName Hops InformationLevel Port TraceRoute',
    },
  },
  {
    module: 'NetSecurity',
    source: windowsReference,
    cmdlets: {
      'Disable-NetFirewallRule': `${firewallRule} Confirm InputObject PassThru`,
      'Enable-NetFirewallRule': `${firewallRule} Confirm InputObject PassThru`,
      'Get-NetFirewallAddressFilter': `${cimQuery} All AssociatedNetFirewallRule PolicyStore`,
      'Get-NetFirewallInterfaceFilter': `${cimQuery} All AssociatedNetFirewallRule PolicyStore`,
      'Get-NetFirewallInterfaceTypeFilter': `${cimQuery} All AssociatedNetFirewallRule InterfaceType PolicyStore`,
      'Get-NetFirewallPortFilter': `${cimQuery} All AssociatedNetFirewallRule PolicyStore Protocol`,
      'Get-NetFirewallRule': `${firewallRule} Action Direction Enabled`,
      'New-NetFirewallRule': `${firewallRule.replace('DisplayGroup ', '')} Action Confirm Description Direction Enabled InterfaceAlias InterfaceType LocalAddress LocalPort Profile Program Protocol RemoteAddress RemotePort Service`,
      'Remove-NetFirewallRule': `${firewallRule} Confirm InputObject PassThru`,
      'Set-NetFirewallRule': `${firewallRule} Action Confirm Direction Enabled InputObject InterfaceAlias LocalPort NewDisplayName PassThru Profile Program Protocol RemoteAddress RemotePort Service`,
    },
  },
  {
    module: 'PKI',
    source: windowsReference,
    cmdlets: {
      'Export-Certificate': 'Cert Confirm FilePath Force NoClobber Type',
      'Import-Certificate': 'CertStoreLocation Confirm FilePath',
      'Import-PfxCertificate': 'CertStoreLocation Confirm Exportable FilePath Password',
    },
  },
  {
    module: 'ScheduledTasks',
    source: windowsReference,
    cmdlets: {
      'Get-ScheduledTask': `${cimQuery} TaskName TaskPath`,
      'Get-ScheduledTaskInfo': `${cimQuery} InputObject TaskName TaskPath`,
      'New-ScheduledTaskAction': `${cimQuery} Argument Execute Id WorkingDirectory`,
      'New-ScheduledTaskPrincipal': `${cimQuery} GroupId Id LogonType RunLevel UserId`,
      'New-ScheduledTaskSettingsSet': `${cimQuery} AllowStartIfOnBatteries Compatibility DontStopIfGoingOnBatteries ExecutionTimeLimit Hidden MultipleInstances Priority StartWhenAvailable`,
      'Register-ScheduledTask': `${cimQuery} Action Description Force InputObject Password Principal RunLevel Settings TaskName TaskPath Trigger User Xml`,
      'Start-ScheduledTask': `${cimQuery} InputObject TaskName TaskPath`,
      'Stop-ScheduledTask': `${cimQuery} InputObject TaskName TaskPath`,
      'Unregister-ScheduledTask': `${cimQuery} Confirm InputObject PassThru TaskName TaskPath`,
    },
  },
  {
    module: 'ServerManager, WebAdministration, ActiveDirectory',
    source: windowsReference,
    cmdlets: {
      'Get-ADUser':
        'AuthType Credential Filter Identity LDAPFilter Properties ResultPageSize ResultSetSize SearchBase SearchScope Server',
      'Get-WebAppPoolState': 'Name',
      'Get-WebBinding': 'HostHeader IPAddress Name Port Protocol',
      'Get-WebConfigurationProperty': 'Clr Filter Location Name PSPath Recurse',
      'Get-Website': 'Name',
      'Get-WebsiteState': 'Name',
      'Get-WindowsFeature': 'ComputerName Credential LogPath Name',
      'Install-WindowsFeature':
        'ComputerName Confirm Credential IncludeAllSubFeature IncludeManagementTools LogPath Name Restart Source',
      'Restart-WebAppPool': 'Name',
      'Start-WebAppPool': 'Name Passthru',
      'Start-Website': 'Name Passthru',
      'Stop-Website': 'Name Passthru',
    },
  },
];

const procedureModules: readonly CmdletModule[] = [
  {
    module: 'MgmtSvcConfig',
    // The page of Get-MgmtSvcRelyingPartySettings was not to be had: its parameters are those that published scripts
    // use.
    source: 'MicrosoftDocs/azurepack-docs-powershell, AzurePack-cmdlets/Configuration/v1.0',
    cmdlets: {
      'Get-MgmtSvcNamespace': '',
      'Get-MgmtSvcRelyingPartySettings': 'ConnectionString Server Target',
      'Protect-MgmtSvcConfiguration': 'Confirm Namespace',
      'Test-MgmtSvcProtectedConfiguration': 'Namespace',
      'Unprotect-MgmtSvcConfiguration': 'Confirm Namespace',
    },
  },
  {
    module: 'PrivilegedEndpoint',
    source: 'Manage Windows Azure Pack virtual machines from Azure Stack, Configure Azure Stack',
    cmdlets: {
      'Add-AzurePackConnector': 'AzurePackClouds AzureStackCloudName DisableMultiCloud',
    },
  },
];

export const cmdletModules: readonly CmdletModule[] = [...powerShellModules, ...windowsModules, ...procedureModules];
