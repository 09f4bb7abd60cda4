# The role Remote Access as it is, or nothing where its cmdlets are not installed.
function Get-InstalledAccess {
  $lookup = @{ Name = 'Get-RemoteAccess'; ErrorAction = 'SilentlyContinue' }
  if (Get-Command @lookup) {
    return Get-RemoteAccess
  }
  return $null
}
