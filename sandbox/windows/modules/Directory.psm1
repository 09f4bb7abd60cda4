# Accounts of domains and of machines: who signs in with which password, and what Windows says of those who do not.

# The account of a domain, by `DOMAIN\name`, `name@domain` or its user principal name; with its domain.
function Find-DomainAccount {
  param([object[]]$Domains, [string]$Name)
  foreach ($domain in $Domains) {
    foreach ($account in @($domain.accounts)) {
      $principal = if ($account.userPrincipalName) { $account.userPrincipalName } else { $account.name + '@' + $domain.dnsName }
      if (@(($domain.netBiosName + '\' + $account.name), ($domain.dnsName + '\' + $account.name), $principal) -contains $Name) {
        return @{ domain = $domain; account = $account; qualified = $domain.netBiosName + '\' + $account.name }
      }
    }
  }
}

# 0, or the error of Windows. A wrong password counts towards the lock-out.
function Test-AccountPassword {
  param([object]$Account, [string]$Password, [int]$LockoutThreshold)
  if ($null -eq $Account) {
    return 1326
  }
  if ($Account.isLockedOut) {
    return 1909
  }
  if ($Account.password -cne $Password) {
    $Account.badLogons += 1
    $Account.isLockedOut = $LockoutThreshold -gt 0 -and $Account.badLogons -ge $LockoutThreshold
    return 1326
  }
  if (-not $Account.isEnabled) {
    return 1331
  }
  $Account.badLogons = 0
  return 0
}

function Test-DomainSignIn {
  param([pscredential]$Credential)
  $found = Find-DomainAccount $global:World.domains $Credential.UserName
  if ($null -eq $found) {
    return 1326
  }
  return Test-AccountPassword $found.account $Credential.GetNetworkCredential().Password $found.domain.lockoutThreshold
}

# At a machine, as one of its administrators: 5 is access denied.
function Test-AdministratorSignIn {
  param([object]$Machine, [pscredential]$Credential)
  $name = $Credential.UserName
  $password = (Microsoft.PowerShell.Utility\New-Object 'System.Net.NetworkCredential' @('', $Credential.Password)).Password
  $qualifier, $rest = $name -split '\\', 2
  $isLocal = if ($null -eq $rest) { $name -notmatch '@' } else { @('.', 'localhost', $Machine.computerName) -contains $qualifier }
  if ($isLocal) {
    $local = if ($null -eq $rest) { $name } else { $rest }
    $account = @($Machine.accounts | Where-Object { $_.name -eq $local })[0]
    $fault = Test-AccountPassword $account $password $Machine.lockoutThreshold
    $isAdministrator = $account.isAdministrator
  } else {
    $fault = Test-DomainSignIn $Credential
    $found = Find-DomainAccount $global:World.domains $name
    $isAdministrator = @($Machine.administrators) -contains $found.qualified
  }
  if ($fault -ne 0 -or $isAdministrator) {
    return $fault
  }
  return 5
}

# The directory of the machine's own domain, asked for one user principal name.
function Get-ADUser {
  [CmdletBinding()]
  param([string]$LDAPFilter, [pscredential]$Credential)
  if ((Test-DomainSignIn $Credential) -ne 0) {
    throw [System.Security.Authentication.AuthenticationException]::new('The server has rejected the client credentials.')
  }
  $name = $LDAPFilter -replace '^\(userPrincipalName=(.*)\)$', '$1'
  $own = @($global:World.domains | Where-Object { $_.dnsName -eq $global:Machine.domain })
  $found = Find-DomainAccount $own $name
  if ($found) {
    return [pscustomobject]@{ SamAccountName = $found.account.name }
  }
}
