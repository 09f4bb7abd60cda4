# Local accounts as .NET has them on Windows (System.DirectoryServices.AccountManagement).

class PasswordException : System.Exception {
  PasswordException([string]$message) : base($message) { }
}

class UserPrincipal {
  [string]$SamAccountName
  [string]$Description
  [object]$Enabled
  [object]$AccountExpirationDate
  [bool]$PasswordNeverExpires
  [bool]$UserCannotChangePassword
  [object]$Sid
  [string]$NewPassword
  UserPrincipal() { }
  static [object] FindByIdentity([object]$context, [string]$kind, [string]$name) {
    $account = @($global:Machine.accounts | Where-Object { $_.name -eq $name })[0]
    if ($null -eq $account) {
      return $null
    }
    $user = [UserPrincipal]::new()
    $user.SamAccountName = $account.name
    $user.Description = $account.description
    $user.Enabled = [bool]$account.isEnabled
    $number = if ($account.name -eq 'Administrator') { 500 } else { 1001 }
    $user.Sid = [pscustomobject]@{ Value = 'S-1-5-21-1-2-3-' + $number }
    return $user
  }
  [object] Account() { return @($global:Machine.accounts | Where-Object { $_.name -eq $this.SamAccountName })[0] }
  [bool] IsMemberOf([object]$context, [string]$kind, [string]$sid) { return [bool]$this.Account().isAdministrator }
  [void] SetPassword([string]$text) {
    if (-not (Test-PasswordPolicy $text $this.SamAccountName)) {
      throw [PasswordException]::new('The password does not meet the password policy requirements.')
    }
    $this.NewPassword = $text
  }
  [void] Save() {
    if ($null -eq $this.Account()) {
      $fresh = @{ name = $this.SamAccountName; password = ''; isAdministrator = $false; isLockedOut = $false; badLogons = 0 }
      $global:Machine.accounts = @($global:Machine.accounts) + $fresh
    }
    $account = $this.Account()
    $account.description = $this.Description
    $account.isEnabled = [bool]$this.Enabled
    if ($this.NewPassword) {
      $account.password = $this.NewPassword
    }
  }
  [void] Delete() {
    $global:Machine.accounts = @($global:Machine.accounts | Where-Object { $_.name -ne $this.SamAccountName })
  }
}

class GroupPrincipal {
  [object]$Members = [System.Collections.ArrayList]::new()
  static [object] FindByIdentity([object]$context, [string]$kind, [string]$sid) { return [GroupPrincipal]::new() }
  [void] Save() { }
  [void] Dispose() { }
}

class PrincipalContext {
  [void] Dispose() { }
}

$space = 'DirectoryServices.AccountManagement.'
foreach ($type in @([PasswordException], [UserPrincipal], [GroupPrincipal])) {
  Add-Accelerator $type @(($space + $type.Name), ('System.' + $space + $type.Name))
}
Add-Factory ($space + 'PrincipalContext') { [PrincipalContext]::new() }
Add-Factory ($space + 'UserPrincipal') { [UserPrincipal]::new() }

# Windows' own rules of complexity: three kinds of characters of four, and not the user's name.
function Test-PasswordPolicy {
  param([string]$Password, [string]$UserName)
  $policy = $global:Machine.passwordPolicy
  if ($Password.Length -lt $policy.minimumLength) {
    return $false
  }
  if (-not $policy.isComplexityRequired) {
    return $true
  }
  $kinds = @('\p{Lu}', '\p{Ll}', '\d', '[^\p{L}\d]' | Where-Object { $Password -cmatch $_ })
  $holdsName = $UserName.Length -gt 2 -and $Password.ToLowerInvariant().Contains($UserName.ToLowerInvariant())
  return $kinds.Count -ge 3 -and -not $holdsName
}
