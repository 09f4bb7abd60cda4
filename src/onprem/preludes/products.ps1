# The list of installed programs, 64 and 32 bit. Those of Windows Installer are listed by their product code.
function Get-InstalledProgram {
  $roots = @(
    'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall'
    'HKLM:\SOFTWARE\Wow6432Node\Microsoft\Windows\CurrentVersion\Uninstall'
  )
  foreach ($root in $roots) {
    if (-not (Test-Path -LiteralPath $root)) {
      continue
    }
    foreach ($key in @(Get-ChildItem -LiteralPath $root)) {
      @{
        key       = $key.PSChildName
        isProduct = ($key.PSChildName -match '^\{[0-9A-Fa-f-]{36}\}\z')
        name      = [string]$key.GetValue('DisplayName')
        version   = [string]$key.GetValue('DisplayVersion')
      }
    }
  }
}
